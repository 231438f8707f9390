import { historyOf } from './merge-history.ts'
import { breakersOf, checkHistoryOf, checksOf, readinessOf, sectionsOf } from './merge-parts.ts'
import { outgoingOf, routesOf, trafficOf } from './merge-rows.ts'
import { rounded } from './quantiles.ts'
import { sectionOf, type BreakersSection, type LogLevelSection } from './sections.ts'
import type { Snapshot } from './snapshot.ts'
import type { LiveStatus, Service } from './types.ts'
import { verdictOf } from './verdict.ts'

/** Sections with a part of their own on the page. */
const shown = new Set(['health', 'breakers', 'process', 'requests', 'log level'])

export interface LiveStatusOptions {
  service: Omit<Service, 'startedAt'>
  /** The snapshots of the scope. That of the worker that answers is the first. */
  snapshots: readonly Snapshot[]
  /** Of all workers, for the list of them. */
  all: readonly Snapshot[]
  unreachable: readonly number[]
  scope: 'all' | number
  slowAfter: (method: string, route: string) => number | undefined
}

/** The status of the service or of one worker, with its verdict. */
export function liveStatus(options: LiveStatusOptions): LiveStatus {
  const { service, snapshots, all, unreachable, scope, slowAfter } = options
  const [first] = snapshots as [Snapshot]
  const keepsRecent = snapshots.some(({ recent }) => recent !== undefined)
  const facts = {
    at: Date.now(),
    service: {
      ...service,
      startedAt: new Date(Math.min(...snapshots.map(({ startedAt }) => startedAt))).toISOString()
    },
    workers: [
      ...all.map(({ pid, uptime, rss, heap, loop }) => ({
        pid,
        uptime,
        isReachable: true,
        rss,
        heap,
        loop: rounded(loop)
      })),
      ...unreachable.map((pid) => ({ pid, uptime: 0, isReachable: false, rss: 0, heap: 0, loop: 0 }))
    ].sort((a, b) => a.pid - b.pid),
    pid: process.pid,
    scope,
    readiness: readinessOf(snapshots),
    traffic: trafficOf(snapshots),
    routes: routesOf(snapshots, slowAfter),
    history: historyOf(snapshots),
    checks: checksOf(snapshots),
    checkHistory: checkHistoryOf(snapshots),
    breakers: breakersOf(snapshots),
    shedding: sheddingOf(snapshots),
    outgoing: outgoingOf(snapshots),
    recent: keepsRecent ? newest(snapshots.flatMap(({ recent = [] }) => recent)) : undefined,
    actions: snapshots
      .flatMap(({ actions }) => actions)
      .toSorted((a, b) => b.at.localeCompare(a.at))
      .slice(0, 50),
    logLevel: sectionOf<LogLevelSection>(first.sections, 'log level'),
    memoryLimit: limitOf(first),
    sections: Object.fromEntries(Object.entries(sectionsOf(snapshots)).filter(([name]) => !shown.has(name)))
  }
  return { ...facts, verdict: verdictOf(facts) }
}

const newest = <T extends { at: number }>(list: readonly T[]): T[] =>
  list.toSorted((a, b) => b.at - a.at).slice(0, 50)

/** The worker that sheds most, with the rejections of all. */
function sheddingOf(snapshots: readonly Snapshot[]): Record<string, unknown> | undefined {
  const all = snapshots
    .map(({ sections }) => sectionOf<BreakersSection>(sections, 'breakers')?.shedding)
    .filter((shedding) => shedding !== undefined)
  const levelOf = ({ level }: Record<string, unknown>) => (typeof level === 'number' ? level : 0)
  return all.toSorted((a, b) => levelOf(b) - levelOf(a))[0]
}

/** Without a limit, control groups report a number that no machine has. */
const limitOf = ({ memoryLimit }: Snapshot): number => (memoryLimit > 2 ** 50 ? 0 : memoryLimit)
