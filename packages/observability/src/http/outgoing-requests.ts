import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { FastifyRequest } from 'fastify'
import type { Meter } from '@seaworthy/contract'
import type { IdSource } from '../tracing/request-ids.ts'

interface UndiciRequest {
  origin: string | URL
  method: string
  headers: string | (string | string[])[]
  addHeader(name: string, value: string): void
}
interface Message {
  request: UndiciRequest
  response?: { statusCode: number }
  error?: Error
}

const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/**
 * Listens to undici's diagnostics channels, which `fetch` uses too: carries the current request's ids to outgoing
 * calls, and times them by host. Gives a function that ends it.
 */
export function watchOutgoing(
  ids: IdSource,
  current: (() => FastifyRequest | undefined) | undefined,
  meter: Meter | undefined
): () => void {
  const started = new WeakMap<UndiciRequest, number>()
  const durations = meter?.histogram({
    name: 'http_client_request_duration_seconds',
    help: 'Duration of outgoing requests until the head of their answer, by host; status_code is "error" without one',
    labels: ['method', 'host', 'status_code'],
    maxSeries: 500,
    buckets
  })

  const create = (message: unknown) => {
    const { request } = message as Message
    if (durations !== undefined) started.set(request, performance.now())
    const cause = current?.()
    if (cause === undefined || ids.options.exclude.has(hostOf(request).replace(/:\d+$/, ''))) return
    for (const [name, value] of ids.outgoing(ids.of(cause.raw, cause.id))) {
      if (!carries(request, name)) request.addHeader(name, value)
    }
  }
  const end = (message: unknown) => {
    const { request, response } = message as Message
    const start = started.get(request)
    if (start === undefined) return
    started.delete(request)
    const status = response === undefined ? 'error' : `${response.statusCode}`
    durations!.with(request.method, hostOf(request), status).observe((performance.now() - start) / 1000)
  }

  const channels = {
    'undici:request:create': create,
    'undici:request:headers': end,
    'undici:request:error': end
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

/** undici keeps headers as a list of names and values, older ones as text. */
function carries({ headers }: UndiciRequest, name: string): boolean {
  if (typeof headers === 'string') return headers.toLowerCase().includes(`${name}:`)
  return headers.some((entry, index) => index % 2 === 0 && String(entry).toLowerCase() === name)
}
