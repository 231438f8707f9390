import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import type { Meter } from '@seaworthy/contract'
import { hasHeader } from '../internals.ts'
import type { IdSource } from '../tracing/request-ids.ts'

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

/** The parts that outgoing requests use. */
export interface OutgoingRequestParts {
  log: FastifyBaseLogger
  ids: IdSource
  /** Returns the request for which the running code works. */
  currentRequest: (() => FastifyRequest | undefined) | undefined
  meter: Meter | undefined
}

const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/**
 * Listens to undici's diagnostics channels, which `fetch` uses too: adds the ids of the current request to outgoing
 * requests, and times them by host. Returns a function that ends it.
 */
export function watchOutgoingRequests({ log, ids, currentRequest, meter }: OutgoingRequestParts): () => void {
  const started = new WeakMap<UndiciRequest, number>()
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
    if (durations !== undefined) started.set(request, performance.now())
    const inbound = currentRequest?.()
    if (inbound === undefined || ids.options.exclude.has(hostOf(request).replace(/:\d+$/, ''))) return
    for (const [name, value] of ids.outgoing(ids.of(inbound.raw, inbound.id))) {
      const exists = hasHeader(request.headers, name)
      if (exists === undefined) return onUnknownHeaders()
      if (!exists) request.addHeader(name, value)
    }
  }
  const onEnd = (message: unknown) => {
    const { request, response } = message as Message
    const start = started.get(request)
    if (start === undefined) return
    started.delete(request)
    const status = response === undefined ? 'error' : `${response.statusCode}`
    durations!.with(request.method, hostOf(request), status).observe((performance.now() - start) / 1000)
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
    'undici:request:error': onEnd
  }
  for (const [name, listener] of Object.entries(channels)) subscribe(name, listener)
  return () => {
    for (const [name, listener] of Object.entries(channels)) unsubscribe(name, listener)
  }
}

const hostOf = ({ origin }: UndiciRequest): string =>
  String(origin)
    .replace(/^\w+:\/\//, '')
    .toLowerCase()
