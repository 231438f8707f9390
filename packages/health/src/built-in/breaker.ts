import type { CheckFunction, CheckOutcome, CheckResult } from '../checks/options.ts'

/**
 * The members of a breaker that the check reads: `opened` and `halfOpen` of opossum, or a `state`.
 *
 * @example
 * const prices: BreakerLike = { name: 'prices', state: 'open' }
 * app.health.addCheck('prices', breakerCheck(prices))
 */
export interface BreakerLike {
  readonly name?: string
  readonly opened?: boolean
  readonly halfOpen?: boolean
  readonly state?: string
}

/**
 * One breaker, several, or a function that lists those that exist at the time.
 *
 * @example
 * const breakers: Breakers = () => [{ name: 'prices', state: 'closed' }]
 * app.health.addCheck('breakers', breakerCheck(breakers))
 */
export type Breakers = BreakerLike | readonly BreakerLike[] | (() => Iterable<BreakerLike>)

/**
 * Passes while no breaker is open; a half-open one makes it degraded. It calls nothing, it only reads the breakers. Add
 * it with `critical: false`, unless the service is useless without the dependency behind the breaker.
 *
 * @example
 * const prices = { name: 'prices', state: 'closed' }
 * app.health.addCheck('breakers', breakerCheck(prices), { critical: false })
 */
export function breakerCheck(breakers: Breakers): CheckFunction {
  return (): CheckResult => {
    const detail: Record<string, string> = {}
    let status: CheckOutcome = 'pass'
    for (const breaker of listBreakers(breakers)) {
      const outcome = outcomeOf(breaker)
      if (outcome === 'pass') continue
      detail[breaker.name ?? 'breaker'] = outcome === 'fail' ? 'open' : 'half open'
      if (status !== 'fail') status = outcome
    }
    return { status, detail }
  }
}

function listBreakers(breakers: Breakers): Iterable<BreakerLike> {
  if (typeof breakers === 'function') return breakers()
  return Array.isArray(breakers) ? (breakers as readonly BreakerLike[]) : [breakers as BreakerLike]
}

function outcomeOf({ opened, halfOpen, state = '' }: BreakerLike): CheckOutcome {
  if (opened === true || state.toLowerCase().startsWith('open')) return 'fail'
  return halfOpen === true || state.toLowerCase().startsWith('half') ? 'degraded' : 'pass'
}
