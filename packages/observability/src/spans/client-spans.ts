import { activeSpan, type Span, type SpanMaker, statusError } from '../internals/index.ts'
import { codeOf } from '../logging/is-error.ts'
import { scrubPath } from '../logging/scrub-path.ts'
import { endFailed } from './end-failed.ts'
import { methodInName, methodName } from './method-name.ts'

/** An outgoing call as its span shows it. */
export interface OutgoingCall {
  method: string
  /** `https://api.example.com`. */
  origin: string
  path: string
}

/** A span that was started for a call, and the headers that continue it. */
export interface ClientSpan {
  span: Span
  headers: [name: string, value: string][]
}

/**
 * Starts the span of a call below the active span. A call that has a `traceparent` of another span has a span already, by
 * an instrumentation, or the app continues a trace of its own: `undefined`.
 */
export function startClientSpan(
  spans: SpanMaker,
  { method, origin, path }: OutgoingCall,
  traceparent: string | undefined
): ClientSpan | undefined {
  const active = activeSpan()
  if (active === undefined || (traceparent !== undefined && traceparent.split('-')[2] !== active.spanId))
    return undefined
  const url = URL.parse(origin)
  const span = spans.start(methodInName(method), 'client', {
    'http.request.method': methodName(method),
    'url.full': `${origin}${scrubPath(path)}`,
    ...(url === null
      ? {}
      : {
          'server.address': url.hostname.replace(/^\[(.*)\]$/, '$1'),
          'server.port': Number(url.port || (url.protocol === 'https:' ? 443 : 80))
        })
  })
  return { span, headers: Object.entries(spans.headersOf(span)) }
}

/** Ends the span of a call that has the head of its response, or has failed. */
export function endClientSpan(span: Span, statusCode: number | undefined, error: unknown): void {
  if (statusCode === undefined) {
    const code = codeOf(error)
    span.setAttributes({ 'error.type': typeof code === 'string' ? code.slice(0, 100) : '_OTHER' })
    return endFailed(span, error)
  }
  span.setAttributes({ 'http.response.status_code': statusCode })
  if (statusCode >= 400) {
    span.setAttributes({ 'error.type': `${statusCode}` })
    span.setStatus({ code: statusError })
  }
  span.end()
}
