/** Prometheus' text 0.0.4, or OpenMetrics 1.0. */
export type Format = 'text' | 'openmetrics'

export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary'

/** One sample in the form of prom-client's registries. */
export interface Sample {
  value: number
  labels: Record<string, string | number>
  metricName?: string
  /** Of a registry whose metrics have `enableExemplars`. */
  exemplar?: SampleExemplar | null | undefined
}

export interface SampleExemplar {
  labelSet: Record<string, string | number>
  value: number
  /** Seconds. */
  timestamp?: number
}

/** A metric with its samples in the form of prom-client's registries. */
export interface MetricJson {
  name: string
  help: string
  type: MetricType
  values: Sample[]
  aggregator: string
}

export type PackedSeries = [labels: string, numbers: number[], exemplar?: string]

/**
 * A family in compact form, as workers pass it to each other. A series is its labels and its numbers: of a histogram
 * with `bounds` a count per bucket and the sum, else one value under its labels or its whole name, and the text of its
 * exemplar.
 */
export interface PackedFamily {
  name: string
  help: string
  type: MetricType
  aggregator: string
  bounds?: readonly number[]
  series: PackedSeries[]
}

/** A metric as the exposition reads it. prom-client's `registerMetric` accepts the first four members. */
export interface Exposed {
  readonly name: string
  readonly help: string
  readonly type: MetricType
  readonly aggregator: string
  /** One text per series, the first after the head of the family. */
  texts(format: Format): Iterable<string>
  json(): MetricJson
  packed(): PackedFamily
}
