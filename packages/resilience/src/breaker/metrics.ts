import type { CounterCell, GaugeCell, HistogramCell, Meter, MetricFamily } from '@seaworthy/contract'
import type { CircuitState } from '../circuit/state-changes.ts'

const outcomes = [
  'success',
  'failure',
  'timeout',
  'ignored',
  'canceled',
  'rejected',
  'full',
  'observed'
] as const

/**
 * How an attempt ended: a label of the metric.
 *
 * @example
 * const failed: readonly CallOutcome[] = ['failure', 'timeout']
 * const { counts } = app.resilience.breaker('prices', async () => 42).snapshot()
 * console.log(failed.map((outcome) => counts[outcome]))
 */
export type CallOutcome = (typeof outcomes)[number]

const states: readonly CircuitState[] = ['closed', 'open', 'half-open', 'isolated']
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** Breakers are created by code, not by traffic, but an app may have more of them than of other things. */
export const MAX_SERIES = 5000

const forEachOutcome = <T>(value: (outcome: CallOutcome) => T): Record<CallOutcome, T> =>
  Object.fromEntries(outcomes.map((outcome) => [outcome, value(outcome)])) as Record<CallOutcome, T>

/** The counts of one breaker, for its snapshot and, if there is a meter, for the metrics. */
export class CallCounts {
  readonly outcomes: Record<CallOutcome, number> = forEachOutcome(() => 0)
  degraded = 0
  retries = 0
  #cells: BreakerCells | undefined

  /** Cells are bound once, because each call counts. */
  bind(cells: BreakerCells): void {
    this.#cells = cells
  }

  /** @param duration - Milliseconds; 0 if the function was not called. */
  count(outcome: CallOutcome, duration: number): void {
    this.outcomes[outcome]++
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

interface BreakerCells {
  calls: Record<CallOutcome, CounterCell>
  duration: HistogramCell
  degraded: CounterCell
  retries: CounterCell
}

/** A breaker whose states the gauge shows. */
export interface ObservedBreaker {
  readonly name: string
  /** How many circuits are in each state. */
  states(): Record<CircuitState, number>
}

/** Creates the metrics of breakers. Labels are names of breakers, never keys: their number has a limit. */
export function breakerMetrics(
  meter: Meter,
  breakers: () => Iterable<ObservedBreaker>
): (name: string) => BreakerCells {
  const labels = ['breaker']
  const maxSeries = MAX_SERIES
  const calls = meter.counter({
    name: 'breaker_calls_total',
    help: 'Attempts by outcome',
    labels: ['breaker', 'outcome'],
    maxSeries
  })
  const duration = meter.histogram({
    name: 'breaker_duration_seconds',
    help: 'Duration of attempts',
    labels,
    buckets,
    maxSeries
  })
  const counter = (name: string, help: string): MetricFamily<CounterCell> =>
    meter.counter({ name, help, labels, maxSeries })
  const degraded = counter('breaker_degraded_total', 'Calls with a last good value or a fallback as result')
  const retries = counter('breaker_retries_total', 'Attempts after the first one of a call')
  meter.gauge({
    name: 'breaker_state',
    help: 'Breakers in this state; of a breaker with keys, the number of keys',
    labels: ['breaker', 'state'],
    maxSeries,
    collect: (family) => collectStates(family, breakers())
  })

  return (name) => ({
    calls: forEachOutcome((outcome) => calls.with(name, outcome)),
    duration: duration.with(name),
    degraded: degraded.with(name),
    retries: retries.with(name)
  })
}

function collectStates(family: MetricFamily<GaugeCell>, breakers: Iterable<ObservedBreaker>): void {
  for (const breaker of breakers) {
    const counts = breaker.states()
    for (const state of states) family.with(breaker.name, state).set(counts[state])
  }
}
