import type { CheckRegistry } from '../checks/check-registry.ts'
import type { HealthEventLog } from '../events/health-event-log.ts'
import { evaluateReadiness, type ReadinessResult } from './evaluate-readiness.ts'
import type { Liveness } from './liveness.ts'
import type { ReadinessGates } from './readiness-gates.ts'

/** The health of one app: its checks, gates and events. */
export class HealthState {
  readonly registry: CheckRegistry
  readonly gates: ReadinessGates
  readonly events: HealthEventLog
  readonly liveness: Liveness

  constructor(registry: CheckRegistry, gates: ReadinessGates, events: HealthEventLog, liveness: Liveness) {
    this.registry = registry
    this.gates = gates
    this.events = events
    this.liveness = liveness
  }

  /** Evaluates readiness (the group `ready`) or another group, from the last results. */
  evaluate(group: string): ReadinessResult {
    const gates = group === 'ready' ? this.gates : undefined
    const result = evaluateReadiness(this.registry.checksOf(group), performance.now(), gates)
    for (const check of result.ignored) this.events.onIgnored(check)
    return result
  }
}
