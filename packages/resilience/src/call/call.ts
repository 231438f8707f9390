import type { FastifyRequest } from 'fastify'
import type { Abortable, AbortableList } from '../abortable.ts'
import type { Deadline } from '../deadline/deadline.ts'
import { CallTimeoutError, DeadlineError } from '../errors/call-errors.ts'

/**
 * The first argument of the guarded function.
 *
 * @example
 * const load = async ({ signal, attempt }: CallContext) => (await fetch(`http://prices.internal/?attempt=${attempt}`, { signal })).json()
 * app.resilience.breaker('prices', load, { retry: 2 })
 */
export interface CallContext {
  /** Aborts when this attempt times out or its result is no longer needed. Give it to what you call. */
  readonly signal: AbortSignal
  /** The request that the call is made for, if any. */
  readonly request: FastifyRequest | null
  /** 1 for the first attempt. */
  readonly attempt: number
  /** Milliseconds left for this attempt. */
  remaining(): number
  /** Milliseconds left for all attempts together. */
  callRemaining(): number
}

/** The context with what only this package's guarded functions need. */
export interface AttemptContext extends CallContext {
  /** Whether the attempt tests if the service has recovered. */
  readonly isProbe: boolean
  /** The policy's limit for a part of a body, in milliseconds. */
  readonly bodyTimeout: number
  /** Milliseconds after which a probe must have an outcome; `Infinity` for one that has it, and for another attempt. */
  probeRemaining(): number
  /** The result has a body: its success is final only when the body has been read. Call it before the function ends. */
  expectBody(): void
  /** The body is complete. */
  confirm(): void
  /** The body is not wanted any more: nothing is known about the rest. */
  abandon(): void
  /** Turns a success into a failure: reading the response's body has failed. */
  failLate(error: unknown): void
}

/** Where a call's value comes from. */
export type CallSource = 'call' | 'lastGood' | 'fallback'

/** One call through all strategies, with all its attempts. */
export class Call<Args extends unknown[]> {
  readonly request: FastifyRequest | null
  readonly args: Args
  readonly deadline: Deadline | undefined
  readonly startedAt: number
  /** The end of the time for all attempts together, on the clock. */
  readonly expiresAt: number
  /** Whether `expiresAt` is the request's deadline rather than the policy's total timeout. */
  readonly byDeadline: boolean
  attempts = 0
  source: CallSource = 'call'
  /** The error that a fallback or a last good value replaced. */
  error: unknown
  /** The latest pending work, for the strategy that may abort it. */
  current: Abortable | undefined

  /** @param limit - The end of the policy's total timeout, on the clock. */
  constructor(
    request: FastifyRequest | null,
    args: Args,
    deadline: Deadline | undefined,
    startedAt: number,
    limit: number
  ) {
    this.request = request
    this.args = args
    this.deadline = deadline
    this.startedAt = startedAt
    this.byDeadline = deadline !== undefined && deadline.expiresAt < limit
    this.expiresAt = this.byDeadline ? deadline!.expiresAt : limit
  }

  /** A call for a concurrent attempt, with the same end. */
  forkForHedge(): Call<Args> {
    const { request, args, deadline, startedAt, expiresAt, byDeadline } = this
    const call = new Call(request, args, deadline, startedAt, byDeadline ? Infinity : expiresAt)
    call.attempts = this.attempts++
    return call
  }

  /** Aborts `work` when the client disconnects or the app closes. */
  track(work: Abortable, appWork: AbortableList): void {
    if (this.deadline) this.deadline.track(work)
    else appWork.add(work)
  }

  /** The error of a call whose time is over. */
  timeoutError(): CallTimeoutError | DeadlineError {
    return this.byDeadline ? new DeadlineError() : new CallTimeoutError()
  }
}

/** The part of a call that limits how long it may wait, whatever its arguments are. */
export type CallLifetime = Pick<Call<never>, 'expiresAt' | 'current' | 'track' | 'timeoutError'>

/** Makes a call. Each strategy wraps the next one in such a function. */
export type RunCall<Args extends unknown[], T> = (call: Call<Args>) => Promise<T>
