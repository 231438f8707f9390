import type {
  CounterCell,
  GaugeCell,
  HistogramCell,
  Meter,
  MetricFamily,
  MetricOptions
} from '@seaworthy/contract'
import { invalidOption } from '@seaworthy/internal'
import { HistogramFamily } from './histogram.ts'
import type { CollectorHealth } from './collector-health.ts'
import type { Exposed } from './types.ts'
import { ValueFamily, type Cell } from './value-family.ts'

const validName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/

/** Creates metrics, and keeps them for the exposition. A second metric of the same name is the first one. */
export class Metrics implements Meter {
  readonly families: Map<string, Exposed> = new Map()
  readonly #handles = new Map<string, unknown>()
  readonly #onOverflow: (metric: string) => void
  readonly #health: CollectorHealth

  /** @param onOverflow - Called once per metric that has more series than it may have. */
  constructor(onOverflow: (metric: string) => void, health: CollectorHealth) {
    this.#onOverflow = onOverflow
    this.#health = health
  }

  add<T extends Exposed>(family: T): T {
    this.families.set(family.name, family)
    return family
  }

  counter(options: MetricOptions): MetricFamily<CounterCell> {
    return this.#once(options, () => {
      const family = this.add(
        new ValueFamily('counter', withLimit(options), () => this.#onOverflow(options.name))
      )
      return { with: (...values) => counterCell(family.series.get(values)) }
    })
  }

  gauge(
    options: MetricOptions & { collect?: (family: MetricFamily<GaugeCell>) => void }
  ): MetricFamily<GaugeCell> {
    return this.#once(options, () => {
      const { collect } = options
      const handle: MetricFamily<GaugeCell> = { with: (...values) => gaugeCell(family.series.get(values)) }
      const family = this.add(
        new ValueFamily(
          'gauge',
          withLimit(options),
          () => this.#onOverflow(options.name),
          collect && (() => this.#health.run(options.name, () => collect(handle)))
        )
      )
      return handle
    })
  }

  histogram(options: MetricOptions & { buckets: readonly number[] }): MetricFamily<HistogramCell> {
    return this.#once(options, () => {
      const family = this.add(
        new HistogramFamily({ ...withLimit(options), buckets: options.buckets }, () =>
          this.#onOverflow(options.name)
        )
      )
      return { with: (...values) => family.series.get(values) }
    })
  }

  #once<T>({ name }: MetricOptions, create: () => T): T {
    if (!validName.test(name)) throw invalidOption(`observability: "${name}" is not a valid metric name`)
    const existing = this.#handles.get(name)
    if (existing !== undefined) return existing as T
    const handle = create()
    this.#handles.set(name, handle)
    return handle
  }
}

const withLimit = <T extends MetricOptions>(options: T): T & { maxSeries: number } => ({
  ...options,
  maxSeries: options.maxSeries ?? 100
})

const counterCell = (cell: Cell): CounterCell => ({
  inc(value = 1) {
    if (value > 0 && value < Infinity) cell.value += value
  }
})

const gaugeCell = (cell: Cell): GaugeCell => ({
  set(value) {
    cell.value = value
  },
  inc(value = 1) {
    cell.value += value
  },
  dec(value = 1) {
    cell.value -= value
  }
})
