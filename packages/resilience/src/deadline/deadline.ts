import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../clock.ts'
import { CallCanceledError, DeadlineError } from '../errors.ts'
import { Abortable, InFlight } from '../abortable.ts'

/** How much time a request has, and whether anyone still waits for it. */
export interface RequestDeadline {
  /** Milliseconds that are left, 0 when there are none. */
  remaining(): number
  /** Aborts when the time is over or the client has left; never because a body has been read. */
  readonly signal: AbortSignal
}

/** Times are the clock's. Nothing is watched, and no signal made, before someone asks. */
export class Deadline extends Abortable implements RequestDeadline {
  readonly expiresAt: number
  readonly #clock: Clock
  readonly #reply: FastifyReply
  /** The app's, which this one is in while it watches something. */
  readonly #inFlight: InFlight
  #watched: InFlight | undefined
  #controller: AbortController | undefined
  #timer: unknown
  #over = false
  #left = false

  constructor(expiresAt: number, { clock, inFlight }: DeadlineSettings, reply: FastifyReply) {
    super()
    this.expiresAt = expiresAt
    this.#clock = clock
    this.#inFlight = inFlight
    this.#reply = reply
  }

  remaining(): number {
    return this.#over ? 0 : Math.max(0, this.expiresAt - this.#clock.now())
  }

  get signal(): AbortSignal {
    if (this.#controller) return this.#controller.signal
    const controller = (this.#controller = new AbortController())
    this.#watch()
    const remaining = this.remaining()
    if (this.left) controller.abort(new CallCanceledError())
    else if (remaining === 0) controller.abort(new DeadlineError())
    else if (!this.#reply.raw.writableEnded && remaining < 2 ** 31) {
      this.#timer = this.#clock.setTimeout(() => {
        // Timers count whole milliseconds and may come up to one early: who has been told that time is over sees none left.
        this.#over = true
        controller.abort(new DeadlineError())
      }, remaining)
    }
    return controller.signal
  }

  /** Whether the client has gone before its answer was given. What is done after that is for nobody's sake. */
  get left(): boolean {
    if (!this.#left && this.#reply.raw.destroyed && !this.#reply.raw.writableEnded) this.#left = true
    return this.#left
  }

  /** Has it stopped when the client leaves or the app closes. */
  watch(work: Abortable): void {
    this.#watch().add(work)
  }

  /** The app is closing. */
  override abort(reason: Error): void {
    this.#watched?.abort(reason)
  }

  #watch(): InFlight {
    if (this.#watched) return this.#watched
    // The request is over already: what is done for it now belongs to the app alone.
    if (this.#reply.raw.closed) return (this.#watched = this.#inFlight)
    // Not request.signal, and not the request's own close: both come as soon as a body has been read.
    this.#reply.raw.once('close', () => this.#closed())
    this.#inFlight.add(this)
    return (this.#watched = new InFlight())
  }

  #closed(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer)
    this.land()
    const watched = this.#watched!
    this.#watched = this.#inFlight
    if (this.#reply.raw.writableEnded) {
      for (let work = watched.take(); work; work = watched.take()) this.#inFlight.add(work)
      return
    }
    this.#left = true
    const reason = new CallCanceledError()
    watched.abort(reason)
    this.#controller?.abort(reason)
  }
}

const key: unique symbol = Symbol('seaworthy.resilience.request')

/** What a plugin's deadlines have in common. */
export interface DeadlineSettings {
  readonly clock: Clock
  readonly inFlight: InFlight
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
  return (known.deadline ??= new Deadline(arrived + settings.limitOf(request!), settings, reply))
}

export { key as requestKey }
