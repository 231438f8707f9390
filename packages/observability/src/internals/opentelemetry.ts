/**
 * The object at which all copies of `@opentelemetry/api` meet, so that the package is no dependency and nothing is
 * loaded. Without it, or without an SDK that has set it: new ids, and no spans.
 */

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

const suppressionKey = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

/** The kinds of spans that the API numbers. */
export const spanKinds = { internal: 0, server: 1, client: 2 } as const

/** SpanStatusCode.ERROR */
export const statusError = 2

export type Attributes = Record<string, string | number | boolean>

/** A span, as far as it is used here. */
export interface Span {
  spanContext(): SpanContext
  setAttributes(attributes: Attributes): unknown
  recordException(error: { name: string; message: string }): void
  setStatus(status: { code: number; message?: string }): unknown
  end(): void
}

interface Context {
  getValue(key: symbol): unknown
  setValue(key: symbol, value: unknown): Context
  deleteValue(key: symbol): Context
}

interface Tracer {
  startSpan(name: string, options: object, context: Context): Span
}

interface Api {
  trace?: { getTracer?(name: string): Tracer }
  context?: { active(): Context; with<T>(context: Context, fn: () => T): T }
  propagation?: {
    extract?(context: Context, carrier: object, getter: object): Context
    inject?(context: Context, carrier: object, setter: object): void
  }
}

const currentApi = (): Api | undefined => (globalThis as Record<symbol, unknown>)[apiKey] as Api | undefined

type Headers = Record<string, string | string[] | undefined>

const getter = {
  get: (headers: Headers, name: string) => headers[name],
  keys: (headers: Headers) => Object.keys(headers)
}
const setter = {
  set: (carrier: Record<string, string>, name: string, value: string) => (carrier[name] = value)
}

/** Where a span comes from. */
export interface SpanOrigin {
  /** The headers of a message: its trace goes on, if it has one. */
  headers?: Headers | undefined
  /** Whether the active span is of no interest. */
  isRoot?: boolean
}

/** Makes spans with the SDK that has set a provider of tracers. */
export interface SpanMaker {
  /** Starts a span below the one of the message, else below the active one, else as the first of its trace. */
  start(name: string, kind: keyof typeof spanKinds, attributes: Attributes, origin?: SpanOrigin): Span
  /** Runs code for which a span is the active one. */
  within<T>(span: Span, fn: () => T): T
  /** The headers by which the span of another service continues a span of ours. */
  headersOf(span: Span): Record<string, string>
}

/** `undefined` where no SDK has set a provider of tracers, and contexts. */
export function spanMaker(name: string): SpanMaker | undefined {
  const { trace, context, propagation } = currentApi() ?? {}
  if (typeof context?.with !== 'function' || typeof trace?.getTracer !== 'function') return undefined
  const tracer = trace.getTracer(name)
  return {
    start(span, kind, attributes, { headers, isRoot = false } = {}) {
      // A context may outlive its span: that of a start goes on in timers.
      const continues = !isRoot && activeSpan() !== undefined
      const base = continues ? context.active() : context.active().deleteValue(spanKey)
      const parent = headers === undefined ? base : (propagation?.extract?.(base, headers, getter) ?? base)
      return tracer.startSpan(span, { kind: spanKinds[kind], attributes }, parent)
    },
    within: (span, fn) => context.with(context.active().setValue(spanKey, span), fn),
    headersOf(span) {
      const carrier: Record<string, string> = {}
      propagation?.inject?.(context.active().setValue(spanKey, span), carrier, setter)
      return carrier
    }
  }
}

/** Runs code whose outgoing calls have no spans: those that carry telemetry. */
export function withoutSpans<T>(fn: () => T): T {
  const { context } = currentApi() ?? {}
  if (typeof context?.with !== 'function') return fn()
  return context.with(context.active().setValue(suppressionKey, true), fn)
}
