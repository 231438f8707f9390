import { maxDepth, scopeName, type Encoder, type LogRecord, type Metric, type Period } from './data.ts'
import type { Resource } from './resource.ts'

const nanoseconds = (milliseconds: number): string => `${BigInt(Math.round(milliseconds * 1000)) * 1000n}`

/** A value of any type, as OTLP writes it. */
function anyValue(value: unknown, depth = 0): object {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) ? { intValue: `${value}` } : { doubleValue: value }
  }
  if (typeof value !== 'object' || value === null) return {}
  if (depth >= maxDepth) return { stringValue: JSON.stringify(value) }
  return Array.isArray(value)
    ? { arrayValue: { values: value.map((entry) => anyValue(entry, depth + 1)) } }
    : { kvlistValue: { values: keyValues(value, depth + 1) } }
}

const keyValues = (values: object, depth = 0): object[] =>
  Object.entries(values).map(([key, value]) => ({ key, value: anyValue(value, depth) }))

/** JSON has no NaN and no infinities: protobuf's form of JSON has their names. */
const double = (value: number): number | string => (Number.isFinite(value) ? value : `${value}`)

// AGGREGATION_TEMPORALITY_CUMULATIVE
const aggregationTemporality = 2

function metricJson({ name, description, unit, kind, points }: Metric, { start, end }: Period): object {
  const period = { startTimeUnixNano: nanoseconds(start), timeUnixNano: nanoseconds(end) }
  const dataPoints = points.map(({ attributes, value }) => {
    const common = { ...period, attributes: keyValues(attributes) }
    if (typeof value === 'number') return { ...common, asDouble: double(value) }
    const { counts, bounds: explicitBounds, sum } = value
    const count = `${counts.reduce((total, number) => total + number, 0)}`
    return { ...common, count, sum: double(sum), bucketCounts: counts.map(String), explicitBounds }
  })
  const head = { name, description, ...(unit === undefined ? {} : { unit }) }
  if (kind === 'histogram') return { ...head, histogram: { aggregationTemporality, dataPoints } }
  return kind === 'counter'
    ? { ...head, sum: { aggregationTemporality, isMonotonic: true, dataPoints } }
    : { ...head, gauge: { dataPoints } }
}

function recordJson(record: LogRecord): object {
  const { time, observed, severityNumber, severityText, body, attributes, traceId, spanId } = record
  return {
    timeUnixNano: nanoseconds(time ?? 0),
    observedTimeUnixNano: nanoseconds(observed),
    severityNumber,
    severityText,
    body: anyValue(body),
    attributes: keyValues(attributes),
    traceId,
    spanId
  }
}

const resourceJson = (resource: Resource): object => ({ attributes: keyValues(resource) })
const scope = { name: scopeName }

interface Response {
  partialSuccess?: {
    rejectedLogRecords?: unknown
    rejectedDataPoints?: unknown
    errorMessage?: unknown
  } | null
}

const ending = ']}]}]}'

/** OTLP in JSON. */
export const jsonEncoder: Encoder = {
  contentType: 'application/json',
  metrics(metrics, period, resource) {
    const scopeMetrics = [{ scope, metrics: metrics.map((metric) => metricJson(metric, period)) }]
    return JSON.stringify({ resourceMetrics: [{ resource: resourceJson(resource), scopeMetrics }] })
  },
  logs(records, resource) {
    const scopeLogs = [{ scope, logRecords: records.map(recordJson) }]
    return JSON.stringify({ resourceLogs: [{ resource: resourceJson(resource), scopeLogs }] })
  },
  join(bodies) {
    const [first = ''] = bodies as string[]
    if (bodies.length < 2) return first
    // All begin with the same resource and scope, and end with the brackets of these.
    const list = /"(?:metrics|logRecords)":\[/.exec(first)!
    const start = list.index + list[0].length
    const entries = bodies.map((body) => body.slice(start, -ending.length) as string)
    return `${first.slice(0, start)}${entries.join(',')}${ending}`
  },
  partialSuccess(body, signal) {
    try {
      const { partialSuccess } = JSON.parse(Buffer.from(body).toString()) as Response
      const { rejectedLogRecords, rejectedDataPoints, errorMessage } = partialSuccess ?? {}
      const rejected = Number((signal === 'logs' ? rejectedLogRecords : rejectedDataPoints) ?? 0)
      return {
        rejected: Number.isSafeInteger(rejected) && rejected > 0 ? rejected : 0,
        message: typeof errorMessage === 'string' && errorMessage !== '' ? errorMessage : undefined
      }
    } catch {
      return { rejected: 0, message: undefined }
    }
  }
}
