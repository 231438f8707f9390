import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import type { Meter } from '@seaworthy/contract'
import { hasHeader } from '../internals.ts'
import type { IdSource, RequestIds } from '../tracing/request-ids.ts'
import { counts, joinCounting } from './outgoing-owner.ts'

interface UndiciRequest {
  origin: string | URL
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
}

/** The parts that outgoing requests use. */
export interface OutgoingRequestParts {
  log: FastifyBaseLogger
  ids: IdSource
  /** Returns the ids of the request or job for which the running code works. */
  currentIds: (() => RequestIds | undefined) | undefined
  meter: Meter | undefined
}

const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/**
 * Listens to the diagnostics channels of undici, which `fetch` uses too, and of `node:http`: adds the ids of the current
 * request to outgoing requests, and times them by host. Returns a function that ends it.
 */
export function watchOutgoingRequests({ log, ids, currentIds, meter }: OutgoingRequestParts): () => void {
  const started = new WeakMap<object, number>()
  const counting = { currentRequest: currentIds }
  const leave = meter === undefined ? () => {} : joinCounting(counting)
  let headersAreUnknown = false
  const durations = meter?.histogram({
    name: 'http_client_request_duration_seconds',
    help: 'Duration of outgoing requests until the head of the response, by host; status_code is "error" without one',
    labels: ['method', 'host', 'status_code'],
    maxSeries: 500,
    buckets
  })

  const onCreate = (message: unknown) => {
    const { request } = message as Message
    start(request)
    for (const [name, value] of idsFor(hostOf(request))) {
      const exists = hasHeader(request.headers, name)
      if (exists === undefined) return onUnknownHeaders()
      if (!exists) request.addHeader(name, value)
    }
  }
  const onEnd = (message: unknown) => {
    const { request, response } = message as Message
    end(request, request.method, hostOf(request), response?.statusCode)
  }
  const onNodeCreate = (message: unknown) => {
    const { request } = message as NodeMessage
    start(request)
    // Headers that were passed as a list are written already.
    if (request.headersSent) return
    for (const [name, value] of idsFor(nodeHostOf(request))) {
      if (!request.hasHeader(name)) request.setHeader(name, value)
    }
  }
  const onNodeEnd = (message: unknown) => {
    const { request, response } = message as NodeMessage
    end(request, request.method, nodeHostOf(request), response?.statusCode)
  }

  function start(request: object): void {
    if (durations !== undefined && counts(counting)) started.set(request, performance.now())
  }
  function end(request: object, method: string, host: string, statusCode: number | undefined): void {
    const at = started.get(request)
    if (at === undefined) return
    started.delete(request)
    const status = statusCode === undefined ? 'error' : `${statusCode}`
    durations!.with(method, host, status).observe((performance.now() - at) / 1000)
  }
  function idsFor(host: string): Iterable<[string, string]> {
    const current = currentIds?.()
    if (current === undefined || ids.options.exclude.has(host.replace(/:\d+$/, ''))) return []
    return ids.outgoing(current)
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

const nodeHostOf = (request: ClientRequest): string =>
  String(request.getHeader('host') ?? request.host).toLowerCase()

const hostOf = ({ origin }: UndiciRequest): string =>
  String(origin)
    .replace(/^\w+:\/\//, '')
    .toLowerCase()
