import type {
  CounterCell,
  GaugeCell,
  HistogramCell,
  Meter,
  MetricFamily,
  MetricOptions
} from '@seaworthy/contract'
import { ValueFamily, type Cell, type Exposed } from './value-family.ts'
import { HistogramFamily } from './histogram.ts'

const validName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/

/** Makes metrics, and keeps them for the exposition. The same name twice is the same metric. */
export class Metrics implements Meter {
  readonly families: Map<string, Exposed> = new Map()
  readonly #handles = new Map<string, unknown>()
  readonly #warn: (metric: string) => void

  /** @param warn - Told once per metric that has more label sets than it may have. */
  constructor(warn: (metric: string) => void) {
    this.#warn = warn
  }

  add<T extends Exposed>(family: T): T {
    this.families.set(family.name, family)
    return family
  }

  counter(options: MetricOptions): MetricFamily<CounterCell> {
    return this.#once(options, () => {
      const family = this.add(new ValueFamily('counter', capped(options), () => this.#warn(options.name)))
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
          capped(options),
          () => this.#warn(options.name),
          collect && (() => collect(handle))
        )
      )
      return handle
    })
  }

  histogram(options: MetricOptions & { buckets: readonly number[] }): MetricFamily<HistogramCell> {
    return this.#once(options, () => {
      const family = this.add(
        new HistogramFamily({ ...capped(options), buckets: options.buckets }, () => this.#warn(options.name))
      )
      return { with: (...values) => family.series.get(values) }
    })
  }

  #once<T>({ name }: MetricOptions, make: () => T): T {
    if (!validName.test(name)) throw new RangeError(`observability: "${name}" is not a metric's name`)
    const known = this.#handles.get(name)
    if (known !== undefined) return known as T
    const made = make()
    this.#handles.set(name, made)
    return made
  }
}

const capped = <T extends MetricOptions>(options: T): T & { maxSeries: number } => ({
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
