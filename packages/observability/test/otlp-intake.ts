import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import protobuf from 'protobufjs'
import type { Received } from '@seaworthy/testing'

type Value = {
  stringValue?: string
  intValue?: string
  boolValue?: boolean
  doubleValue?: number
  arrayValue?: { values: Value[] }
  kvlistValue?: { values: KeyValue[] }
}
interface KeyValue {
  key: string
  value: Value
}

export interface Point {
  attributes: KeyValue[]
  timeUnixNano: string
  startTimeUnixNano: string
  asDouble?: number | string
  count?: string
  sum?: number
  bucketCounts?: string[]
  explicitBounds?: number[]
}
export interface Metric {
  name: string
  unit?: string
  sum?: { dataPoints: Point[]; isMonotonic: boolean; aggregationTemporality: number | string }
  gauge?: { dataPoints: Point[] }
  histogram?: { dataPoints: Point[]; aggregationTemporality: number | string }
}
export interface LogRecord {
  timeUnixNano: string
  observedTimeUnixNano: string
  severityNumber: number | string
  severityText?: string
  body: Value
  attributes: KeyValue[]
  traceId?: string
  spanId?: string
}

/** A value of the attributes as the app had it. */
function plain({ kvlistValue, arrayValue, ...value }: Value): unknown {
  if (kvlistValue) return attributesOf({ attributes: kvlistValue.values })
  if (arrayValue) return arrayValue.values.map(plain)
  const { intValue, ...others } = value
  return intValue === undefined ? Object.values(others)[0] : Number(intValue)
}

export const attributesOf = ({ attributes }: { attributes: KeyValue[] }): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]))

// The official definitions, as a package of the tests ships them.
const folder = join(
  dirname(createRequire(import.meta.url).resolve('dd-trace/package.json')),
  'packages/dd-trace/src/opentelemetry/otlp'
)
const root = new protobuf.Root()
root.resolvePath = (_origin, target) => (target.includes('/') ? target : join(folder, target))
root.loadSync(
  ['logs_service.proto', 'metrics_service.proto', 'trace_service.proto'].map((file) => join(folder, file))
)

/** The body of a push, whichever its encoding: that of protobuf is read by the official definitions. */
function parsed({ headers, body }: Received, type: string): unknown {
  const bytes = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
  if (headers['content-type'] === 'application/json') return JSON.parse(bytes.toString())
  const message = root.lookupType(type)
  const object = message.toObject(message.decode(bytes), { longs: String, bytes: Buffer })
  const texts = (_: string, value: unknown) =>
    (value as { type?: string } | null)?.type === 'Buffer'
      ? Buffer.from((value as { data: number[] }).data).toString('hex')
      : value
  return JSON.parse(JSON.stringify(object), texts)
}

export interface PushedLogs {
  resource: Record<string, unknown>
  records: LogRecord[]
}

/** The lines of a push, and their resource. */
export function logsOf(request: Received): PushedLogs {
  const { resourceLogs } = parsed(
    request,
    'opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest'
  ) as { resourceLogs: { resource: { attributes: KeyValue[] }; scopeLogs: { logRecords: LogRecord[] }[] }[] }
  return {
    resource: attributesOf(resourceLogs[0]!.resource),
    records: resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords))
  }
}

export interface PushedMetrics {
  resource: Record<string, unknown>
  metrics: Map<string, Metric>
}

/** The metrics of a push by name, and their resource. */
export function metricsOf(request: Received): PushedMetrics {
  const { resourceMetrics } = parsed(
    request,
    'opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest'
  ) as {
    resourceMetrics: { resource: { attributes: KeyValue[] }; scopeMetrics: { metrics: Metric[] }[] }[]
  }
  const metrics = resourceMetrics.flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics }) => metrics)
  )
  return {
    resource: attributesOf(resourceMetrics[0]!.resource),
    metrics: new Map(metrics.map((metric) => [metric.name, metric]))
  }
}

export interface PushedSpan {
  name: string
  traceId: string
  spanId: string
}

/** The spans of a push. */
export function spansOf(request: Received): PushedSpan[] {
  const { resourceSpans } = parsed(
    request,
    'opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest'
  ) as { resourceSpans: { scopeSpans: { spans: PushedSpan[] }[] }[] }
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
}

/** The texts of the lines of all pushes. */
export const bodies = (requests: readonly Received[]) =>
  requests.flatMap((request) => logsOf(request).records.map(({ body }) => body.stringValue))

/** The pushed line with a text. */
export const recordOf = (requests: readonly Received[], body: string): LogRecord =>
  requests.flatMap((request) => logsOf(request).records).find((record) => record.body.stringValue === body)!
