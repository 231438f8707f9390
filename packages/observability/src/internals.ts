/**
 * The private parts of other packages that this one reads; those of pino are in `pino-internals.ts`, and no other file
 * reads any. Each is found at start or guarded at its use; where one is missing, a public way replaces it.
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { symbolProperty } from '@seaworthy/internal'

// --- OpenTelemetry: the active span, without a dependency. Without it: new ids. ---

export interface SpanContext {
  traceId: string
  spanId: string
  traceFlags: number
}

/** The context of a span, and whether another span, perhaps that of a client, has begun its trace. */
export interface SpanState extends SpanContext {
  isContinued: boolean
}

interface SdkSpan {
  spanContext?(): SpanContext
  /** Of an SDK of version 2, and of version 1. */
  parentSpanContext?: unknown
  parentSpanId?: unknown
}

/** The API of spans does not say what they continue: without these members of the SDK's, none does. */
export function spanState(span: SdkSpan): SpanState | undefined {
  const context = span.spanContext?.()
  if (context === undefined) return undefined
  const { traceId, spanId, traceFlags } = context
  return {
    traceId,
    spanId,
    traceFlags,
    isContinued: (span.parentSpanContext ?? span.parentSpanId) !== undefined
  }
}

interface OpenTelemetryApi {
  context?: {
    active?(): { getValue?(key: symbol): (SdkSpan & { ended?: unknown }) | undefined }
  }
}

// Copies of the API meet under this key for as long as its major version is 1.
const apiKey = Symbol.for('opentelemetry.js.api.1')
const spanKey = Symbol.for('OpenTelemetry Context Key SPAN')

/** The span that an OpenTelemetry SDK has active. Costs one look-up where no SDK is installed. */
export function activeSpan(): SpanState | undefined {
  const api = (globalThis as Record<symbol, unknown>)[apiKey] as OpenTelemetryApi | undefined
  const active = api?.context?.active?.().getValue?.(spanKey)
  // A context may outlive its span: that of a start goes on in the listener.
  if (active === undefined || active.ended === true) return undefined
  const span = spanState(active)
  return span !== undefined && !/^0*$/.test(span.traceId) ? span : undefined
}

/** Whether an OpenTelemetry SDK has set the contexts by which {@link activeSpan} finds spans. */
export function openTelemetryIsUsed(): boolean {
  const api = (globalThis as Record<symbol, unknown>)[apiKey] as OpenTelemetryApi | undefined
  return api?.context !== undefined
}

/** The span that `@fastify/otel` has started for a request, by the decorator that it documents. */
export function requestSpan(request: object): SpanState | undefined {
  const { opentelemetry } = request as {
    opentelemetry?: () => { span?: SdkSpan | null }
  }
  const span = typeof opentelemetry === 'function' ? opentelemetry.call(request).span : undefined
  return span ? spanState(span) : undefined
}

/** Whether an OpenTelemetry API is loaded that {@link activeSpan} cannot read. */
export function openTelemetryIsUnknown(): boolean {
  const api = (globalThis as Record<symbol, unknown>)[apiKey] as OpenTelemetryApi | undefined
  if (api?.context !== undefined) return typeof api.context.active?.().getValue !== 'function'
  const names = Object.getOwnPropertySymbols(globalThis).map(({ description = '' }) => description)
  return api === undefined && names.some((name) => /^opentelemetry\.js\.api\.\d+$/.test(name))
}

// --- undici: the headers of an outgoing request. Without them: no ids are added. ---

/** A header of an outgoing request, `undefined` without it. `null` where undici keeps headers in an unknown way. */
export function headerOf(headers: unknown, name: string): string | null | undefined {
  if (Array.isArray(headers)) {
    const at = indexOfHeader(headers, name)
    return at < 0 ? undefined : String(headers[at + 1])
  }
  // Older versions keep them as the text that is sent.
  if (typeof headers !== 'string') return null
  return new RegExp(`^${name}: ?(.*?)\\r?$`, 'im').exec(headers)?.[1]
}

/** Replaces a header that an outgoing request has. Returns whether it could. */
export function replaceHeader(headers: unknown, name: string, value: string): boolean {
  const at = Array.isArray(headers) ? indexOfHeader(headers, name) : -1
  if (at < 0) return false
  ;(headers as unknown[])[at + 1] = value
  return true
}

/** Names and values are in turn. */
const indexOfHeader = (headers: readonly unknown[], name: string): number =>
  headers.findIndex((entry, index) => index % 2 === 0 && String(entry).toLowerCase() === name)

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

const controllerBrand = Symbol.for('seaworthy.log-controller.v1')

/**
 * Marks a log controller as one that every loaded copy of Fastify accepts: a monorepo may have several, and each asks
 * for an instance of its own class. Without it, Fastify's error stops the start of an app with another copy than ours.
 */
export function shareLogController<T extends object>(controller: T): T {
  const { cache } = createRequire(join(process.cwd(), 'package.json'))
  for (const file of Object.keys(cache)) {
    // The expression alone takes longer for hundreds of files.
    if (!file.endsWith('log-controller.js') || !/[\\/]fastify[\\/]lib[\\/]log-controller\.js$/.test(file))
      continue
    const { LogController } = (cache[file]?.exports ?? {}) as { LogController?: object }
    if (typeof LogController !== 'function' || controller instanceof LogController) continue
    Object.defineProperty(LogController, Symbol.hasInstance, {
      configurable: true,
      value(this: object, value: object) {
        const isInstance = Function.prototype[Symbol.hasInstance] as (this: object, value: unknown) => boolean
        return isInstance.call(this, value) || Reflect.get(Object(value), controllerBrand) === true
      }
    })
  }
  return Object.defineProperty(controller, controllerBrand, { value: true })
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

/** Whether a listener of unhandled rejections is Sentry's, which captures them and lets the process go on. */
export const isCapturingRejections = (listener: Function): boolean => listener.name === 'sendUnhandledPromise'

/** Whether a listener of uncaught errors only captures them. Sentry marks its own by this name, and ignores those. */
export const isCapturingListener = (listener: object): boolean =>
  (listener as { _errorHandler?: unknown })._errorHandler === true
