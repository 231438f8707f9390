import type { CheckFunction, CheckOutcome, Finding } from '../check-options.ts'

/** What the check reads of a breaker: opossum's `opened` and `halfOpen`, or a `state`. */
export interface BreakerLike {
  readonly name?: string
  readonly opened?: boolean
  readonly halfOpen?: boolean
  readonly state?: string
}

/** One breaker, some, or a function that lists those that exist at the time. */
export type Breakers = BreakerLike | readonly BreakerLike[] | (() => Iterable<BreakerLike>)

/**
 * Passes while no breaker is open; half open is degraded. It calls nothing: it reads what the breakers know. Add it
 * with `critical: false`, unless the service is of no use without what the breaker guards.
 */
export function breakerCheck(breakers: Breakers): CheckFunction {
  return (): Finding => {
    const troubled: Record<string, string> = {}
    let status: CheckOutcome = 'pass'
    for (const breaker of listed(breakers)) {
      const outcome = outcomeOf(breaker)
      if (outcome === 'pass') continue
      troubled[breaker.name ?? 'breaker'] = outcome === 'fail' ? 'open' : 'half open'
      if (status !== 'fail') status = outcome
    }
    return { status, detail: troubled }
  }
}

function listed(breakers: Breakers): Iterable<BreakerLike> {
  if (typeof breakers === 'function') return breakers()
  return Array.isArray(breakers) ? (breakers as readonly BreakerLike[]) : [breakers as BreakerLike]
}

function outcomeOf({ opened, halfOpen, state = '' }: BreakerLike): CheckOutcome {
  if (opened === true || state.toLowerCase().startsWith('open')) return 'fail'
  return halfOpen === true || state.toLowerCase().startsWith('half') ? 'degraded' : 'pass'
}
