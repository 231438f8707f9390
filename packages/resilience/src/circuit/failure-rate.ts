import type { CircuitPolicy } from './circuit-options.ts'
import type { Window } from './window.ts'

/** Whether the share of failures opens the circuit: from the minimum volume on, at the threshold or above. */
export function reachesFailureRate(policy: CircuitPolicy, window: Window, now: number): boolean {
  const { strategy, consecutive, volumeThreshold, errorThresholdPercentage } = policy
  if (strategy !== 'ratio' || consecutive !== undefined) return false
  const { fires, failures } = window.stats(now)
  // A share such as 66.6 is no exact number: a hair less is enough.
  return fires >= volumeThreshold && (failures / fires) * 100 > errorThresholdPercentage - 1e-9
}
