import { port, type Port } from './port.ts'

/** One series of a counter. `inc` is a numeric add: safe on a hot path. */
export interface CounterCell {
  /** Adds `value`, 1 by default; negative and non-finite values are ignored. */
  inc(value?: number): void
}

/** One series of a gauge. */
export interface GaugeCell {
  set(value: number): void
  inc(value?: number): void
  dec(value?: number): void
}

/** One series of a histogram. */
export interface HistogramCell {
  observe(value: number): void
}

/** A metric with its labels. Bind cells at start, not on each call: `const hits = family.with('memory')`. */
export interface MetricFamily<Cell> {
  /** The cell for these label values, in the order of `labels`. Past `maxSeries`, one shared overflow cell. */
  with(...values: string[]): Cell
}

/** The description of a metric. Names follow Prometheus: `breaker_calls_total`, base units, no abbreviation. */
export interface MetricOptions {
  name: string
  help: string
  labels?: readonly string[]
  /** How many series may exist before further ones share an overflow cell, 100 by default. */
  maxSeries?: number
}

/** Where metrics are made. Provided by observability. */
export interface Meter {
  counter(options: MetricOptions): MetricFamily<CounterCell>
  /** `collect` runs at each scrape, for values that are cheaper to read than to keep up to date. */
  gauge(
    options: MetricOptions & { collect?: (family: MetricFamily<GaugeCell>) => void }
  ): MetricFamily<GaugeCell>
  histogram(options: MetricOptions & { buckets: readonly number[] }): MetricFamily<HistogramCell>
}

export const meterPort: Port<Meter> = port<Meter>('meter.v1')
