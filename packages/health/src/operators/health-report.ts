import type { Check } from '../checks/check.ts'
import type { Transition } from '../events/health-event-log.ts'
import { safeErrorMessage } from '../events/safe-error.ts'
import { isPastMaxUnready, type ReadyStatus } from '../readiness/evaluate-readiness.ts'
import type { HealthState } from '../readiness/health-state.ts'
import type { NotReadyReason } from '../readiness/readiness-gates.ts'

/**
 * A check's last results, for operators. Times are ISO 8601, durations milliseconds.
 *
 * @example
 * const report: CheckReport | undefined = app.health.status().checks['database']
 * console.log(report?.status, report?.duration, report?.error)
 */
export interface CheckReport {
  status: 'pass' | 'degraded' | 'fail' | 'pending'
  critical: boolean
  groups: readonly string[]
  /** Since when the status is what it is. */
  since: string
  lastRun?: string
  lastPass?: string
  duration?: number
  error?: string
  detail?: Record<string, string | number | boolean>
  /** It has failed for longer than `maxUnready`, so readiness ignores it. */
  ignored?: boolean
}

/**
 * The health of the service, for operators. It may contain addresses and messages, so it is not for the public.
 *
 * @example
 * const report: HealthReport = await app.health.check()
 * console.log(report.status, Object.keys(report.checks))
 */
export interface HealthReport {
  status: ReadyStatus
  reason?: NotReadyReason
  maintenance?: { reason: string; since: string }
  /** The app has declared itself broken: why, since when, and from when on liveness fails. */
  broken?: { reason: string; since: string; restartAt: string }
  started: boolean
  /** The names of start-up tasks and holds that keep the service not ready. */
  held: string[]
  checks: Record<string, CheckReport>
  /** The last changes, oldest first. */
  history: readonly Transition[]
}

/** Makes the report from the last results. */
export function healthReport(state: HealthState): HealthReport {
  const { registry, gates, events, liveness } = state
  const { broken } = liveness
  const { status, reason } = state.evaluate('ready')
  const { current } = gates.maintenance
  return {
    status,
    ...(reason && { reason }),
    ...(current && { maintenance: { reason: current.reason, since: isoTime(current.since) } }),
    ...(broken && {
      broken: {
        reason: broken.reason,
        since: isoTime(broken.since),
        restartAt: isoTime(broken.restartAt)
      }
    }),
    started: gates.started,
    held: gates.held,
    checks: Object.fromEntries([...registry.checks].map(([name, check]) => [name, checkReport(check)])),
    history: events.history
  }
}

function checkReport(check: Check): CheckReport {
  const { options, lastRun, lastRunAt, lastPassAt } = check
  const now = performance.now()
  const status = check.stateAt(now)
  return {
    status,
    critical: options.critical,
    groups: options.groups,
    since: isoTime(Date.now() - (now - check.stateSince)),
    ...(lastRunAt !== undefined && { lastRun: isoTime(lastRunAt) }),
    ...(lastPassAt !== undefined && { lastPass: isoTime(lastPassAt) }),
    ...(lastRun?.duration !== undefined && { duration: Math.round(lastRun.duration * 10) / 10 }),
    ...(lastRun?.error !== undefined && { error: safeErrorMessage(lastRun.error) }),
    ...(lastRun?.detail && { detail: lastRun.detail }),
    ...(status === 'fail' && options.critical && isPastMaxUnready(check, now) && { ignored: true })
  }
}

const isoTime = (milliseconds: number): string => new Date(milliseconds).toISOString()
