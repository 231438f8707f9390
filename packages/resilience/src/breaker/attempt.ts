import { isThenable } from '@seaworthy/internal'
import type { Call } from '../call/call.ts'
import { discard } from '../call/discard.ts'
import { kindOf, type Outcome, outcomeOfError, outcomeOfResult, toCallerError } from '../call/outcome.ts'
import { CallCanceledError, CallTimeoutError, UpstreamError } from '../errors/call-errors.ts'
import type { ResilienceError } from '../errors/resilience-error.ts'
import { AttemptContextBase } from './attempt-context.ts'
import type { AttemptHost } from './attempt-host.ts'
import { HeldSlot, type ReleaseSlot } from './held-slot.ts'
import type { CallOutcome } from './metrics.ts'
import type { Permit } from '../circuit/permit.ts'
import { probeLimit } from '../circuit/probe-limit.ts'

/** One run of the guarded function, from its permit to what its outcome means for breaker, bulkhead and caller. */
export class Attempt<Args extends unknown[], T> extends AttemptContextBase<Args, AttemptHost<Args, T>> {
  readonly #permit: Permit
  readonly #slot: HeldSlot | undefined
  #resolve!: (value: T) => void
  #reject!: (error: unknown) => void
  /** Whether the caller has its result. */
  #isSettled = false
  /** Whether the attempt goes on without its caller. */
  #isDetached = false
  #hasBody = false

  /** @param startedAt - The clock's time. */
  constructor(
    host: AttemptHost<Args, T>,
    call: Call<Args>,
    permit: Permit,
    releaseSlot: ReleaseSlot | undefined,
    startedAt: number
  ) {
    super(call, host, startedAt)
    this.#permit = permit
    this.#slot = releaseSlot && new HeldSlot(host.clock, releaseSlot)
  }

  get isProbe(): boolean {
    return this.#permit.isProbe
  }

  get bodyTimeout(): number {
    return this.host.policy.bodyTimeout
  }

  probeRemaining(): number {
    const limit = this.isProbe && !this.#permit.isSettled ? probeLimit(this.host.policy) : Infinity
    return Math.max(0, this.startedAt + limit - this.host.clock.now())
  }

  run(): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      this.#start()
    })
  }

  #start(): void {
    const { pendingWork, fn } = this.host
    const { call } = this
    if (call.deadline?.isClientGone) return this.#skip('canceled', new CallCanceledError())
    const remaining = call.expiresAt - this.startedAt
    if (remaining <= 0) return this.#skip('ignored', call.timeoutError())

    const limit = Math.min(attemptLimit(this.host.policy, this.isProbe), remaining)
    if (limit !== Infinity) this.startTimeLimit(limit)
    call.current = this
    call.track(this, pendingWork)

    let result
    let promise
    try {
      result = fn(this, ...call.args)
      // Promise.resolve, because a thenable of another maker may throw, or settle twice.
      if (isThenable(result)) promise = Promise.resolve(result)
    } catch (error) {
      return this.#onError(error)
    }
    if (!promise) {
      if (result === undefined) this.host.checkMissingResult(call.args)
      return this.#onResult(result as T)
    }
    promise.then(
      (value) => this.#onResult(value),
      (error: unknown) => this.#onError(error)
    )
  }

  /** Ends without calling the function. */
  #skip(outcome: CallOutcome, error: ResilienceError): void {
    this.#permit.release()
    this.#slot?.release(0, true)
    this.host.count(outcome, 0)
    this.#reject(error)
  }

  #onResult(value: T): void {
    const now = this.end()
    const duration = now - this.startedAt
    let outcome
    try {
      outcome = outcomeOfResult(value, this.host.policy.isFailure)
    } catch (error) {
      this.#slot?.release(duration, true)
      discard(value)
      return this.#settleWithError('ignore', error, now)
    }
    this.#slot?.release(duration, outcome !== 'failure')
    if (outcome === 'failure') {
      discard(value)
      const error = new UpstreamError(new Error('The result counts as a failure'))
      return this.#settleWithError('failure', error, now)
    }
    if (outcome === 'success') this.#permit.succeed(duration, now, !this.#hasBody)
    else this.#permit.release()
    if (this.#settle(outcome === 'success' ? 'success' : 'ignored', duration)) this.#resolveCaller(value)
    else discard(value)
  }

  #onError(error: unknown): void {
    const now = this.end()
    let outcome
    try {
      outcome = outcomeOfError(error, this.host.policy.isFailure)
    } catch (classifierError) {
      outcome = 'ignore' as const
      error = classifierError
    }
    if (outcome === 'failure' && this.#isCallOver()) {
      outcome = 'ignore' as const
      error = this.call.deadline!.isClientGone ? new CallCanceledError() : this.call.timeoutError()
    }
    this.#slot?.release(now - this.startedAt, outcome !== 'failure')
    this.#settleWithError(outcome, error, now)
  }

  /** The function may have failed because the request has ended: that shows nothing about the service. */
  #isCallOver(): boolean {
    const { deadline, byDeadline } = this.call
    return deadline !== undefined && (deadline.isClientGone || (byDeadline && deadline.remaining() === 0))
  }

  #settleWithError(outcome: Outcome, error: unknown, now: number): void {
    const duration = now - this.startedAt
    if (outcome === 'failure') this.#permit.fail(error, duration, now)
    else if (outcome === 'success') this.#permit.succeed(duration, now)
    else this.#permit.release()
    if (!this.#settle(outcome === 'ignore' ? 'ignored' : outcome, duration)) return
    this.#reject(outcome === 'failure' ? toCallerError(error) : error)
  }

  /** A promise holds its value, and the body of a response may hold this attempt: nothing must hold both. */
  #resolveCaller(value: T): void {
    const resolve = this.#resolve
    this.#resolve = this.#reject = ignore
    resolve(value)
  }

  /** Counts the outcome. Returns `false` if the caller has its result. */
  #settle(outcome: CallOutcome, duration: number): boolean {
    if (this.#isSettled) return false
    this.#isSettled = true
    this.host.count(outcome, duration)
    return true
  }

  override expectBody(): void {
    this.#hasBody = true
  }

  override confirm(): void {
    this.#permit.confirm()
  }

  override abandon(): void {
    this.#permit.release()
  }

  override failLate(error: unknown): void {
    const kind = kindOf(error)
    const isByCaller = kind === 'canceled' || kind === 'closed' || codeOf(error) === 'DEADLINE_EXCEEDED'
    if (isByCaller || (kind === 'timeout' && this.call.byDeadline)) this.#permit.release()
    else this.#permit.failLate(error, this.host.clock.now())
  }

  protected override onTimeout(): void {
    const { call } = this
    const now = this.host.clock.now()
    const duration = now - this.startedAt
    if (this.#isDetached) {
      this.#permit.release()
      return this.#giveUp(new CallTimeoutError())
    }
    const isCutByCall = this.timeLimit < attemptLimit(this.host.policy, this.isProbe)
    const error = isCutByCall ? call.timeoutError() : new CallTimeoutError()
    // A short deadline that a client has sent must not open the breaker for other clients, nor keep it open.
    if (!isCutByCall || (!call.byDeadline && call.attempts === 1)) {
      this.#permit.fail(error, duration, now)
      this.#giveUp(error)
    } else if (!this.#detach()) {
      this.#permit.release()
      this.#giveUp(error)
    }
    if (this.#settle('timeout', duration)) this.#reject(error)
  }

  /** The client has disconnected, another attempt has won, or the app is closing. */
  override abort(reason: Error): void {
    const isClosing = kindOf(reason) === 'closed'
    if (this.#isDetached && !isClosing) return this.host.pendingWork.add(this)
    if (this.#isSettled && !this.#isDetached) return
    if (isClosing || !this.#detach()) {
      this.#permit.release()
      this.#giveUp(reason)
    }
    if (this.#settle('canceled', this.host.clock.now() - this.startedAt)) this.#reject(reason)
  }

  /** A probe goes on without its caller, until it settles, its time is over, or the app closes. */
  #detach(): boolean {
    if (!this.#permit.detach()) return false
    this.#isDetached = true
    this.unlink()
    this.host.pendingWork.add(this)
    this.changeTimeLimit(attemptLimit(this.host.policy, this.isProbe))
    return true
  }

  #giveUp(reason: Error): void {
    this.abortSignal(reason)
    this.#slot?.releaseLater()
  }
}

/** The time limit of an attempt whose caller has endless time. Milliseconds. */
const attemptLimit = (policy: AttemptHost<never, never>['policy'], isProbe: boolean): number =>
  isProbe ? Math.min(policy.timeout, probeLimit(policy)) : policy.timeout

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | null | undefined)?.code

const ignore = (): void => undefined
