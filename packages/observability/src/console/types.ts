/** The JSON of `/status.json`, which the page shows. Its client is compiled against these types. */

import type { RecentRequest } from '../http/recent-request.ts'

export type Severity = 'bad' | 'warn' | 'note'

/** Something that an operator should know, worst first. `section` is the part of the page that has the details. */
export interface Finding {
  severity: Severity
  text: string
  section: string
}

export type State = 'well' | 'degraded' | 'outage' | 'starting' | 'maintenance' | 'draining'

export interface Verdict {
  state: State
  title: string
  findings: Finding[]
}

export interface Service {
  name: string
  version: string
  commit: string
  node: string
  /** ISO 8601: the start of the oldest worker. */
  startedAt: string
}

export interface WorkerStatus {
  pid: number
  /** Seconds. */
  uptime: number
  /** Whether it has answered. */
  isReachable: boolean
  rss: number
  heap: number
  /** Share of time in which its event loop was busy. */
  loop: number
}

/** Durations in milliseconds; `null` without requests. */
export interface Latency {
  p50: number | null
  p95: number | null
  p99: number | null
}

export interface Traffic extends Latency {
  /** Seconds that the figures cover. */
  window: number
  rate: number
  errorShare: number
  inFlight: number
  connections: number
}

export interface RouteStatus extends Latency {
  method: string
  route: string
  /** Requests a second, within the window. */
  rate: number
  errorShare: number
  inFlight: number
  /** Requests since the start. */
  total: number
  /** The route's objective in milliseconds, else the threshold of slow requests. */
  slowAfter: number | null
  isSlow: boolean
  isFailing: boolean
}

/** Columns of the last minutes, oldest first; `null` where no worker has a value. */
export interface HistoryColumns {
  /** Seconds since 1970. */
  time: number[]
  rate: (number | null)[]
  errors: (number | null)[]
  p50: (number | null)[]
  p95: (number | null)[]
  p99: (number | null)[]
  loop: (number | null)[]
  lag: (number | null)[]
  rss: (number | null)[]
  heap: (number | null)[]
}

export interface CheckStatus {
  name: string
  status: string
  critical: boolean
  since?: string | undefined
  lastRun?: string | undefined
  lastPass?: string | undefined
  duration?: number | undefined
  error?: string | undefined
  /** The workers in which it has this state, where not all agree. */
  workers?: string | undefined
}

export interface CheckTransition {
  at: string
  check: string
  from: string
  to: string
  error?: string | undefined
}

export interface BreakerStatus {
  name: string
  state: string
  counts: Record<string, number>
  degraded: number
  retries: number
  keys?: Record<string, string> | undefined
  lastChange?: { at: number; to: string; reason: string; error?: string | undefined } | undefined
  workers?: string | undefined
}

export interface OutgoingStatus extends Latency {
  host: string
  rate: number
  errorShare: number
  total: number
}

export interface ActionStatus {
  at: string
  action: string
  statusCode: number
  address: string
  detail?: string | undefined
  workers?: { pid: number; statusCode?: number | undefined }[] | undefined
}

export interface Readiness {
  status: string
  reason?: string | undefined
  maintenance?: { reason: string; since: string } | undefined
  held: string[]
}

/** The part that changes; events of the page have it. */
export interface LiveStatus {
  at: number
  service: Service
  workers: WorkerStatus[]
  /** The process that has answered. */
  pid: number
  /** `all`, or the worker of the figures. */
  scope: 'all' | number
  verdict: Verdict
  readiness?: Readiness | undefined
  traffic?: Traffic | undefined
  /** Routes that have had requests. */
  routes: RouteStatus[]
  history: HistoryColumns
  checks: CheckStatus[]
  checkHistory: CheckTransition[]
  breakers: BreakerStatus[]
  shedding?: Record<string, unknown> | undefined
  outgoing: OutgoingStatus[]
  /** `undefined`: they are not kept. */
  recent?: RecentRequest[] | undefined
  actions: ActionStatus[]
  logLevel?: { level: string; normal: string; until?: string } | undefined
  memoryLimit: number
  /** Sections of plugins that have no part of their own on the page. */
  sections: Record<string, unknown>
}

/** The part that stays as it is after the start. */
export interface Details {
  /** The routes of all actions that are allowed: `PUT /log-level`. */
  actions: string[]
  routes: { method: string; route: string }[]
  access?: AccessRow[] | undefined
  parts?: { parts: { part: string; state: string; reason: string }[]; missing: string[] } | undefined
  configuration?: unknown
  build: { name: string; version: string; commit: string; node: string; fastify: string; platform: string }
  dependencies: { name: string; wanted: string; installed: string }[]
  timeline: { depth: number; name: string; milliseconds: number }[]
}

export interface AccessRow {
  method: string
  url: string
  access: string
  schemes: string
  roles: string[]
  scopes: string[]
  policies: string[]
  owner: string[]
  report: boolean
}

export type Status = LiveStatus & { details: Details }
