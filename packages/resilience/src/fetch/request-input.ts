import type { FastifyRequest } from 'fastify'
import type { BreakerPipeline } from '../breaker/pipeline.ts'
import { Call } from '../call/call.ts'
import { deadlineOf } from '../deadline/request-state.ts'
import { ClosedError } from '../errors/call-errors.ts'
import { TimedWait, type WaitHost } from '../strategies/timed-wait.ts'
import type { OutgoingCall } from './fetch.ts'

interface SendHost extends WaitHost {
  readonly isClosed: boolean
}

/** Whether the first argument of a call is a request, as libraries above fetch pass it: also of another copy of undici. */
export const isRequest = (target: unknown): target is Request => {
  const { url, headers, arrayBuffer } = (target ?? {}) as Partial<Request>
  return typeof url === 'string' && typeof headers === 'object' && typeof arrayBuffer === 'function'
}

/** The options of a request without its body, below those of the call. */
export function requestInit(request: Request, options: RequestInit): RequestInit {
  const { method, headers, redirect, integrity, keepalive, signal } = request
  const set = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  return { method, headers: [...headers], redirect, integrity, keepalive, signal, ...set }
}

/** Makes the call. The body of a request is read before, within the policy's total timeout. */
export function send(
  target: string | URL | Request,
  request: FastifyRequest | null | undefined,
  call: OutgoingCall,
  pipeline: BreakerPipeline<[OutgoingCall], Response>,
  host: SendHost
): Promise<Response> {
  const hasBody =
    isRequest(target) && !('body' in call.init) && target.body !== null && target.body !== undefined
  if (!hasBody) return pipeline.call(request, [call])
  if (host.isClosed) return Promise.reject(new ClosedError())
  const now = host.clock.now()
  const limit = now + pipeline.policy.totalTimeout
  const lifetime = new Call<[]>(request ?? null, [], deadlineOf(request), now, limit)
  return new BodyWait(target, lifetime, host, now).promise.then((body) =>
    pipeline.call(request, [{ ...call, init: { ...call.init, body } }])
  )
}

/**
 * Waits for the whole body of a request, so that it can be sent again and has a length. It is the app's or its client's:
 * one that is late, or that was read before, shows nothing about the service, so that no breaker counts it.
 */
class BodyWait extends TimedWait<ArrayBuffer> {
  readonly #lifetime: Call<[]>

  constructor(source: Request, lifetime: Call<[]>, host: WaitHost, now: number) {
    super(lifetime, lifetime.expiresAt - now, host)
    this.#lifetime = lifetime
    source.arrayBuffer().then(
      (body) => this.resolve(body),
      (error: unknown) => this.reject(error)
    )
  }

  protected override onTimeout(): void {
    this.reject(this.#lifetime.timeoutError())
  }
}
