import type { ErrorJson } from './bounded-json.ts'
import type { LogSchema } from './options.ts'

/** The allow-list of a request's line. */
export interface LineParts {
  method: string
  /** The route's pattern. `undefined` for requests that match no route. */
  route: string | undefined
  /** The pattern as JSON. */
  routeText: string
  url: string
  statusCode: number
  /** Milliseconds. */
  duration: number
  slow: boolean
  aborted: boolean
  /** Why the request was rejected before any hook. */
  reason?: string | undefined
  err?: ErrorJson | undefined
  /** The code of an error with a status below 500. */
  code?: string | undefined
}

export interface IdKeys {
  correlationId: string
  traceId: string
  spanId: string
}

/** The field names of a platform, and the names of pino's own fields there. */
export interface Schema {
  keys: IdKeys
  /** The fields of the line itself. A custom field of such a name would be there twice. */
  reserved: ReadonlySet<string>
  /** The settings of pino that belong to it. */
  pino: Record<string, unknown>
  /** The fields as JSON text, each with a comma before it. */
  line(parts: LineParts): string
}

type SchemaNames = Omit<Schema, 'reserved'>

const text = JSON.stringify
const ms = (duration: number): number => Math.round(duration * 1000) / 1000
const flag = (name: string, on: boolean): string => (on ? `,"${name}":true` : '')
const field = (name: string, value: unknown): string =>
  value === undefined ? '' : `,"${name}":${text(value)}`

const standard: SchemaNames = {
  keys: { correlationId: 'correlationId', traceId: 'traceId', spanId: 'spanId' },
  pino: {},
  line: ({ method, route, routeText, url, statusCode, duration, slow, aborted, reason, err, code }) =>
    `,"method":"${method}"${route === undefined ? '' : `,"route":${routeText}`},"url":${text(url)}` +
    `,"statusCode":${statusCode},"duration":${ms(duration)}${flag('slow', slow)}${flag('aborted', aborted)}` +
    field('reason', reason) +
    field('code', code) +
    field('err', err)
}

const ecs: SchemaNames = {
  keys: { correlationId: 'http.request.id', traceId: 'trace.id', spanId: 'span.id' },
  pino: {
    messageKey: 'message',
    timestamp: () => `,"@timestamp":"${new Date().toISOString()}"`,
    formatters: {
      level: (label: string) => ({ 'log.level': label }),
      bindings: ({ pid, hostname, ...others }: Record<string, unknown>) => ({
        'ecs.version': '8.11.0',
        'process.pid': pid,
        'host.hostname': hostname,
        ...others
      })
    }
  },
  line: ({ method, route, url, statusCode, duration, slow, aborted, reason, err, code }) =>
    `,"http.request.method":"${method}"${field('http.route', route)},"url.path":${text(url)}` +
    `,"http.response.status_code":${statusCode},"event.duration":${Math.round(duration * 1e6)}` +
    flag('labels.slow', slow) +
    flag('labels.aborted', aborted) +
    field('event.reason', reason) +
    field('error.code', err?.code ?? code) +
    (err
      ? field('error.type', err.type) +
        field('error.message', err.message) +
        field('error.stack_trace', stackOf(err))
      : '')
}

const severities: Record<string, number> = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 }

const otel: SchemaNames = {
  keys: { correlationId: 'correlation_id', traceId: 'trace_id', spanId: 'span_id' },
  pino: {
    messageKey: 'body',
    timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
    formatters: {
      level: (label: string) => ({
        severity_text: label.toUpperCase(),
        severity_number: severities[label] ?? 9
      })
    }
  },
  line: ({ method, route, url, statusCode, duration, slow, aborted, reason, err, code }) =>
    `,"http.request.method":"${method}"${field('http.route', route)},"url.path":${text(url)}` +
    `,"http.response.status_code":${statusCode},"http.server.request.duration":${duration / 1000}` +
    flag('slow', slow) +
    flag('aborted', aborted) +
    field('error.type', err?.type ?? code ?? reason) +
    (err ? field('exception.message', err.message) + field('exception.stacktrace', stackOf(err)) : '')
}

const googleSeverities: Record<string, string> = { trace: 'DEBUG', warn: 'WARNING', fatal: 'CRITICAL' }

const gcp: SchemaNames = {
  keys: {
    correlationId: 'correlationId',
    traceId: 'logging.googleapis.com/trace',
    spanId: 'logging.googleapis.com/spanId'
  },
  pino: {
    messageKey: 'message',
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ severity: googleSeverities[label] ?? label.toUpperCase() }) }
  },
  line: ({ method, route, url, statusCode, duration, slow, aborted, reason, err, code }) =>
    `,"httpRequest":{"requestMethod":"${method}","requestUrl":${text(url)},"status":${statusCode}` +
    `,"latency":"${(duration / 1000).toFixed(9)}s"}${field('route', route)}` +
    flag('slow', slow) +
    flag('aborted', aborted) +
    field('reason', reason) +
    field('code', code) +
    (err ? field('error_type', err.type) + field('stack_trace', stackOf(err)) : '')
}

const stackOf = ({ stack, cause }: ErrorJson): string =>
  cause === undefined ? (stack ?? '') : `${stack ?? ''}\ncaused by: ${stackOf(cause)}`

const allParts: LineParts = {
  method: '',
  route: '',
  routeText: '""',
  url: '',
  statusCode: 0,
  duration: 0,
  slow: true,
  aborted: true,
  reason: '',
  code: '',
  err: { type: '', message: '' }
}
const pinoFields = 'level time msg message pid hostname fieldsError droppedFields'.split(' ')

interface PinoOptions {
  timestamp?: () => string
  formatters?: { level: (label: string) => object; bindings?: (bindings: object) => object }
  messageKey?: string
}

/** Completes a schema with the names that are reserved: those of a line with all of its parts. */
function withReserved(names: SchemaNames): Schema {
  const { messageKey = 'msg', timestamp, formatters }: PinoOptions = names.pino
  const line = JSON.parse(`{${(names.line(allParts) + (timestamp?.() ?? '')).slice(1)}}`) as object
  const head = { ...formatters?.level('info'), ...formatters?.bindings?.({}) }
  const parts = Object.keys({ ...line, ...head })
  const reserved = new Set([...pinoFields, messageKey, ...Object.values(names.keys), ...parts])
  return { ...names, reserved }
}

export const schemas: Record<LogSchema, Schema> = {
  default: withReserved(standard),
  ecs: withReserved(ecs),
  otel: withReserved(otel),
  gcp: withReserved(gcp)
}
