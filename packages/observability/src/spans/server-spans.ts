import type { FastifyInstance, FastifyRequest } from 'fastify'
import {
  type Attributes,
  replaceInBindings,
  type Span,
  type SpanMaker,
  spanState
} from '../internals/index.ts'
import { codeOf } from '../logging/is-error.ts'
import { scrubPath } from '../logging/scrub-path.ts'
import type { IdSource } from '../tracing/request-ids.ts'
import { markFailed } from './end-failed.ts'
import { methodInName, methodName } from './method-name.ts'

const kSpan = Symbol('seaworthy.span')
type Traced = FastifyRequest['raw'] & { [kSpan]?: Span }

/** The part of a route that its spans show. */
export interface SpanRoute {
  /** The pattern. `undefined` for requests that match no route. */
  readonly url: string | undefined
  readonly operational: boolean
  /** Whether its path has a secret. */
  readonly hidesPath: boolean
}

/**
 * A span for each request, where an OpenTelemetry SDK is active and neither an instrumentation of HTTP nor `@fastify/otel`
 * makes one.
 */
export class ServerSpans {
  readonly #spans: SpanMaker
  readonly #ids: IdSource
  readonly #scheme: string
  #isOff = false

  constructor(fastify: FastifyInstance, spans: SpanMaker, ids: IdSource) {
    this.#spans = spans
    this.#ids = ids
    this.#scheme = fastify.initialConfig.https ? 'https' : 'http'
    const noteScope = (scope: FastifyInstance): void => {
      this.#isOff ||= scope.hasRequestDecorator('opentelemetry')
    }
    fastify.addHook('onRoute', function () {
      noteScope(this)
    })
    // The last bytes of the body come from the socket, outside the context of onRequest.
    fastify.addHook('preValidation', (request, _reply, done) => {
      const span = (request.raw as Traced)[kSpan]
      if (span === undefined) done()
      else this.#spans.within(span, done)
    })
  }

  /** Starts the span of a request that has none, and runs what follows in it. */
  run(request: FastifyRequest, { url, operational, hidesPath }: SpanRoute, next: () => void): void {
    const ids = this.#ids.of(request.raw, request.id)
    if (this.#isOff || operational || ids.recorded) return next()
    const { method, raw } = request
    const attributes: Attributes = {
      'http.request.method': methodName(method),
      'url.scheme': this.#scheme,
      'url.path': hidesPath ? (url ?? '') : scrubPath(request.url),
      'network.protocol.version': raw.httpVersionMajor > 1 ? `${raw.httpVersionMajor}` : raw.httpVersion
    }
    if (url !== undefined) attributes['http.route'] = url
    const headers = this.#ids.trusts(raw) ? raw.headers : undefined
    const name = url === undefined ? methodInName(method) : `${methodInName(method)} ${url}`
    const span = this.#spans.start(name, 'server', attributes, { headers, isRoot: true })
    const before = ids.traceId
    this.#ids.adoptInbound(ids, spanState(span) ?? { ...span.spanContext(), isContinued: false }, raw)
    // The SDK suppresses spans in this context.
    if (!ids.recorded) return next()
    if (ids.traceId !== before) replaceInBindings(request.log, before, ids.traceId)
    ;(raw as Traced)[kSpan] = span
    this.#spans.within(span, next)
  }

  /** Ends the span of a request. */
  end({ raw }: FastifyRequest, statusCode: number, aborted: boolean, error: unknown): void {
    const span = (raw as Traced)[kSpan]
    if (span === undefined) return
    if (!aborted) span.setAttributes({ 'http.response.status_code': statusCode })
    if (statusCode >= 500) markFailed(span, error)
    if (aborted || statusCode >= 500) {
      span.setAttributes({ 'error.type': aborted ? 'aborted' : errorType(error, statusCode) })
    }
    span.end()
    delete (raw as Traced)[kSpan]
  }
}

function errorType(error: unknown, statusCode: number): string {
  const code = codeOf(error)
  return typeof code === 'string' && /^\w{1,100}$/.test(code) ? code : `${statusCode}`
}
