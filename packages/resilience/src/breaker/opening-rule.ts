import type { CircuitPolicy } from './circuit-options.ts'
import { FAILURES, type Window } from './window.ts'

/** Decides when a circuit opens. All circuits of a policy share one. */
export interface OpeningRule {
  /** Counts a failure in the window. Returns whether the circuit must open. */
  opens(window: Window, error: unknown, now: number): boolean
}

export type CreateOpeningRule = (policy: CircuitPolicy) => OpeningRule

/** Whether the share of failures decides. Otherwise the rule only counts. */
export const opensByRatio = ({ strategy, consecutive }: CircuitPolicy): boolean =>
  strategy === 'ratio' && consecutive === undefined

/** The rule if opossum cannot be used: opens at the share of failures, from the minimum volume on. */
export function ratioRule(policy: CircuitPolicy): OpeningRule {
  const { volumeThreshold, errorThresholdPercentage } = policy
  const byRatio = opensByRatio(policy)
  return {
    opens(window, _error, now) {
      window.add(FAILURES, now)
      if (!byRatio) return false
      const { fires, failures } = window.stats(now)
      return fires >= volumeThreshold && (failures / fires) * 100 > errorThresholdPercentage - 1e-9
    }
  }
}
