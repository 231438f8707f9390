import { findOptional } from '@seaworthy/internal'
import { check } from '../check.ts'
import { maxDepth, scopeName, type Encoder, type LogRecord, type Metric, type Period } from './data.ts'

interface Serializer {
  serializeRequest(request: unknown): Uint8Array | undefined
  deserializeResponse(body: Uint8Array): {
    partialSuccess?: { rejectedLogRecords?: number; rejectedDataPoints?: number; errorMessage?: string }
  }
}
interface Transformer {
  ProtobufLogsSerializer?: Serializer
  ProtobufMetricsSerializer?: Serializer
}

const packageName = '@opentelemetry/otlp-transformer'

// The values of enumerations of @opentelemetry/api and @opentelemetry/sdk-metrics.
const dataPointTypes = { histogram: 0, gauge: 2, counter: 3 }
const valueTypeDouble = 1
const cumulative = 1

const scope = { name: scopeName }

const hrTime = (milliseconds: number): [seconds: number, nanoseconds: number] => {
  const microseconds = Math.round(milliseconds * 1000)
  return [Math.floor(microseconds / 1e6), (microseconds % 1e6) * 1000]
}

/** A metric in the form of OpenTelemetry's SDK, which is what the serializer takes. */
function metricData({ name, description, unit = '', kind, points }: Metric, { start, end }: Period): object {
  const times = { startTime: hrTime(start), endTime: hrTime(end) }
  return {
    descriptor: { name, description, unit, type: '', valueType: valueTypeDouble },
    dataPointType: dataPointTypes[kind],
    aggregationTemporality: cumulative,
    isMonotonic: kind === 'counter',
    dataPoints: points.map(({ attributes, value }) => {
      if (typeof value === 'number') return { ...times, attributes, value }
      const { bounds: boundaries, counts, sum } = value
      const count = counts.reduce((total, number) => total + number, 0)
      return { ...times, attributes, value: { count, sum, buckets: { boundaries, counts } } }
    })
  }
}

function bounded(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (depth >= maxDepth) return JSON.stringify(value)
  if (Array.isArray(value)) return value.map((entry) => bounded(entry, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, bounded(entry, depth + 1)]))
}

/** The same for a line of the log. */
function readableRecord(record: LogRecord, resource: object): object {
  const { time, observed, severityNumber, severityText, body, attributes, traceId, spanId } = record
  return {
    hrTime: hrTime(time ?? 0),
    hrTimeObserved: hrTime(observed),
    severityNumber,
    severityText,
    body: bounded(body),
    attributes: Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, bounded(value)])),
    droppedAttributesCount: 0,
    spanContext: traceId === undefined ? undefined : { traceId, spanId, traceFlags: 0 },
    resource,
    instrumentationScope: scope
  }
}

/**
 * OTLP in protobuf, as OpenTelemetry's own package writes it. Most services push JSON, so it is not a dependency.
 *
 * @throws RangeError with the command to install it, where it is missing.
 */
export function protobufEncoder(option: string, caller: string): Encoder {
  const found = findOptional(packageName, caller)
  const transformer = found && (found.require(found.path) as Transformer)
  const { ProtobufLogsSerializer: logs, ProtobufMetricsSerializer: metrics } = transformer ?? {}
  if (logs === undefined || metrics === undefined) {
    const rule = `'http/json', or have ${packageName} beside it: npm install ${packageName}`
    return check.fail(option, rule, 'http/protobuf')
  }
  const serialize = (serializer: Serializer, request: unknown) =>
    serializer.serializeRequest(request) ?? new Uint8Array()
  const encoder: Encoder = {
    contentType: 'application/x-protobuf',
    metrics: (list, period, resource) =>
      serialize(metrics, {
        resource: { attributes: resource },
        scopeMetrics: [{ scope, metrics: list.map((metric) => metricData(metric, period)) }]
      }),
    logs(records, attributes) {
      const resource = { attributes }
      return serialize(
        logs,
        records.map((record) => readableRecord(record, resource))
      )
    },
    // Lists of messages that follow each other are one list.
    join: (bodies) => Buffer.concat(bodies as Uint8Array[]),
    partialSuccess(body, signal) {
      try {
        const { partialSuccess = {} } = (signal === 'logs' ? logs : metrics).deserializeResponse(body)
        const { rejectedLogRecords, rejectedDataPoints, errorMessage } = partialSuccess
        const rejected = (signal === 'logs' ? rejectedLogRecords : rejectedDataPoints) ?? 0
        return { rejected: rejected > 0 ? rejected : 0, message: errorMessage || undefined }
      } catch {
        return { rejected: 0, message: undefined }
      }
    }
  }
  if (!canEncode(encoder)) {
    check.fail(option, `'http/json', because this version of ${packageName} is unknown`, 'http/protobuf')
  }
  return encoder
}

/** The self-test: the package takes the form that {@link metricData} and {@link readableRecord} have. */
function canEncode(encoder: Encoder): boolean {
  const points = [{ attributes: {}, value: 1 }]
  const metric: Metric = { name: 'a', description: '', kind: 'counter', points }
  const record = { observed: 1, severityNumber: 9, body: 'a', attributes: {} } as LogRecord
  try {
    const metrics = encoder.metrics([metric], { start: 0, end: 1 }, {})
    return metrics.length > 0 && encoder.logs([record], {}).length > 0
  } catch {
    return false
  }
}
