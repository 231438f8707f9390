import { isObject } from '@seaworthy/internal'

/** The shapes in which the plugins of this project describe themselves. Another plugin may use the same name. */

export interface HealthSection {
  status: string
  reason?: string
  maintenance?: { reason: string; since: string }
  held?: string[]
  checks?: Record<string, HealthCheck>
  history?: { at: string; check: string; from: string; to: string; error?: string }[]
}

export interface HealthCheck {
  status: string
  critical?: boolean
  since?: string
  lastRun?: string
  lastPass?: string
  duration?: number
  error?: string
}

export interface BreakersSection {
  breakers?: BreakerSection[]
  shedding?: Record<string, unknown>
}

export interface BreakerSection {
  name: string
  state: string
  counts?: Record<string, number>
  degraded?: number
  retries?: number
  keys?: Record<string, string>
  lastChange?: { at: number; to: string; reason: string; error?: string }
}

export interface LogLevelSection {
  level: string
  normal: string
  until?: string
}

/** A section, if it is an object of the expected kind. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it names the expected kind
export function sectionOf<T>(sections: Record<string, unknown>, name: string): T | undefined {
  const section = sections[name]
  return isObject(section) ? (section as T) : undefined
}
