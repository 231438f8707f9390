import type { Check, CheckState } from '../checks/check.ts'
import type { NotReadyReason, ReadinessGates } from './readiness-gates.ts'

/**
 * The status of readiness or of a group.
 *
 * @example
 * const status: ReadyStatus = app.health.status().status
 * console.log(status === 'ready')
 */
export type ReadyStatus = 'ready' | 'degraded' | 'not ready'

/** The readiness of the service, or of a group of checks. */
export interface ReadinessResult {
  status: ReadyStatus
  /** Why the service is not ready, if a gate and no check is the cause. */
  reason?: NotReadyReason
  /** The states of checks, and of the holds as `pending`. */
  states: Map<string, CheckState>
  /** Critical checks that fail and are past their `maxUnready`. */
  ignored: Check[]
}

/** Whether a failing check is ignored, because it has failed for `maxUnready`. One that never passed is not. */
export function isPastMaxUnready({ options, stateSince, lastPassAt }: Check, now: number): boolean {
  return options.maxUnready > 0 && lastPassAt !== undefined && now - stateSince >= options.maxUnready
}

/** Combines checks and gates. Groups are evaluated without gates. */
export function evaluateReadiness(
  checks: Iterable<Check>,
  now: number,
  gates?: ReadinessGates
): ReadinessResult {
  const states = new Map<string, CheckState>()
  const ignored: Check[] = []
  let status: ReadyStatus = 'ready'
  for (const check of checks) {
    const state = check.stateAt(now)
    states.set(check.options.name, state)
    if (state === 'pass') continue

    const blocking = state !== 'degraded' && check.options.critical
    const pastMaxUnready = blocking && isPastMaxUnready(check, now)
    if (blocking && !pastMaxUnready) status = 'not ready'
    else if (status === 'ready') status = 'degraded'
    if (pastMaxUnready) ignored.push(check)
  }
  for (const name of gates?.held ?? []) states.set(name, 'pending')

  const reason = gates?.reason
  return reason ? { status: 'not ready', reason, states, ignored } : { status, states, ignored }
}
