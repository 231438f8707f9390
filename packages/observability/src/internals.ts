interface SpanContext {
  traceId: string
  spanId: string
  traceFlags: number
}

interface OpenTelemetryApi {
  context?: { active(): { getValue(key: symbol): { spanContext(): SpanContext } | undefined } }
}

// OpenTelemetry's API keeps its parts under this key for as long as its major version is 1, so that copies meet.
const apiKey = Symbol.for('opentelemetry.js.api.1')
const spanKey = Symbol.for('OpenTelemetry Context Key SPAN')

/** The span that an OpenTelemetry SDK has active, if one is installed. Costs one look-up where none is. */
export function activeSpan(): SpanContext | undefined {
  const api = (globalThis as Record<symbol, unknown>)[apiKey] as OpenTelemetryApi | undefined
  const span = api?.context?.active().getValue(spanKey)?.spanContext()
  return span !== undefined && !/^0*$/.test(span.traceId) ? span : undefined
}
