import type { LogSchema } from './options.ts'
import type { ErrorJson } from './error-json.ts'

/** What a request's line may say. Everything else stays out. */
export interface LineParts {
  method: string
  /** The route's pattern; none where nothing matched. */
  route: string | undefined
  /** The pattern as JSON. */
  routeText: string
  url: string
  statusCode: number
  /** Milliseconds. */
  duration: number
  slow: boolean
  aborted: boolean
  /** Why no hook saw the request. */
  reason?: string | undefined
  err?: ErrorJson | undefined
  /** The code of a client's error. */
  code?: string | undefined
}

export interface IdKeys {
  correlationId: string
  traceId: string
  spanId: string
}

/** Field names of a platform, and how pino's own fields are called there. */
export interface Schema {
  keys: IdKeys
  /** What the line itself says, which may not be said twice. */
  taken: ReadonlySet<string>
  /** pino's options that go with it. */
  pino: Record<string, unknown>
  /** The fields as JSON text, each with a comma before it. */
  line(parts: LineParts): string
}

type Names = Omit<Schema, 'taken'>

const text = JSON.stringify
const ms = (duration: number): number => Math.round(duration * 1000) / 1000
const flag = (name: string, on: boolean): string => (on ? `,"${name}":true` : '')
const field = (name: string, value: unknown): string =>
  value === undefined ? '' : `,"${name}":${text(value)}`

const own: Names = {
  keys: { correlationId: 'correlationId', traceId: 'traceId', spanId: 'spanId' },
  pino: {},
  line: ({ method, route, routeText, url, statusCode, duration, slow, aborted, reason, err, code }) =>
    `,"method":"${method}"${route === undefined ? '' : `,"route":${routeText}`},"url":${text(url)}` +
    `,"statusCode":${statusCode},"duration":${ms(duration)}${flag('slow', slow)}${flag('aborted', aborted)}` +
    field('reason', reason) +
    field('code', code) +
    field('err', err)
}

const ecs: Names = {
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

const otel: Names = {
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

const gcp: Names = {
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

const everything: LineParts = {
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
const always = 'level time msg message pid hostname fieldsError fieldsLeftOut'.split(' ')

interface PinoOptions {
  timestamp?: () => string
  formatters?: { level: (label: string) => object; bindings?: (bindings: object) => object }
  messageKey?: string
}

/** Completes a schema with the names that a line has, from a line that has all of them. */
function whole(names: Names): Schema {
  const { messageKey = 'msg', timestamp, formatters }: PinoOptions = names.pino
  const line = JSON.parse(`{${(names.line(everything) + (timestamp?.() ?? '')).slice(1)}}`) as object
  const head = { ...formatters?.level('info'), ...formatters?.bindings?.({}) }
  const taken = [...always, messageKey, ...Object.values(names.keys), ...Object.keys({ ...line, ...head })]
  return { ...names, taken: new Set(taken) }
}

export const schemas: Record<LogSchema, Schema> = {
  default: whole(own),
  ecs: whole(ecs),
  otel: whole(otel),
  gcp: whole(gcp)
}
