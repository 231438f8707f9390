import { Abortable, type AbortableList } from '../abortable.ts'
import type { AttemptContext } from '../call/call.ts'
import { kindOf } from '../call/outcome.ts'
import { type Clock, startTimer, stopTimer, unrefTimer } from '../clock.ts'
import type { Deadline } from '../deadline/deadline.ts'
import { deadlineOf } from '../deadline/request-state.ts'
import { CallTimeoutError, DeadlineError } from '../errors/call-errors.ts'
import { callerAbortError } from './caller-abort.ts'
import type { DroppedBodies } from './dropped-bodies.ts'

/** Milliseconds that a probe waits for the reading of its body. An app that needs only the status never reads it. */
const LONGEST_PROBE_WAIT = 1000

export interface BodyGuard {
  readonly context: AttemptContext
  /** Milliseconds until the call's time is over. */
  readonly remaining: number
  /** Aborts the response. */
  readonly controller: AbortController
  readonly callerSignal: AbortSignal | undefined
  readonly clock: Clock
  readonly pendingWork: AbortableList
  readonly dropped: DroppedBodies
}

/** The stream of a body, as the end of its time sees it. */
export interface AbortableStream {
  abort(reason: Error): void
}

/** A body that is not read to its end yet: its time limits, and the effect of its end on the breaker. */
export class PendingBody extends Abortable {
  readonly #guard: BodyGuard
  readonly #deadline: Deadline | undefined
  /** An error response need not be complete, nor JSON. */
  readonly #isOk: boolean
  readonly #startedAt: number
  /** Milliseconds from the start, for a body that is not read in parts. */
  readonly #limit: number
  #timer: unknown
  #probeTimer: unknown
  #isBeingRead = false
  #hasParts = false
  #isWaitingForPart = false
  #hasEnded = false
  #onAbort: ((reason: Error) => void) | undefined
  /** Weak, so that a stream which the app has dropped is collected. */
  #stream: WeakRef<AbortableStream> | undefined

  constructor(guard: BodyGuard, isOk: boolean) {
    super()
    const { context, clock, pendingWork, remaining } = guard
    context.expectBody()
    this.#guard = guard
    this.#isOk = isOk
    this.#startedAt = clock.now()
    this.#deadline = deadlineOf(context.request)
    // An error's body may be late: it explains the failure, and a new attempt would not.
    const limit = isOk
      ? remaining
      : Math.max(remaining, Math.min(context.bodyTimeout, this.#timeToDeadline()))
    this.#limit = limit
    this.#startTimer(Math.min(limit, context.probeRemaining()))
    if (context.isProbe) {
      this.#probeTimer = startTimer(clock, LONGEST_PROBE_WAIT, () => this.#endProbe())
      unrefTimer(this.#probeTimer)
    }
    if (this.#deadline) this.#deadline.track(this)
    else pendingWork.add(this)
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** @param reader - The response or the stream: dropped by the app, it ends the wait. */
  watchReader(reader: object): void {
    this.#guard.dropped.watch(reader, this)
  }

  /** Aborts the stream when this is aborted. */
  abortsWith(stream: AbortableStream): void {
    this.#stream = new WeakRef(stream)
  }

  /** Settles with the reading, or when this is aborted. */
  race<T>(reading: Promise<T>): Promise<T> {
    this.#isBeingRead = true
    this.#guard.dropped.unwatch(this)
    return new Promise((resolve, reject) => {
      this.#onAbort = reject
      reading.then(resolve, reject)
    })
  }

  /** From now on each part of the body has a time limit, in place of the whole. */
  waitForPart(): void {
    this.#isBeingRead = true
    const { context } = this.#guard
    this.#isWaitingForPart = true
    const untilDeadline = this.#deadline?.isExplicit ? this.#timeToDeadline() : Infinity
    stopTimer(this.#guard.clock, this.#timer)
    this.#startTimer(Math.min(context.bodyTimeout, untilDeadline, context.probeRemaining()))
  }

  takePart(): void {
    const { clock } = this.#guard
    stopTimer(clock, this.#timer)
    this.#timer = undefined
    this.#hasParts = true
    this.#isWaitingForPart = false
    if (clock.now() - this.#startedAt >= LONGEST_PROBE_WAIT) this.#endProbe()
  }

  /** The body is complete. */
  end(): void {
    if (this.#finish()) this.#guard.context.confirm()
  }

  /** The body is not wanted any more. */
  abandon(): void {
    if (this.#finish()) this.#guard.context.abandon()
  }

  /** The app has dropped the response, or the stream of the body. */
  drop(): void {
    if (this.#isBeingRead) this.abandon()
    else this.end()
  }

  /** The body cannot be read. */
  fail(error: unknown): void {
    if (!this.#finish()) return
    const { context } = this.#guard
    if (this.#isOk) context.failLate(error)
    else context.confirm()
  }

  /** The error of a reading that has failed: the caller may have aborted it. */
  failureOf(error: unknown): unknown {
    const { callerSignal, context } = this.#guard
    return callerSignal?.aborted ? callerAbortError(callerSignal, context.request) : error
  }

  override abort(reason: Error): void {
    if (this.#hasEnded) return
    const isTimeout = kindOf(reason) === 'timeout'
    // An app that does not read the body shows nothing about it.
    if (isTimeout && !this.#isBeingRead) this.end()
    else this.fail(reason)
    this.#onAbort?.(reason)
    this.#stream?.deref()?.abort(reason)
    this.#guard.controller.abort(reason)
  }

  /**
   * A probe whose body flows, or is not wanted, has shown that the service is well. One that waits for the service goes
   * on, unless the policy says that parts may be any time apart.
   */
  #endProbe(): void {
    const { context, clock } = this.#guard
    const isFlowing = this.#hasParts && (!this.#isWaitingForPart || context.bodyTimeout === Infinity)
    if (!context.isProbe || (this.#isBeingRead && !isFlowing)) return
    context.confirm()
    // The probe's limit does not apply any more.
    if (this.#isWaitingForPart) return this.waitForPart()
    if (this.#isBeingRead) return
    stopTimer(clock, this.#timer)
    this.#startTimer(this.#limit - (clock.now() - this.#startedAt))
  }

  #timeToDeadline(): number {
    return this.#deadline?.remaining() ?? Infinity
  }

  #startTimer(milliseconds: number): void {
    // A timer may fire up to 1 ms early.
    const isDeadline = this.#timeToDeadline() <= milliseconds + 1
    this.#timer = startTimer(this.#guard.clock, milliseconds, () =>
      this.abort(isDeadline ? new DeadlineError() : new CallTimeoutError())
    )
    // A body that the app does not read must not keep the process alive.
    unrefTimer(this.#timer)
  }

  #finish(): boolean {
    if (this.#hasEnded) return false
    this.#hasEnded = true
    stopTimer(this.#guard.clock, this.#timer)
    stopTimer(this.#guard.clock, this.#probeTimer)
    this.#guard.dropped.unwatch(this)
    this.unlink()
    return true
  }
}

/** Stands for the body of a response without one: the success is final, unless the app reads the body as a document. */
export class MissingBody {
  readonly #context: AttemptContext
  readonly #isOk: boolean

  constructor({ context }: BodyGuard, isOk: boolean) {
    this.#context = context
    this.#isOk = isOk
    // A probe is over: no reading may come.
    if (!context.isProbe) context.expectBody()
  }

  race<T>(reading: Promise<T>): Promise<T> {
    return reading
  }

  end(): void {
    this.#context.confirm()
  }

  abandon(): void {
    this.#context.abandon()
  }

  fail(error: unknown): void {
    if (this.#isOk) this.#context.failLate(error)
    else this.#context.confirm()
  }
}
