import type { ErrorJson } from './bounded-json.ts'
import { ecsName } from './ecs-names.ts'
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
  /** The text before a trace id. */
  tracePrefix?: () => string
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
  /** The platform's fields of an error, in lines that the service writes itself. */
  error?(err: ErrorJson): Record<string, unknown>
  /** The name of a field of the app, where the platform would not take its own. */
  fieldName?(name: string, value: unknown): string
}

type SchemaNames = Omit<Schema, 'reserved'>

const text = JSON.stringify
const ms = (duration: number): number => Math.round(duration * 1000) / 1000
const flag = (name: string, on: boolean): string => (on ? `,"${name}":true` : '')
const field = (name: string, value: unknown): string =>
  value === undefined ? '' : `,"${name}":${text(value)}`

const fields = (values: Record<string, unknown>): string =>
  Object.entries(values)
    .map(([name, value]) => field(name, value))
    .join('')

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

const ecsError = (err: ErrorJson): Record<string, unknown> => ({
  'error.code': err.code,
  'error.type': err.type,
  'error.message': err.message,
  'error.stack_trace': stackOf(err)
})

const ecs: SchemaNames = {
  error: ecsError,
  fieldName: ecsName,
  keys: { correlationId: 'http.request.id', traceId: 'trace.id', spanId: 'span.id' },
  pino: {
    messageKey: 'message',
    timestamp: () => `,"@timestamp":"${new Date().toISOString()}"`,
    formatters: {
      // Bindings may be switched off: the version is beside the level, which every line has.
      level: (label: string) => ({ 'log.level': label, 'ecs.version': '8.11.0' }),
      bindings: ({ pid, hostname, name, ...others }: Record<string, unknown> = {}) => ({
        'process.pid': pid,
        'host.hostname': hostname,
        'log.logger': name,
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
    (err ? fields(ecsError(err)) : field('error.code', code))
}

const severities: Record<string, number> = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 }

const otelError = (err: ErrorJson): Record<string, unknown> => ({
  'error.type': err.type,
  'exception.type': err.type,
  'exception.message': err.message,
  'exception.stacktrace': stackOf(err),
  code: err.code
})

const otel: SchemaNames = {
  error: otelError,
  keys: { correlationId: 'correlation_id', traceId: 'trace_id', spanId: 'span_id' },
  pino: {
    messageKey: 'body',
    timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
    formatters: {
      level: (label: string) => ({
        severity_text: label.toUpperCase(),
        severity_number: severities[label] ?? 9
      }),
      bindings: ({ pid, hostname, ...others }: Record<string, unknown> = {}) => ({
        'process.pid': pid,
        'host.name': hostname,
        ...others
      })
    }
  },
  line: ({ method, route, url, statusCode, duration, slow, aborted, reason, err, code }) =>
    `,"http.request.method":"${method}"${field('http.route', route)},"url.path":${text(url)}` +
    `,"http.response.status_code":${statusCode},"http.server.request.duration":${duration / 1000}` +
    flag('slow', slow) +
    flag('aborted', aborted) +
    (err ? fields(otelError(err)) : field('error.type', code ?? reason) + field('code', code))
}

const googleSeverities: Record<string, string> = { trace: 'DEBUG', warn: 'WARNING', fatal: 'CRITICAL' }

// Error Reporting finds the stack in this field.
const gcpError = (err: ErrorJson): Record<string, unknown> => ({
  code: err.code,
  error_type: err.type,
  error_message: err.message,
  stack_trace: stackOf(err)
})

/** The log viewer links to a trace by its full name. The project is in these variables wherever Google runs the code. */
function googleTracePrefix(): string {
  const { GOOGLE_CLOUD_PROJECT, GCLOUD_PROJECT, GCP_PROJECT } = process.env
  const project = GOOGLE_CLOUD_PROJECT || GCLOUD_PROJECT || GCP_PROJECT
  return project === undefined || !/^[\w.:-]+$/.test(project) ? '' : `projects/${project}/traces/`
}

const gcp: SchemaNames = {
  error: gcpError,
  keys: {
    correlationId: 'correlationId',
    traceId: 'logging.googleapis.com/trace',
    spanId: 'logging.googleapis.com/spanId',
    tracePrefix: googleTracePrefix
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
    (err ? fields(gcpError(err)) : field('code', code))
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
  err: { type: '', message: '', code: '' }
}
const pinoFields = 'level time msg message pid hostname fieldsError droppedFields droppedDetails'.split(' ')

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
  const reserved = new Set([
    ...pinoFields,
    messageKey,
    names.keys.correlationId,
    names.keys.traceId,
    names.keys.spanId,
    ...parts
  ])
  return { ...names, reserved }
}

export const schemas: Record<LogSchema, Schema> = {
  default: withReserved(standard),
  ecs: withReserved(ecs),
  otel: withReserved(otel),
  gcp: withReserved(gcp)
}
