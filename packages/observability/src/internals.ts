/**
 * The private parts of other packages that this one reads, and no other file does. Each is found at start or guarded at
 * its use; where one is missing, a public way replaces it, and {@link internalsProblems} has a sentence for the log.
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { FastifyBaseLogger } from 'fastify'
import { symbolProperty } from '@seaworthy/internal'

// --- pino: the text of a line, and child loggers. Without it: `log[level](object, message)` and `log.child()`. ---

/** The symbols under which a pino logger keeps what a line consists of. They belong to one copy of pino. */
export interface PinoSymbols {
  lsCache: symbol
  time: symbol
  chindings: symbol
  stream: symbol
  messageKey: symbol
}

interface Destination {
  write(text: string): unknown
  [flag: symbol]: unknown
}

type Pino = FastifyBaseLogger &
  Record<symbol, unknown> & {
    levelVal: number
    levels: { values: Record<string, number> }
    onChild?: (child: FastifyBaseLogger) => void
  }

/** Destinations with this flag read the object of each line, so that text alone is not enough for them. */
const needsMetadata = Symbol.for('pino.metadata')

/** How the lines of a logger may be written: as text by its symbols, or only through its methods. */
export type LoggerInspection =
  | { readonly symbols: PinoSymbols }
  | { readonly symbols?: undefined; readonly reason: 'not pino' | 'customized' | 'incompatible' }

/**
 * Finds the symbols of a pino by their description, and compares a line of ours with one that pino writes. A logger
 * with mixins, redaction, hooks or serializers of the app is `customized`: its lines need more than these symbols.
 *
 * @param safeErr - The serializer for `err` whose result the line already has.
 */
export function inspectLogger(logger: FastifyBaseLogger, safeErr: unknown): LoggerInspection {
  const found: Record<string, symbol> = {}
  let object: object | null = logger
  while (object !== null) {
    for (const symbol of Object.getOwnPropertySymbols(object)) found[symbol.description ?? ''] ??= symbol
    object = Object.getPrototypeOf(object) as object | null
  }
  if (!Object.keys(found).some((name) => name.startsWith('pino.'))) return { reason: 'not pino' }

  const { 'pino.lsCache': lsCache, 'pino.time': time, 'pino.chindings': chindings } = found
  const { 'pino.stream': stream, 'pino.messageKey': messageKey } = found
  if (!lsCache || !time || !chindings || !stream || !messageKey) return { reason: 'incompatible' }
  if (isCustomized(logger as Pino, found, safeErr)) return { reason: 'customized' }
  const symbols = { lsCache, time, chindings, stream, messageKey }
  return writesSameLine(logger as Pino, symbols) ? { symbols } : { reason: 'incompatible' }
}

const kOwn = Symbol('seaworthy.own-part')

/** Marks a function of this package in the settings of a pino: it does not concern the lines of requests. */
export const ownPart = <T extends object>(fn: T): T => Object.assign(fn, { [kOwn]: true })
const isForeign = (part: object | undefined): boolean => part !== undefined && !Object.hasOwn(part, kOwn)

function isCustomized(logger: Pino, found: Record<string, symbol>, safeErr: unknown): boolean {
  const part = (name: string) =>
    logger[found[`pino.${name}`] ?? Symbol.iterator] as Record<string, unknown> | undefined
  // A part that is not set is undefined in one version of pino and null in another.
  const isSet = (name: string) => (part(name) ?? undefined) !== undefined
  // Serializers of the request and the response do not count: the line has no such fields.
  const hasSerializers = Object.entries(part('serializers') ?? {}).some(
    ([field, serialize]) => field !== 'req' && field !== 'res' && serialize !== safeErr
  )
  return (
    hasSerializers ||
    isSet('mixin') ||
    isSet('nestedKey') ||
    isSet('msgPrefix') ||
    isForeign(part('hooks')?.logMethod as object | undefined) ||
    part('hooks')?.streamWrite !== undefined ||
    isForeign(part('formatters')?.log as object | undefined) ||
    Reflect.ownKeys(part('stringifiers') ?? {}).length > 0
  )
}

/** The self-test: pino and this file write the same line, of the logger itself and of a child. */
function writesSameLine(logger: Pino, symbols: PinoSymbols): boolean {
  try {
    let written = ''
    const probe = Object.create(logger, {
      [symbols.stream]: { value: { write: (text: string) => (written = text) } },
      [symbols.time]: { value: () => ',"time":0' },
      // The app's listeners do not see the probe.
      emit: { value: () => false },
      onChild: { value: () => undefined }
    }) as Pino
    probe.level = 'error'
    const value = probe.levels.values.error!
    const end = lineEnd(probe, symbols)
    const fields = ',"test":{"a":"b"}'
    return [probe, childWithBindings(probe, symbols, ',"id":"1"')].every((log, index) => {
      const reference = index === 0 ? log : (probe.child({ id: '1' }) as Pino)
      reference.error({ test: { a: 'b' } }, 'self-test')
      return written === lineText(log, symbols, value, fields, end, 'self-test')
    })
  } catch {
    return false
  }
}

/** The beginning of the message in a line: `,"msg":`. */
export const lineEnd = (logger: FastifyBaseLogger, { messageKey }: PinoSymbols): string =>
  `,"${String((logger as Pino)[messageKey])}":`

/** One line. `fields` is JSON text with a comma before each field. */
export function lineText(
  log: FastifyBaseLogger,
  { lsCache, time, chindings }: PinoSymbols,
  level: number,
  fields: string,
  end: string,
  message: string
): string {
  const pino = log as Pino
  const heads = pino[lsCache] as Record<number, string>
  return `${heads[level]!}${(pino[time] as () => string)()}${pino[chindings] as string}${fields}${end}"${message}"}\n`
}

/** Whether a request's logger still is a pino whose destination takes text: an app may put another in its place. */
export function textDestination(
  log: FastifyBaseLogger,
  { lsCache, time, stream }: PinoSymbols
): Destination | undefined {
  const pino = log as Pino
  const destination = pino[stream] as Destination | undefined
  const isText =
    destination !== undefined &&
    destination[needsMetadata] !== true &&
    pino[lsCache] !== undefined &&
    pino[time] !== undefined
  return isText ? destination : undefined
}

/**
 * A child logger that differs from its parent only in its bindings. pino's `child` sets up levels and serializers anew.
 */
export function childWithBindings(
  parent: FastifyBaseLogger,
  { chindings }: PinoSymbols,
  bindings: string
): FastifyBaseLogger {
  const child = Object.create(parent) as Pino
  child[chindings] = ((parent as Pino)[chindings] as string) + bindings
  child.onChild?.(child)
  return child
}

// --- OpenTelemetry: the active span, without a dependency. Without it: new ids. ---

interface SpanContext {
  traceId: string
  spanId: string
  traceFlags: number
}

interface OpenTelemetryApi {
  context?: {
    active?(): { getValue?(key: symbol): { ended?: unknown; spanContext?(): SpanContext } | undefined }
  }
}

// Copies of the API meet under this key for as long as its major version is 1.
const apiKey = Symbol.for('opentelemetry.js.api.1')
const spanKey = Symbol.for('OpenTelemetry Context Key SPAN')

/** The span that an OpenTelemetry SDK has active. Costs one look-up where no SDK is installed. */
export function activeSpan(): SpanContext | undefined {
  const api = (globalThis as Record<symbol, unknown>)[apiKey] as OpenTelemetryApi | undefined
  const active = api?.context?.active?.().getValue?.(spanKey)
  // A context may outlive its span: that of a start goes on in the listener.
  if (active === undefined || active.ended === true) return undefined
  const span = active.spanContext?.()
  return span !== undefined && !/^0*$/.test(span.traceId) ? span : undefined
}

/** Whether an OpenTelemetry API is loaded that {@link activeSpan} cannot read. */
function openTelemetryIsUnknown(): boolean {
  const api = (globalThis as Record<symbol, unknown>)[apiKey] as OpenTelemetryApi | undefined
  if (api?.context !== undefined) return typeof api.context.active?.().getValue !== 'function'
  const names = Object.getOwnPropertySymbols(globalThis).map(({ description = '' }) => description)
  return api === undefined && names.some((name) => /^opentelemetry\.js\.api\.\d+$/.test(name))
}

// --- undici: the headers of an outgoing request. Without them: no ids are added. ---

/** Whether an outgoing request has a header. `undefined` where undici keeps headers in an unknown way. */
export function hasHeader(headers: unknown, name: string): boolean | undefined {
  if (Array.isArray(headers)) {
    // Names and values in turn.
    return headers.some((entry, index) => index % 2 === 0 && String(entry).toLowerCase() === name)
  }
  // Older versions keep them as the text that is sent.
  return typeof headers === 'string' ? headers.toLowerCase().includes(`${name}:`) : undefined
}

// --- Node.js: the headers of an answer that a handler wrote by itself. Without them: its end is an abort. ---

interface SentHeaders {
  _header?: unknown
  stream?: { sentHeaders?: Record<string, unknown> }
}

/** The `content-type` that was sent with `writeHead()`, which `getHeader()` does not know. */
export function sentContentType(raw: object): string | undefined {
  const { _header: head, stream } = raw as SentHeaders
  const type = stream?.sentHeaders?.['content-type']
  if (typeof type === 'string') return type
  return typeof head === 'string' ? /\r\ncontent-type: *([^\r\n]*)/i.exec(head)?.[1] : undefined
}

// --- Fastify: the hooks that were added before ours. Without them: requests that those answer lack the id. ---

/** Whether the app has a hook of this name already. */
export function hasHook(fastify: object, name: string): boolean {
  const hooks = symbolProperty(fastify, 'fastify.hooks') as Record<string, unknown> | undefined
  const list = hooks?.[name]
  return Array.isArray(list) && list.length > 0
}

// --- prom-client: the default labels of a registry. Without them: the plugin's series have none. ---

/** The labels that a registry adds to each of its series. */
export function defaultLabelsOf(registry: object): Record<string, string> {
  const { _defaultLabels: labels } = registry as { _defaultLabels?: unknown }
  if (typeof labels !== 'object' || labels === null) return {}
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]))
}

// --- dd-trace: the exporter of the last spans. Without it: a wait for the agent's own timer. ---

interface DatadogTracer {
  _tracer?: { _exporter?: { flush?: (done: () => void) => void } }
}

/** The function by which Datadog's agent sends its spans, after `init()`. */
export function datadogFlush(tracer: unknown): ((done: () => void) => void) | undefined {
  const exporter = (tracer as DatadogTracer)._tracer?._exporter
  return typeof exporter?.flush === 'function' ? (done) => exporter.flush!(done) : undefined
}

// --- Node.js and Sentry: what is loaded already. Without it: no warning, and a second copy. ---

/** Whether Fastify is loaded. An agent does not see what was loaded before it. */
export function fastifyIsLoaded(): boolean {
  const { cache } = createRequire(join(process.cwd(), 'package.json'))
  return Object.keys(cache).some((file) => /[\\/]fastify[\\/]fastify\.js$/.test(file))
}

/** Whether the app uses Sentry already: each copy keeps its state under this name. */
export const sentryIsUsed = (): boolean => '__SENTRY__' in globalThis

interface SentryScope {
  getClient?(): { flush(timeout: number): PromiseLike<unknown> } | undefined
}
interface SentryCarrier {
  defaultCurrentScope?: SentryScope
}

/** The clients of every copy of Sentry that the app has started. Without it: events are sent in the background. */
export function loadedSentryClients(): { flush(timeout: number): PromiseLike<unknown> }[] {
  const copies = (globalThis as { __SENTRY__?: Record<string, unknown> }).__SENTRY__ ?? {}
  const clients = Object.values(copies).map((copy) => {
    const { defaultCurrentScope } = (typeof copy === 'object' && copy !== null ? copy : {}) as SentryCarrier
    return defaultCurrentScope?.getClient?.()
  })
  return clients.filter((client) => typeof client?.flush === 'function') as ReturnType<
    typeof loadedSentryClients
  >
}

/** Whether a listener of uncaught errors only captures them. Sentry marks its own by this name, and ignores those. */
export const isCapturingListener = (listener: object): boolean =>
  (listener as { _errorHandler?: unknown })._errorHandler === true

/** A sentence for the log about each private part that is not as expected. */
export function internalsProblems(logger: FastifyBaseLogger, safeErr: unknown): string[] {
  const problems: string[] = []
  const inspection = inspectLogger(logger, safeErr)
  if (inspection.symbols === undefined && inspection.reason === 'incompatible') {
    problems.push(
      'observability: this version of pino is unknown; request lines take the slower way through its methods; update @seaworthy/observability'
    )
  }
  if (openTelemetryIsUnknown()) {
    problems.push(
      "observability: this version of OpenTelemetry's API is unknown; requests get trace ids that differ from its spans'; update @seaworthy/observability"
    )
  }
  return problems
}
