import type { FastifyReply, FastifyRequest } from 'fastify'
import { Abortable, AbortableList } from '../abortable.ts'
import { type Clock, startTimer, stopTimer } from '../clock.ts'
import { CallCanceledError, DeadlineError } from '../errors/call-errors.ts'
import { isClosed, isDestroyed } from './response-state.ts'
import type { TimeLimit } from './time-limit.ts'

/**
 * The remaining time of a request, and a signal that aborts when its result is no longer needed.
 *
 * @example
 * app.get('/', async ({ deadline }) => {
 *   const { signal }: RequestDeadline = deadline
 *   return (await fetch('http://prices.internal/', { signal })).text()
 * })
 */
export interface RequestDeadline {
  /** Milliseconds until the deadline; 0 after it, `Infinity` for a route without one. */
  remaining(): number
  /** Aborts at the deadline or when the client disconnects. Reading the request's body does not abort it. */
  readonly signal: AbortSignal
}

/** The part of deadlines that is the same for all requests of an app. */
export interface DeadlineSettings {
  readonly clock: Clock
  /** All pending work of the app. */
  readonly pendingWork: AbortableList
  timeLimit(request: FastifyRequest): TimeLimit
}

/** A request's deadline. It listens to the connection and creates a signal only when they are first used. */
export class Deadline extends Abortable implements RequestDeadline {
  /** On the clock, in milliseconds. */
  readonly expiresAt: number
  /** Whether the route or the caller set it: then it also ends bodies that flow. */
  readonly isExplicit: boolean
  readonly #clock: Clock
  readonly #reply: FastifyReply
  /** The app's list. This deadline is in it while it has pending work. */
  readonly #appWork: AbortableList
  #requestWork: AbortableList | undefined
  #controller: AbortController | undefined
  #timer: unknown
  #hasExpired = false
  #isClientGone = false

  constructor(
    arrivedAt: number,
    { milliseconds, isExplicit }: TimeLimit,
    { clock, pendingWork }: DeadlineSettings,
    reply: FastifyReply
  ) {
    super()
    this.expiresAt = arrivedAt + milliseconds
    this.isExplicit = isExplicit
    this.#clock = clock
    this.#appWork = pendingWork
    this.#reply = reply
  }

  remaining(): number {
    return this.#hasExpired ? 0 : Math.max(0, this.expiresAt - this.#clock.now())
  }

  get signal(): AbortSignal {
    if (this.#controller) return this.#controller.signal
    const controller = (this.#controller = new AbortController())
    this.#watchConnection()
    const remaining = this.remaining()
    if (this.isClientGone) controller.abort(new CallCanceledError())
    else if (remaining === 0) controller.abort(new DeadlineError())
    else if (!this.#reply.raw.writableEnded) {
      this.#timer = startTimer(this.#clock, remaining, () => {
        // A timer may fire up to 1 ms early. After the signal has aborted, no time must remain.
        this.#hasExpired = true
        controller.abort(new DeadlineError())
      })
    }
    return controller.signal
  }

  /** Whether the client has disconnected before the response was complete. */
  get isClientGone(): boolean {
    const { raw } = this.#reply
    if (!this.#isClientGone && isDestroyed(raw) && !raw.writableEnded) this.#isClientGone = true
    return this.#isClientGone
  }

  /** Aborts `work` when the client disconnects or the app closes. */
  track(work: Abortable): void {
    this.#watchConnection().add(work)
  }

  /** The app is closing. */
  override abort(reason: Error): void {
    this.#requestWork?.abortAll(reason)
  }

  #watchConnection(): AbortableList {
    if (this.#requestWork) return this.#requestWork
    const { raw } = this.#reply
    // After the response, only the closing of the app aborts work.
    if (isClosed(raw)) return (this.#requestWork = this.#appWork)
    // Not request.signal, and not the request's `close`: both fire as soon as the body has been read.
    raw.once('close', () => this.#onClose())
    this.#appWork.add(this)
    return (this.#requestWork = new AbortableList())
  }

  #onClose(): void {
    stopTimer(this.#clock, this.#timer)
    this.unlink()
    const work = this.#requestWork!
    this.#requestWork = this.#appWork
    if (this.#reply.raw.writableEnded) return work.moveTo(this.#appWork)
    this.#isClientGone = true
    const reason = new CallCanceledError()
    work.abortAll(reason)
    this.#controller?.abort(reason)
  }
}
