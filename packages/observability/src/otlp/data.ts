import type { Resource } from './resource.ts'

/** The number of a series, or the counts of its histogram. */
export type PointValue =
  | number
  | { readonly bounds: readonly number[]; readonly counts: readonly number[]; readonly sum: number }

/** A series. */
export interface Point {
  attributes: Record<string, string | number>
  value: PointValue
}

/** A metric. Numbers of counters and histograms count from the start, as Prometheus' do. */
export interface Metric {
  name: string
  description: string
  unit?: string
  kind: 'counter' | 'gauge' | 'histogram'
  points: Point[]
}

/** Milliseconds since 1970. */
export interface Period {
  start: number
  end: number
}

/** A line of the log. */
export interface LogRecord {
  /** Milliseconds since 1970. `undefined` where the line has no time. */
  time: number | undefined
  /** When the line was taken over. Milliseconds since 1970. */
  observed: number
  severityNumber: number
  severityText: string | undefined
  body: unknown
  attributes: Record<string, unknown>
  traceId: string | undefined
  spanId: string | undefined
}

/** The part of an accepted push that the collector has rejected. */
export interface PartialSuccess {
  rejected: number
  message: string | undefined
}

/** The body of a push, or a part of it. */
export type Body = string | Uint8Array

/** The two encodings of OTLP over HTTP. */
export interface Encoder {
  readonly contentType: string
  metrics(metrics: readonly Metric[], period: Period, resource: Resource): Body
  logs(records: readonly LogRecord[], resource: Resource): Body
  /** One body of several. Each was made in a turn of its own, so that requests are served in between. */
  join(bodies: readonly Body[]): Body
  /** Reads the response to a push. An odd one is none. */
  partialSuccess(body: Uint8Array, signal: 'metrics' | 'logs'): PartialSuccess
}

export const scopeName = '@seaworthy/observability'

/** Values that are nested deeper become text: recursion must have an end, and decoders of protobuf have one at 100. */
export const maxDepth = 16
