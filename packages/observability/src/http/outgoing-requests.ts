import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import type { Meter } from '@seaworthy/contract'
import { headerOf, keepLastHeader, replaceHeader, type Span, type SpanMaker } from '../internals/index.ts'
import { clientLabels, clientValues } from '../metrics/semantic-names.ts'
import { endClientSpan, startClientSpan } from '../spans/client-spans.ts'
import type { IdSource, RequestIds } from '../tracing/request-ids.ts'
import { counts, joinCounting } from './outgoing-owner.ts'

interface UndiciRequest {
  origin: string | URL
  path: string
  method: string
  headers: unknown
  addHeader(name: string, value: string): void
}
interface Message {
  request: UndiciRequest
  response?: { statusCode: number }
  error?: Error
}

interface NodeMessage {
  request: ClientRequest
  response?: IncomingMessage
  error?: Error
}

/** The parts that outgoing requests use. */
export interface OutgoingRequestParts {
  log: FastifyBaseLogger
  ids: IdSource
  /** Returns the ids of the request or job for which the running code works. */
  currentIds: (() => RequestIds | undefined) | undefined
  meter: Meter | undefined
  /** Whether the histogram has the labels of OpenTelemetry's semantic conventions too. */
  semanticConventions: boolean
  /** Makes the spans of calls. */
  spans: SpanMaker | undefined
}

/** A call that has no response yet. */
interface StartedCall {
  at: number
  span: Span | undefined
}

const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/**
 * Listens to the diagnostics channels of undici, which `fetch` uses too, and of `node:http`: adds the ids of the current
 * request to outgoing requests, and times them by host. Returns a function that ends it.
 */
export function watchOutgoingRequests(parts: OutgoingRequestParts): () => void {
  const { log, ids, currentIds, meter, semanticConventions, spans } = parts
  const started = new WeakMap<object, StartedCall>()
  const counting = { currentRequest: currentIds }
  const isMeasured = meter !== undefined || spans !== undefined
  const leave = isMeasured ? joinCounting(counting) : () => {}
  let headersAreUnknown = false
  const durations = meter?.histogram({
    name: 'http_client_request_duration_seconds',
    help: 'Duration of outgoing requests until the head of the response, by host; status_code is "error" without one',
    labels: ['method', 'host', 'status_code', ...(semanticConventions ? clientLabels : [])],
    maxSeries: 500,
    buckets
  })

  const onCreate = (message: unknown) => {
    const { request } = message as Message
    const host = hostOf(request)
    // Instrumentations add theirs without a look at those of the call. Two are an invalid one: the trace would end here.
    if (keepLastHeader(request.headers, 'traceparent')) keepLastHeader(request.headers, 'tracestate')
    const traceparent = headerOf(request.headers, 'traceparent')
    const { method, path } = request
    const call = { method, path, origin: String(request.origin) }
    for (const [name, value] of start(request, call, host, traceparent ?? undefined)) {
      if (!replaceHeader(request.headers, name, value)) request.addHeader(name, value)
    }
    for (const [name, value] of idsFor(host)) {
      const existing = headerOf(request.headers, name)
      if (existing === null) return onUnknownHeaders()
      if (existing === undefined) request.addHeader(name, value)
    }
  }
  const onEnd = (message: unknown) => {
    const { request, response, error } = message as Message
    const { method, origin } = request
    end(request, method, { host: hostOf(request), secure: isSecure(origin) }, response?.statusCode, error)
  }
  const onNodeCreate = (message: unknown) => {
    const { request } = message as NodeMessage
    const host = nodeHostOf(request)
    const { method, path, protocol } = request
    const call = { method, path, origin: `${protocol}//${host}` }
    // Headers that were passed as a list are written already.
    const { headersSent } = request
    const hasTrace = headersSent || request.hasHeader('traceparent')
    const added = start(request, call, host, hasTrace ? 'another' : undefined)
    if (headersSent) return
    for (const [name, value] of [...added, ...idsFor(host)]) {
      if (!request.hasHeader(name)) request.setHeader(name, value)
    }
  }
  const onNodeEnd = (message: unknown) => {
    const { request, response, error } = message as NodeMessage
    const secure = isSecure(request.protocol)
    end(request, request.method, { host: nodeHostOf(request), secure }, response?.statusCode, error)
  }

  /** Returns the headers by which the service continues the call's span. */
  function start(
    request: object,
    call: { method: string; origin: string; path: string },
    host: string,
    traceparent: string | undefined
  ): Iterable<[string, string]> {
    if (!isMeasured || !counts(counting)) return []
    const made = spans && startClientSpan(spans, call, traceparent)
    if (durations !== undefined || made !== undefined)
      started.set(request, { at: performance.now(), span: made?.span })
    return made === undefined || isExcluded(host) ? [] : made.headers
  }
  function end(
    request: object,
    method: string,
    url: { host: string; secure: boolean },
    statusCode: number | undefined,
    error: unknown
  ): void {
    const entry = started.get(request)
    if (entry === undefined) return
    started.delete(request)
    if (entry.span !== undefined) endClientSpan(entry.span, statusCode, error)
    if (durations === undefined) return
    const values = [method, url.host, statusCode === undefined ? 'error' : `${statusCode}`]
    if (semanticConventions) values.push(...clientValues(method, url, statusCode, error))
    durations.with(...values).observe((performance.now() - entry.at) / 1000)
  }
  const isExcluded = (host: string): boolean => ids.options.exclude.has(host.replace(/:\d+$/, ''))
  function idsFor(host: string): Iterable<[string, string]> {
    const current = currentIds?.()
    return current === undefined || isExcluded(host) ? [] : ids.outgoing(current)
  }
  const onUnknownHeaders = () => {
    if (headersAreUnknown) return
    headersAreUnknown = true
    log.warn(
      'observability: this version of undici is unknown; its requests get no ids; update @seaworthy/observability or pass app.observability.headers(request)'
    )
  }

  const channels = {
    'undici:request:create': onCreate,
    'undici:request:headers': onEnd,
    'undici:request:error': onEnd,
    'http.client.request.created': onNodeCreate,
    'http.client.response.finish': onNodeEnd,
    'http.client.request.error': onNodeEnd
  }
  for (const [name, listener] of Object.entries(channels)) subscribe(name, listener)
  return () => {
    leave()
    for (const [name, listener] of Object.entries(channels)) unsubscribe(name, listener)
  }
}

const isSecure = (address: string | URL): boolean => String(address).startsWith('https:')

const nodeHostOf = (request: ClientRequest): string =>
  String(request.getHeader('host') ?? request.host).toLowerCase()

const hostOf = ({ origin }: UndiciRequest): string =>
  String(origin)
    .replace(/^\w+:\/\//, '')
    .toLowerCase()
