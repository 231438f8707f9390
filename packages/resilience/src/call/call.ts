import type { FastifyRequest } from 'fastify'
import type { Deadline } from '../deadline/deadline.ts'
import type { Abortable, InFlight } from '../abortable.ts'

/** What the guarded function is told, as its first argument. */
export interface CallContext {
  /** Aborts when this try times out, or nobody waits for it any more. Give it to what you call. */
  readonly signal: AbortSignal
  /** The request that the call is made for, if any. */
  readonly request: FastifyRequest | null
  /** 1 for the first try. */
  readonly attempt: number
  /** Milliseconds left for this try. */
  remaining(): number
  /** Milliseconds left for all tries together. */
  callRemaining(): number
}

/** What ours are told besides. */
export interface TryContext extends CallContext {
  /** What looked like a success was none: its body has failed. */
  failedLater(error: unknown): void
}

/** One call through all layers, whatever they make of it. */
export class Call<Args extends unknown[]> {
  readonly request: FastifyRequest | null
  readonly args: Args
  readonly deadline: Deadline | undefined
  readonly startedAt: number
  /** When all tries together must have ended, on the clock. */
  readonly expiresAt: number
  /** Whether that is the request's deadline, and not the policy's. */
  readonly byDeadline: boolean
  attempts = 0
  source: 'call' | 'lastGood' | 'fallback' = 'call'
  error: unknown
  /** What is at work or waits for it now, for the layer that may not need it any more. */
  current: Abortable | undefined

  constructor(
    request: FastifyRequest | null,
    args: Args,
    deadline: Deadline | undefined,
    startedAt: number,
    ownEnd: number
  ) {
    this.request = request
    this.args = args
    this.deadline = deadline
    this.startedAt = startedAt
    this.byDeadline = deadline !== undefined && deadline.expiresAt < ownEnd
    this.expiresAt = this.byDeadline ? deadline!.expiresAt : ownEnd
  }

  /** One beside it, for a second try at the same time. It ends when this one does. */
  another(): Call<Args> {
    const { request, args, deadline, startedAt, expiresAt, byDeadline } = this
    const call = new Call(request, args, deadline, startedAt, byDeadline ? Infinity : expiresAt)
    call.attempts = this.attempts++
    return call
  }

  /** Has work stopped when the client leaves or the app closes. */
  watch(work: Abortable, inFlight: InFlight): void {
    if (this.deadline) this.deadline.watch(work)
    else inFlight.add(work)
  }
}

/** What each layer is: it makes a call, by itself or through the next one. */
export type Run<Args extends unknown[], T> = (call: Call<Args>) => Promise<T>

/** How long `ms` a timer can take; longer is no timer. */
export const isTimed = (ms: number): boolean => ms < 2 ** 31
