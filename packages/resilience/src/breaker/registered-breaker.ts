import type { Health } from './health.ts'
import type { CallCounts, ObservedBreaker } from './metrics.ts'
import type { ModeSwitch } from './mode-switch.ts'
import type { CircuitState } from '../circuit/state-changes.ts'
import type { BreakerSnapshot } from './types.ts'

/** A breaker of the app's registry: metrics, readiness, the report and the operators' routes show it. */
export interface RegisteredBreaker extends ObservedBreaker {
  readonly state: CircuitState
  readonly counts: CallCounts
  /** Its mode. An adopted breaker has none. */
  readonly mode?: ModeSwitch
  /** Its readiness check. `undefined` if it has none. */
  readonly health: Health | undefined
  snapshot(): BreakerSnapshot
}
