import { hostname } from 'node:os'
import type { LogRecord } from '../otlp/data.ts'
import type { ErrorJson } from './bounded-json.ts'
import type { LogSchema } from './options.ts'
import { schemas } from './schemas.ts'

/** The fields of a schema that a record has in places of its own. */
const places: Record<LogSchema, { time: string; message: string; level: readonly string[] }> = {
  default: { time: 'time', message: 'msg', level: ['level'] },
  ecs: { time: '@timestamp', message: 'message', level: ['log.level'] },
  otel: { time: 'timestamp', message: 'body', level: ['severity_text', 'severity_number'] },
  gcp: { time: 'time', message: 'message', level: ['severity'] }
}

/** Fields that the resource has. */
const processFields: Readonly<Record<string, unknown>> = {
  pid: process.pid,
  'process.pid': process.pid,
  hostname: hostname(),
  'host.name': hostname(),
  'host.hostname': hostname()
}

/** The names of a logger's levels and of its message. */
export interface LoggerNames {
  messageKey?: string
  labels: Readonly<Record<number, string>>
}

/** A line that waits. */
export interface WaitingLine {
  text: string
  level: number
  /** Milliseconds since 1970. */
  at: number
}

/** Turns lines of a log into records of OpenTelemetry's data model. */
export function recordReader(schema: LogSchema, logger: LoggerNames): (line: WaitingLine) => LogRecord {
  const { time: timeKey, message, level: levelKeys } = places[schema]
  const messageKey = logger.messageKey ?? message
  const { traceId: traceKey, spanId: spanKey } = schemas[schema].keys

  return ({ text, level, at }) => {
    const fields = fieldsOf(text)
    const record: LogRecord = {
      time: undefined,
      observed: at,
      severityNumber: severityOf(level),
      severityText: logger.labels[level]?.toUpperCase(),
      body: fields === undefined ? text.trimEnd() : fields[messageKey],
      attributes: {},
      traceId: undefined,
      spanId: undefined
    }
    for (const [name, value] of Object.entries(fields ?? {})) {
      if (name === messageKey || levelKeys.includes(name) || processFields[name] === value) continue
      if (name === timeKey) record.time = timeOf(value)
      else if (name === traceKey && isTraceId(value)) record.traceId = value.slice(-32)
      else if (name === spanKey && isSpanId(value)) record.spanId = value
      else if (name === 'err' && isError(value)) Object.assign(record.attributes, errorFields(value))
      else record.attributes[name] = value
    }
    return record
  }
}

function fieldsOf(text: string): Record<string, unknown> | undefined {
  try {
    const fields: unknown = JSON.parse(text)
    return typeof fields === 'object' && fields !== null ? (fields as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** 10, 20 … 60 of pino are 1, 5 … 21, and levels in between are in between. */
const severityOf = (level: number): number =>
  level > 0 ? Math.min(24, Math.max(1, 1 + Math.floor(((level - 10) * 4) / 10))) : 0

/** pino's functions of time write milliseconds, seconds, or a date. */
function timeOf(value: unknown): number | undefined {
  const time =
    typeof value === 'number'
      ? value < 1e11
        ? value * 1000
        : value
      : Date.parse(typeof value === 'string' ? value : '')
  return time >= 0 && time < maxTime ? time : undefined
}

/** A later time does not fit into OTLP's nanoseconds: for a field of the app with this name, collectors reject the push. */
const maxTime = 1e13

// Google's logs name the project before the id.
const isTraceId = (value: unknown): value is string =>
  typeof value === 'string' && /^(?:projects\/[^/]+\/traces\/)?[0-9a-f]{32}$/.test(value)
const isSpanId = (value: unknown): value is string =>
  typeof value === 'string' && /^[0-9a-f]{16}$/.test(value)

const isError = (value: unknown): value is ErrorJson =>
  typeof value === 'object' && value !== null && typeof (value as ErrorJson).message === 'string'

const exceptionParts: ReadonlySet<string> = new Set(['type', 'message', 'stack', 'code', 'cause'])

/** The attributes of an exception. Its other members stay where the line has them. */
function errorFields(err: ErrorJson): Record<string, unknown> {
  const others = Object.entries(err).filter(([name]) => !exceptionParts.has(name))
  const fields = {
    ...schemas.otel.error!(err),
    ...(others.length > 0 ? { err: Object.fromEntries(others) } : {})
  }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
