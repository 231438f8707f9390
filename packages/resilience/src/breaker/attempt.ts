import type { AbortableList } from '../abortable.ts'
import type { AttemptContext, Call } from '../call/call.ts'
import {
  type FailureClassifier,
  kindOf,
  type Outcome,
  outcomeOfError,
  outcomeOfResult,
  toCallerError
} from '../call/outcome.ts'
import type { Clock } from '../clock.ts'
import { CallCanceledError, CallTimeoutError, type ResilienceError, UpstreamError } from '../errors.ts'
import { AttemptContextBase } from './attempt-context.ts'
import type { CallOutcome } from './metrics.ts'
import type { Permit } from './permit.ts'

/** What all attempts of a breaker share. */
export interface AttemptHost<Args extends unknown[], T> {
  readonly policy: {
    readonly timeout: number
    readonly resetTimeout: number
    readonly isFailure: FailureClassifier | undefined
  }
  readonly clock: Clock
  readonly pendingWork: AbortableList
  readonly fn: (context: AttemptContext, ...args: Args) => T | Promise<T>
  count(outcome: CallOutcome, duration: number): void
}

/** Releases the attempt's slot in the bulkhead. */
export type ReleaseSlot = (duration: number, succeeded: boolean) => void

/** Milliseconds. A probe without another limit must end too, or the breaker would stay half open for ever. */
const PROBE_TIMEOUT = 10_000

/** One run of the guarded function, from its permit to what its outcome means for breaker, bulkhead and caller. */
export class Attempt<Args extends unknown[], T> extends AttemptContextBase<Args, AttemptHost<Args, T>> {
  readonly #permit: Permit
  readonly #releaseSlot: ReleaseSlot | undefined
  #resolve!: (value: T) => void
  #reject!: (error: unknown) => void
  /** Whether the caller has its result. */
  #isSettled = false

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
    this.#releaseSlot = releaseSlot
  }

  run(): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      this.#start()
    })
  }

  #start(): void {
    const { policy, pendingWork, fn } = this.host
    const { call } = this
    if (call.deadline?.isClientGone) return this.#skip('canceled', new CallCanceledError())
    const remaining = call.expiresAt - this.startedAt
    if (remaining <= 0) return this.#skip('ignored', call.timeoutError())

    let limit = Math.min(policy.timeout, remaining)
    if (this.#permit.isProbe) limit = Math.min(limit, Math.max(PROBE_TIMEOUT, policy.resetTimeout))
    if (limit !== Infinity) this.startTimeLimit(limit)
    call.current = this
    call.track(this, pendingWork)

    let result
    try {
      result = fn(this, ...call.args)
    } catch (error) {
      return this.#onError(error)
    }
    if (isPromise(result)) {
      result.then(
        (value) => this.#onResult(value),
        (error: unknown) => this.#onError(error)
      )
    } else this.#onResult(result)
  }

  /** Ends without calling the function. */
  #skip(outcome: CallOutcome, error: ResilienceError): void {
    this.#permit.release()
    this.#releaseSlot?.(0, true)
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
      this.#releaseSlot?.(duration, true)
      return this.#settleWithError('ignore', error, now)
    }
    this.#releaseSlot?.(duration, outcome !== 'failure')
    if (outcome === 'failure') {
      const error = new UpstreamError(new Error('The result counts as a failure'))
      return this.#settleWithError('failure', error, now)
    }
    if (outcome === 'success') this.#permit.succeed(duration, now)
    else this.#permit.release()
    if (this.#settle(outcome === 'success' ? 'success' : 'ignored', duration)) this.#resolve(value)
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
    this.#releaseSlot?.(now - this.startedAt, outcome !== 'failure')
    this.#settleWithError(outcome, error, now)
  }

  #settleWithError(outcome: Outcome, error: unknown, now: number): void {
    const duration = now - this.startedAt
    if (outcome === 'failure') this.#permit.fail(error, duration, now)
    else if (outcome === 'success') this.#permit.succeed(duration, now)
    else this.#permit.release()
    if (!this.#settle(outcome === 'ignore' ? 'ignored' : outcome, duration)) return
    this.#reject(outcome === 'failure' ? toCallerError(error) : error)
  }

  /** Counts the outcome. Returns `false` if the caller has its result: an aborted probe goes on without a caller. */
  #settle(outcome: CallOutcome, duration: number): boolean {
    if (this.#isSettled) return false
    this.#isSettled = true
    this.host.count(outcome, duration)
    return true
  }

  override failLate(error: unknown): void {
    const kind = kindOf(error)
    if (kind === 'canceled' || kind === 'closed' || (kind === 'timeout' && this.call.byDeadline)) return
    this.#permit.failLate(error, this.host.clock.now())
  }

  protected override onTimeout(): void {
    const { timeout } = this.host.policy
    const now = this.host.clock.now()
    const duration = now - this.startedAt
    const isCutByDeadline = this.call.byDeadline && this.timeLimit < timeout
    const error = isCutByDeadline ? this.call.timeoutError() : new CallTimeoutError()
    // A short deadline that a client has sent must not open the breaker for other clients.
    const isFailure = !isCutByDeadline && (this.timeLimit >= timeout || this.call.attempts === 1)
    if (isFailure || this.#permit.isProbe) this.#permit.fail(error, duration, now)
    else this.#permit.release()
    this.abortSignal(error)
    if (this.#settle('timeout', duration)) this.#reject(error)
  }

  /** The client has disconnected, another attempt has won, or the app is closing. */
  override abort(reason: Error): void {
    if (!this.#permit.isProbe || kindOf(reason) === 'closed') {
      this.#permit.release()
      this.abortSignal(reason)
    } else if (!this.list) {
      // The probe goes on without its caller, until it settles, times out, or the app closes.
      this.host.pendingWork.add(this)
    }
    if (this.#settle('canceled', this.host.clock.now() - this.startedAt)) this.#reject(reason)
  }
}

const isPromise = <T>(value: T | Promise<T>): value is Promise<T> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
