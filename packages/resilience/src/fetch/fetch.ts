import type { Propagator } from '@seaworthy/contract'
import type { CallContext, TryContext } from '../call/call.ts'
import type { Clock } from '../clock.ts'
import { writeTimeout } from '../deadline/header.ts'
import { deadlineOf } from '../deadline/deadline.ts'
import { CallCanceledError } from '../errors.ts'
import { guardBody } from './body.ts'
import type { InFlight } from '../abortable.ts'
import type { BreakerPolicy } from '../breaker/options.ts'
import type { UrlParts } from './url.ts'

/** What `fetch` takes, and more. */
export interface FetchOptions extends RequestInit, UrlParts {
  /** The name of a policy. */
  policy?: string
}

/** A call on its way out. */
export interface Outgoing {
  readonly url: URL
  readonly init: RequestInit
  readonly method: string
}

/** The cause of a 502: what the upstream answered. */
export class ResponseError extends Error {
  override readonly name = 'ResponseError'
  readonly status: number
  readonly headers: Record<string, string>

  constructor(host: string, response: Response) {
    super(`${host} answered ${response.status}`)
    this.status = response.status
    const retryAfter = response.headers.get('retry-after')
    this.headers = retryAfter === null ? {} : { 'retry-after': retryAfter }
  }
}

export interface FetchHost {
  readonly clock: Clock
  readonly inFlight: InFlight
  readonly fetch: typeof globalThis.fetch
  /** The deadline's header, if it is sent. */
  readonly header: string | false
  readonly propagator: Propagator | undefined
}

const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'])
const isFailing = (status: number): boolean => status >= 500 || status === 408 || status === 429

/** Whether the body can be sent a second time. */
const isReplayable = (body: RequestInit['body']): boolean =>
  body === undefined ||
  body === null ||
  !(body instanceof ReadableStream || (typeof body === 'object' && Symbol.asyncIterator in body))

/** Which calls are tried again: idempotent methods, and those whose key makes a second one harmless. */
export function isRepeatable({ method, init }: Outgoing): boolean {
  if (!isReplayable(init.body)) return false
  return idempotent.has(method) || new Headers(init.headers).has('idempotency-key')
}

/** What makes a policy one for fetch: a breaker per host, retries by method. */
export const fetchKeys: Pick<BreakerPolicy<[Outgoing], Response>, 'key' | 'idempotent' | 'hedgeable'> = {
  key: ({ url }) => url.host,
  idempotent: isRepeatable,
  hedgeable: ({ method }) => method === 'GET'
}

/** The function that the breaker guards. */
export function fetcher(host: FetchHost): (context: TryContext, call: Outgoing) => Promise<Response> {
  return async (context, { url, init }) => {
    const { signal } = context
    const controller = new AbortController()
    const abort = (): void => controller.abort(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    const own = init.signal ?? undefined
    const started = host.clock.now()
    const left = Math.min(context.callRemaining(), deadlineOf(context.request)?.remaining() ?? Infinity)

    let response
    try {
      response = await host.fetch(url, {
        ...init,
        headers: outgoingHeaders(context, init, host),
        signal: own ? AbortSignal.any([controller.signal, own]) : controller.signal
      })
    } catch (error) {
      // The caller's own signal: its decision, not the upstream's failure.
      throw own?.aborted ? new CallCanceledError() : error
    } finally {
      signal.removeEventListener('abort', abort)
    }
    if (isFailing(response.status)) {
      // Frees the connection.
      response.body?.cancel().catch(() => undefined)
      throw new ResponseError(url.host, response)
    }
    return guardBody(response, {
      context,
      left: left - (host.clock.now() - started),
      controller,
      own,
      ...host
    })
  }
}

function outgoingHeaders(context: CallContext, init: RequestInit, host: FetchHost): Headers {
  const headers = new Headers(init.headers)
  if (context.request && host.propagator) {
    const carrier: Record<string, string> = {}
    host.propagator.inject(context.request, carrier)
    for (const [name, value] of Object.entries(carrier)) if (!headers.has(name)) headers.set(name, value)
  }
  const remaining = context.remaining()
  if (host.header !== false && Number.isFinite(remaining)) {
    headers.set(host.header, writeTimeout(host.header, remaining))
  }
  return headers
}
