import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from './clock.ts'
import { CallCanceledError, DeadlineError } from './errors.ts'

/** Something to stop when the client leaves. */
export interface Abortable {
  abort(reason: Error): void
}

/** How much time a request has, and whether anyone still waits for it. */
export interface RequestDeadline {
  /** Milliseconds that are left, 0 when there are none. */
  remaining(): number
  /** Aborts when the time is over or the client has left; never because a body has been read. */
  readonly signal: AbortSignal
}

/** Times are the clock's. Nothing is watched, and no signal made, before someone asks. */
export class Deadline implements RequestDeadline {
  readonly expiresAt: number
  readonly #clock: Clock
  readonly #reply: FastifyReply
  #watched: Set<Abortable> | undefined
  #controller: AbortController | undefined
  #timer: unknown
  #left = false

  constructor(expiresAt: number, clock: Clock, reply: FastifyReply) {
    this.expiresAt = expiresAt
    this.#clock = clock
    this.#reply = reply
  }

  remaining(): number {
    return Math.max(0, this.expiresAt - this.#clock.now())
  }

  get signal(): AbortSignal {
    if (this.#controller) return this.#controller.signal
    const controller = (this.#controller = new AbortController())
    this.#watch()
    const remaining = this.remaining()
    if (this.left) controller.abort(new CallCanceledError())
    else if (remaining === 0) controller.abort(new DeadlineError())
    else if (!this.#reply.raw.writableFinished && remaining < 2 ** 31) {
      this.#timer = this.#clock.setTimeout(() => controller.abort(new DeadlineError()), remaining)
    }
    return controller.signal
  }

  /** Whether the client has gone before its answer was complete. */
  get left(): boolean {
    if (!this.#left && this.#reply.raw.destroyed && !this.#reply.raw.writableFinished) this.#left = true
    return this.#left
  }

  /** Calls `abort` when the client leaves. */
  watch(call: Abortable): void {
    this.#watch().add(call)
  }

  unwatch(call: Abortable): void {
    this.#watched?.delete(call)
  }

  #watch(): Set<Abortable> {
    if (this.#watched) return this.#watched
    // Not request.signal, and not the request's own close: both come as soon as a body has been read.
    this.#reply.raw.once('close', () => this.#closed())
    return (this.#watched = new Set())
  }

  #closed(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer)
    if (this.#reply.raw.writableFinished) return
    this.#left = true
    const reason = new CallCanceledError()
    for (const call of this.#watched ?? []) call.abort(reason)
    this.#watched?.clear()
    this.#controller?.abort(reason)
  }
}

const key: unique symbol = Symbol('seaworthy.resilience.request')

/** What a plugin's deadlines have in common. */
export interface DeadlineSettings {
  readonly clock: Clock
  /** Milliseconds that a request has, from its arrival. */
  limitOf(request: FastifyRequest): number
}

/** What this plugin knows of a request. */
export interface Known {
  reply: FastifyReply
  arrived: number
  settings: DeadlineSettings
  deadline: Deadline | undefined
  degraded: string[] | null
}

type Knowing = FastifyRequest & { [key]?: Known | null }

/** What a plugin's request carries; undefined where our hook has not run. */
export const knownOf = (request: FastifyRequest | null | undefined): Known | undefined =>
  (request as Knowing | undefined)?.[key] ?? undefined

/** Called as the request arrives. */
export function remember(request: FastifyRequest, reply: FastifyReply, settings: DeadlineSettings): void {
  const arrived = settings.clock.now()
  ;(request as Knowing)[key] = { reply, arrived, settings, deadline: undefined, degraded: null }
}

/** A request's deadline; undefined outside of a request, and where our hook has not run. */
export function deadlineOf(request: FastifyRequest | null | undefined): Deadline | undefined {
  const known = knownOf(request)
  if (!known) return undefined
  const { arrived, settings, reply } = known
  return (known.deadline ??= new Deadline(arrived + settings.limitOf(request!), settings.clock, reply))
}

export { key as requestKey }
