import type { Meter } from '@seaworthy/contract'
import type { Check, CheckState } from './checks/check.ts'
import type { HealthState } from './readiness/health-state.ts'

const stateValues: Readonly<Record<CheckState, number>> = { pass: 1, degraded: 0.5, fail: 0, pending: 0 }
const buckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/**
 * Adds the metrics. A scrape shows the last results and starts the checks that have no fresh one; otherwise a service
 * without a prober would show its first results for ever.
 */
export function bindMeter(meter: Meter, state: HealthState): void {
  const { registry, events } = state
  meter.gauge({
    name: 'health_check_status',
    help: 'Whether the check passes: 1, degraded 0.5, failed 0',
    labels: ['check', 'critical'],
    collect: (family) => {
      void registry.refresh()
      const now = performance.now()
      for (const [name, check] of registry.checks)
        family.with(name, `${check.options.critical}`).set(stateValues[check.stateAt(now)])
    }
  })
  meter.gauge({
    name: 'health_ready',
    help: 'Whether readiness responds with success: 1 or 0',
    collect: (family) => family.with().set(state.evaluate('ready').status === 'not ready' ? 0 : 1)
  })
  meter.gauge({
    name: 'health_broken',
    help: 'Whether the app has declared itself broken: 1 or 0',
    collect: (family) => family.with().set(state.liveness.broken === undefined ? 0 : 1)
  })
  const durations = meter.histogram({
    name: 'health_check_duration_seconds',
    help: 'How long the check took, up to its timeout',
    labels: ['check'],
    buckets
  })
  const cells = new Map<Check, ReturnType<typeof durations.with>>()
  events.onDuration = (check, milliseconds) => {
    let cell = cells.get(check)
    if (!cell) cells.set(check, (cell = durations.with(check.options.name)))
    cell.observe(milliseconds / 1000)
  }
}
