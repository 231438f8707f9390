import type { CounterCell, GaugeCell, HistogramCell, Meter, MetricFamily } from '@seaworthy/contract'
import type { CircuitState } from './circuit.ts'

/** How a try ended, as the metric says it. */
export type CallOutcome =
  | 'success'
  | 'failure'
  | 'timeout'
  | 'ignored'
  | 'canceled'
  | 'rejected'
  | 'full'
  | 'observed'

const outcomes: readonly CallOutcome[] = [
  'success',
  'failure',
  'timeout',
  'ignored',
  'canceled',
  'rejected',
  'full',
  'observed'
]
const states: readonly CircuitState[] = ['closed', 'open', 'half-open', 'isolated']
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** Counts of one breaker, kept here, and in the meter's cells where there is one. */
export class Instruments {
  readonly counts: Record<CallOutcome, number> = Object.fromEntries(
    outcomes.map((outcome) => [outcome, 0])
  ) as Record<CallOutcome, number>
  degraded = 0
  retries = 0
  #cells: Cells | undefined

  bind(cells: Cells): void {
    this.#cells = cells
  }

  /** @param duration - Milliseconds; 0 where nothing was called. */
  count(outcome: CallOutcome, duration: number): void {
    this.counts[outcome]++
    const cells = this.#cells
    if (!cells) return
    cells.calls[outcome].inc()
    if (duration > 0) cells.duration.observe(duration / 1000)
  }

  countDegraded(): void {
    this.degraded++
    this.#cells?.degraded.inc()
  }

  countRetry(): void {
    this.retries++
    this.#cells?.retries.inc()
  }
}

interface Cells {
  calls: Record<CallOutcome, CounterCell>
  duration: HistogramCell
  degraded: CounterCell
  retries: CounterCell
}

/** Something whose states the gauge shows. */
export interface Stateful {
  readonly name: string
  states(): Record<CircuitState, number>
}

/** Makes the metrics. Labels are names of breakers and policies, never keys: their number is bounded. */
export function breakerMetrics(meter: Meter, all: () => Iterable<Stateful>): (name: string) => Cells {
  // Breakers are made by code, not by traffic, but there may be more of them than of most things.
  const maxSeries = 5000
  const calls = meter.counter({
    name: 'breaker_calls_total',
    help: 'Tries by how they ended',
    labels: ['breaker', 'outcome'],
    maxSeries
  })
  const duration = meter.histogram({
    name: 'breaker_duration_seconds',
    help: 'How long tries took',
    labels: ['breaker'],
    buckets,
    maxSeries
  })
  const single = (name: string, help: string): MetricFamily<CounterCell> =>
    meter.counter({ name, help, labels: ['breaker'], maxSeries })
  const degraded = single('breaker_degraded_total', 'Calls answered with a last good value or a fallback')
  const retries = single('breaker_retries_total', 'Tries beside the first one')
  meter.gauge({
    name: 'breaker_state',
    help: 'Breakers in this state; more than 1 where a breaker has keys',
    labels: ['breaker', 'state'],
    maxSeries,
    collect: (family) => collectStates(family, all())
  })

  return (name) => ({
    calls: Object.fromEntries(
      outcomes.map((outcome) => [outcome, calls.with(name, outcome)])
    ) as Cells['calls'],
    duration: duration.with(name),
    degraded: degraded.with(name),
    retries: retries.with(name)
  })
}

function collectStates(family: MetricFamily<GaugeCell>, all: Iterable<Stateful>): void {
  for (const breaker of all) {
    const counts = breaker.states()
    for (const state of states) family.with(breaker.name, state).set(counts[state])
  }
}
