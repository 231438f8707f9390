import type { Check, CheckState } from './check.ts'
import type { Gates, NotReadyReason } from './gates.ts'

/** What a probe answers. */
export type ReadyStatus = 'ready' | 'degraded' | 'not ready'

export interface Verdict {
  status: ReadyStatus
  /** Why the service is not ready, where it is not a check. */
  reason?: NotReadyReason
  states: Map<string, CheckState>
}

/** Whether a failing check has held readiness back for longer than it may. One that never passed always does. */
export function givenUp({ options, since, lastPass }: Check, now: number): boolean {
  return options.maxUnready > 0 && lastPass !== undefined && now - since >= options.maxUnready
}

/** Puts checks and gates together. `gates` is left out for groups, which are about checks alone. */
export function judge(checks: Iterable<Check>, now: number, gates?: Gates): Verdict {
  const states = new Map<string, CheckState>()
  let status: ReadyStatus = 'ready'
  for (const check of checks) {
    const state = check.current(now)
    states.set(check.options.name, state)
    if (state === 'pass' || status === 'not ready') continue

    const bad = state === 'fail' || state === 'pending'
    status = bad && check.options.critical && !givenUp(check, now) ? 'not ready' : 'degraded'
  }
  for (const name of gates?.held ?? []) states.set(name, 'pending')

  const reason = gates?.reason
  return reason ? { status: 'not ready', reason, states } : { status, states }
}
