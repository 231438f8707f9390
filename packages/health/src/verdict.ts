import type { Check, CheckState } from './check.ts'
import type { Gates, NotReadyReason } from './gates.ts'

/** What a probe answers. */
export type ReadyStatus = 'ready' | 'degraded' | 'not ready'

export interface Verdict {
  status: ReadyStatus
  /** Why the service is not ready, where it is not a check. */
  reason?: NotReadyReason
  states: Map<string, CheckState>
  /** Critical checks that fail, and no longer count. */
  ignored: Check[]
}

/** Whether a failing check has held readiness back for longer than it may. One that never passed always does. */
export function givenUp({ options, since, lastPass }: Check, now: number): boolean {
  return options.maxUnready > 0 && lastPass !== undefined && now - since >= options.maxUnready
}

/** Puts checks and gates together. `gates` is left out for groups, which are about checks alone. */
export function judge(checks: Iterable<Check>, now: number, gates?: Gates): Verdict {
  const states = new Map<string, CheckState>()
  const ignored: Check[] = []
  let status: ReadyStatus = 'ready'
  for (const check of checks) {
    const state = check.current(now)
    states.set(check.options.name, state)
    if (state === 'pass') continue

    const blocking = state !== 'degraded' && check.options.critical
    if (blocking && !givenUp(check, now)) status = 'not ready'
    else if (status === 'ready') status = 'degraded'
    if (blocking && givenUp(check, now)) ignored.push(check)
  }
  for (const name of gates?.held ?? []) states.set(name, 'pending')

  const reason = gates?.reason
  return reason ? { status: 'not ready', reason, states, ignored } : { status, states, ignored }
}
