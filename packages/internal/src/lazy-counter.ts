import { meterPort, whenProvided, type CounterCell, type MetricFamily } from '@seaworthy/contract'
import type { FastifyInstance } from 'fastify'

/** The description of a {@link LazyCounter}: a metric of two labels at most. */
export interface LazyCounterOptions {
  /** Prometheus' name: `errors_total`. */
  name: string
  help: string
  labels: readonly [string] | readonly [string, string]
  /** How many series exist before further ones share one. Default 100. */
  maxSeries?: number
}

/** A counter whose cells are bound when they are first needed. Without a meter it does nothing. */
export class LazyCounter {
  readonly #cells = new Map<string, Map<string, CounterCell>>()
  readonly #labels: number
  readonly #maxSeries: number
  #family: MetricFamily<CounterCell> | undefined
  #series = 0

  constructor(fastify: FastifyInstance, { name, help, labels, maxSeries = 100 }: LazyCounterOptions) {
    this.#labels = labels.length
    this.#maxSeries = maxSeries
    whenProvided(fastify, meterPort, (meter) => {
      this.#family = meter.counter({ name, help, labels, maxSeries })
    })
  }

  /** Adds one to the series with these label values. */
  inc(first: string, second = ''): void {
    if (this.#family === undefined) return
    const cell = this.#cells.get(first)?.get(second) ?? this.#bind(this.#family, first, second)
    cell.inc()
  }

  /** Cells are kept for as many series as the meter keeps; after that the meter's shared cell counts. */
  #bind(family: MetricFamily<CounterCell>, first: string, second: string): CounterCell {
    const cell = this.#labels === 1 ? family.with(first) : family.with(first, second)
    if (this.#series >= this.#maxSeries) return cell
    this.#series++
    const cells = this.#cells.get(first) ?? new Map<string, CounterCell>()
    this.#cells.set(first, cells.set(second, cell))
    return cell
  }
}
