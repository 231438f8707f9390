import type { Meter } from '@seaworthy/contract'
import type { Check, CheckState } from './check.ts'
import type { Journal } from './events.ts'
import type { HealthState } from './state.ts'

const values: Record<CheckState, number> = { pass: 1, degraded: 0.5, fail: 0, pending: 0 }
const buckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/**
 * Tells the meter of each run. A scrape shows what the last runs said, and starts those that are due: without it, a
 * service that nobody probes would show its first result for ever.
 */
export function bindMeter(meter: Meter, state: HealthState, journal: Journal): void {
  meter.gauge({
    name: 'health_check_status',
    help: 'Whether the check passes: 1, degraded 0.5, failed 0',
    labels: ['check'],
    collect: (family) => {
      void state.refresh()
      const now = performance.now()
      for (const [name, check] of state.checks) family.with(name).set(values[check.current(now)])
    }
  })
  meter.gauge({
    name: 'health_ready',
    help: 'Whether readiness would answer with success: 1 or 0',
    collect: (family) => family.with().set(state.verdict('ready').status === 'not ready' ? 0 : 1)
  })
  const durations = meter.histogram({
    name: 'health_check_duration_seconds',
    help: 'How long the check took, up to its timeout',
    labels: ['check'],
    buckets
  })
  const cells = new Map<Check, ReturnType<typeof durations.with>>()
  journal.observe = (check, duration) => {
    if (duration === undefined) return
    let cell = cells.get(check)
    if (!cell) cells.set(check, (cell = durations.with(check.options.name)))
    cell.observe(duration / 1000)
  }
}
