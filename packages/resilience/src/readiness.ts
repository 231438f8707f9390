import type { Readiness } from '@seaworthy/contract'
import type { RegisteredBreaker } from './breaker/registered-breaker.ts'

/** Adds a readiness check for a breaker with the option `health`. The check reads the state and makes no call. */
export function addReadinessCheck(readiness: Readiness, breaker: RegisteredBreaker): void {
  if (!breaker.health) return
  // A half-open breaker needs calls, so that one tests the service: without readiness there are none. One that operators
  // have set to admit all calls takes no service out of traffic.
  const isReady = (): boolean => {
    const { state, mode } = breaker
    if (state === 'closed' || state === 'half-open') return true
    return state === 'open' && mode?.override !== undefined && mode.current !== 'enforce'
  }
  readiness.addCheck(`breaker:${breaker.name}`, isReady, breaker.health)
}
