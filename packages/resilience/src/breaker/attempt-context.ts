import type { FastifyRequest } from 'fastify'
import { Abortable } from '../abortable.ts'
import type { AttemptContext, Call } from '../call/call.ts'
import { type Clock, startTimer, stopTimer } from '../clock.ts'

/** The guarded function's first argument: the signal, the time limit and the request of one attempt. */
export abstract class AttemptContextBase<Args extends unknown[], Host extends { readonly clock: Clock }>
  extends Abortable
  implements AttemptContext
{
  readonly attempt: number
  protected readonly call: Call<Args>
  protected readonly host: Host
  protected readonly startedAt: number
  /** Milliseconds. */
  protected timeLimit: number = Infinity
  #timer: unknown
  #controller: AbortController | undefined
  #abortReason: Error | undefined

  constructor(call: Call<Args>, host: Host, startedAt: number) {
    super()
    this.call = call
    this.host = host
    this.startedAt = startedAt
    this.attempt = ++call.attempts
  }

  get request(): FastifyRequest | null {
    return this.call.request
  }

  /** Created when it is first used. */
  get signal(): AbortSignal {
    const controller = (this.#controller ??= new AbortController())
    if (this.#abortReason && !controller.signal.aborted) controller.abort(this.#abortReason)
    return controller.signal
  }

  remaining(): number {
    return Math.max(0, this.startedAt + this.timeLimit - this.host.clock.now())
  }

  callRemaining(): number {
    return Math.max(0, this.call.expiresAt - this.host.clock.now())
  }

  abstract readonly isProbe: boolean
  abstract readonly bodyTimeout: number
  abstract probeRemaining(): number
  abstract expectBody(): void
  abstract confirm(): void
  abstract abandon(): void
  abstract failLate(error: unknown): void

  protected abstract onTimeout(): void

  protected startTimeLimit(milliseconds: number): void {
    this.timeLimit = milliseconds
    this.#timer = startTimer(this.host.clock, milliseconds, () => this.onTimeout())
  }

  /** Counts from the attempt's start too. */
  protected changeTimeLimit(milliseconds: number): void {
    stopTimer(this.host.clock, this.#timer)
    const elapsed = this.host.clock.now() - this.startedAt
    this.startTimeLimit(milliseconds - elapsed)
    this.timeLimit = milliseconds
  }

  /** Ends the time limit. Returns the clock's time. */
  protected end(): number {
    stopTimer(this.host.clock, this.#timer)
    this.#timer = undefined
    this.unlink()
    return this.host.clock.now()
  }

  /** Ends the attempt and aborts its signal. */
  protected abortSignal(reason: Error): void {
    this.end()
    this.#abortReason = reason
    this.#controller?.abort(reason)
  }
}
