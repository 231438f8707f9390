import type { Propagator } from '@seaworthy/contract'
import type { FastifyRequest } from 'fastify'
import type { AbortableList } from '../abortable.ts'
import type { BreakerPolicy } from '../breaker/options.ts'
import type { AttemptContext, CallContext } from '../call/call.ts'
import { discard } from '../call/discard.ts'
import type { Clock } from '../clock.ts'
import { formatTimeout } from '../deadline/header.ts'
import { deadlineOf } from '../deadline/request-state.ts'
import { guardBody } from './body.ts'
import { callerAbortError } from './caller-abort.ts'
import { DroppedBodies } from './dropped-bodies.ts'
import { createPublicFetch } from './public-fetch.ts'
import { ResponseError } from './response-error.ts'
import { UpstreamLimits } from './upstream-limits.ts'
import type { UrlParts } from './url.ts'

/**
 * The options of `fetch`, and those of this package.
 *
 * @example
 * const options: FetchOptions = { path: ['users', 7], query: { full: true }, policy: 'slow' }
 * app.get('/', async (request) => (await app.resilience.fetch(request, 'http://users.internal', options)).json())
 */
export interface FetchOptions extends RequestInit, UrlParts {
  /**
   * The name of a policy.
   *
   * @defaultValue None: the plugin's `defaults` apply, and calls that may be repeated are retried
   */
  policy?: string | undefined

  /**
   * Whether the call may reach private networks, this machine and a cloud's metadata service. `false` is for addresses
   * that users give: the address is checked where the connection is made, for each redirect too; another one fails with
   * 400 (`ADDRESS_NOT_ALLOWED`). It needs the package undici, whose `fetch` is called instead of the option `fetch`, and
   * goes around proxies.
   *
   * @defaultValue true
   */
  allowPrivate?: boolean | undefined

  /**
   * Whether to make no call while the service has asked to wait: by `Retry-After` with 429 or 503, or by a `RateLimit` of
   * which nothing remains. Such a call fails with 503 (`UPSTREAM_LIMITED`), for ten minutes at most. It concerns calls to
   * the same host with the same `Authorization`, `Cookie` and `X-API-Key`.
   *
   * @defaultValue true
   */
  keepToLimits?: boolean | undefined
}

/** The arguments of an outgoing call. */
export interface OutgoingCall {
  readonly url: URL
  readonly init: RequestInit
  readonly method: string
  /** Whether only public addresses may be called. */
  readonly isPublic?: boolean
  /** Whether the call is made although the service has asked to wait. */
  readonly ignoresLimits?: boolean
}

export interface FetchHost {
  readonly clock: Clock
  readonly pendingWork: AbortableList
  readonly fetch: typeof globalThis.fetch
  /** The deadline's header, if it is sent. */
  readonly header: string | false
  readonly propagator: Propagator | undefined
  /** Adds the header with the request's priority. */
  readonly addPriority: ((request: FastifyRequest, headers: Headers) => void) | undefined
}

const idempotentMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'])
const isFailure = (status: number): boolean => status >= 500 || status === 408 || status === 429

/** Whether the body can be sent a second time. */
const isReplayable = (body: RequestInit['body']): boolean =>
  body === undefined ||
  body === null ||
  !(body instanceof ReadableStream || (typeof body === 'object' && Symbol.asyncIterator in body))

/** Whether a call may be repeated: its method is idempotent, or it has an idempotency key. */
function isRepeatable({ method, init }: OutgoingCall): boolean {
  if (!isReplayable(init.body)) return false
  return idempotentMethods.has(method) || new Headers(init.headers).has('idempotency-key')
}

/** The part of the policy that every `fetch` has: a breaker for each host, retries by method. */
export const fetchPolicy: Pick<
  BreakerPolicy<[OutgoingCall], Response>,
  'key' | 'idempotent' | 'hedgeable'
> = {
  key: ({ url }) => url.host,
  idempotent: isRepeatable,
  hedgeable: ({ method }) => method === 'GET'
}

/** The function that the breaker of `fetch` guards. */
export function createFetch(
  host: FetchHost
): (context: AttemptContext, call: OutgoingCall) => Promise<Response> {
  const limits = new UpstreamLimits(host.clock)
  const publicFetch = createPublicFetch()
  const dropped = new DroppedBodies()
  return async (context, { url, init, isPublic, ignoresLimits }) => {
    const headers = outgoingHeaders(context, init, host)
    if (!ignoresLimits) limits.check(url, headers, context.attempt > 1)
    const callerSignal = init.signal ?? undefined
    if (callerSignal?.aborted) throw callerAbortError(callerSignal, context.request)
    const { signal } = context
    const controller = new AbortController()
    const abort = (): void => controller.abort(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    const startedAt = host.clock.now()
    const remaining = Math.min(context.callRemaining(), deadlineOf(context.request)?.remaining() ?? Infinity)

    let response
    try {
      response = await (isPublic ? publicFetch : host.fetch)(url, {
        ...init,
        headers,
        signal: callerSignal ? AbortSignal.any([controller.signal, callerSignal]) : controller.signal
      })
    } catch (error) {
      // The caller has aborted the call: that is no failure of the upstream.
      throw callerSignal?.aborted ? callerAbortError(callerSignal, context.request) : error
    } finally {
      signal.removeEventListener('abort', abort)
    }
    limits.note(url, headers, response)
    if (signal.aborted) {
      // The response is late, from a function that does not listen to the signal: it has no reader any more.
      discard(response)
      throw signal.reason as Error
    }
    if (isFailure(response.status)) {
      discard(response)
      throw new ResponseError(url.host, response)
    }
    return guardBody(response, {
      context,
      remaining: remaining - (host.clock.now() - startedAt),
      controller,
      callerSignal,
      clock: host.clock,
      pendingWork: host.pendingWork,
      dropped
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
  if (context.request) host.addPriority?.(context.request, headers)
  const remaining = context.remaining()
  if (host.header !== false && Number.isFinite(remaining)) {
    headers.set(host.header, formatTimeout(host.header, remaining))
  }
  return headers
}
