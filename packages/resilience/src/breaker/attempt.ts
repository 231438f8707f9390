import type { FastifyRequest } from 'fastify'
import { type Call, isTimed, type TryContext } from '../call/call.ts'
import type { Clock } from '../clock.ts'
import {
  CallCanceledError,
  CallTimeoutError,
  DeadlineError,
  isResilienceError,
  type ResilienceError,
  UpstreamError
} from '../errors.ts'
import { Abortable, type InFlight } from '../abortable.ts'
import type { CallOutcome } from './metrics.ts'
import type { Policy } from './policy-options.ts'
import { kindOf, outcomeOf, outcomeOfResult, shownFailure } from '../call/outcome.ts'
import type { Permit } from './permit.ts'

/** What all tries of a breaker share. */
export interface AttemptHost<Args extends unknown[], T> {
  readonly policy: Policy
  readonly clock: Clock
  readonly inFlight: InFlight
  readonly fn: (context: TryContext, ...args: Args) => T | Promise<T>
  count(outcome: CallOutcome, duration: number): void
}

/** A probe that nothing else limits: a service that never answers must not keep the breaker half open for ever. */
const PROBE_TIMEOUT = 10_000

/** One try: the function's context, its timeout, and what its end means. */
export class Attempt<Args extends unknown[], T> extends Abortable implements TryContext {
  readonly attempt: number
  readonly #host: AttemptHost<Args, T>
  readonly #call: Call<Args>
  readonly #permit: Permit
  readonly #release: ((duration: number, ok: boolean) => void) | undefined
  readonly #started: number
  #resolve!: (value: T) => void
  #reject!: (error: unknown) => void
  #allotted = Infinity
  #timer: unknown
  #controller: AbortController | undefined
  #aborted: Error | undefined
  /** The caller has its answer. */
  #over = false

  /** @param started - What the clock says. */
  constructor(
    host: AttemptHost<Args, T>,
    call: Call<Args>,
    permit: Permit,
    release: ((duration: number, ok: boolean) => void) | undefined,
    started: number
  ) {
    super()
    this.#host = host
    this.#call = call
    this.#permit = permit
    this.#release = release
    this.#started = started
    this.attempt = ++call.attempts
  }

  get request(): FastifyRequest | null {
    return this.#call.request
  }

  get signal(): AbortSignal {
    const controller = (this.#controller ??= new AbortController())
    if (this.#aborted && !controller.signal.aborted) controller.abort(this.#aborted)
    return controller.signal
  }

  remaining(): number {
    return Math.max(0, this.#started + this.#allotted - this.#host.clock.now())
  }

  callRemaining(): number {
    return Math.max(0, this.#call.expiresAt - this.#host.clock.now())
  }

  run(): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
      this.#start()
    })
  }

  #start(): void {
    const { policy, clock, inFlight, fn } = this.#host
    const call = this.#call
    if (call.deadline?.left) return this.#refused('canceled', new CallCanceledError())
    const left = call.expiresAt - this.#started
    // There is no time left to even try.
    if (left <= 0)
      return this.#refused('ignored', call.byDeadline ? new DeadlineError() : new CallTimeoutError())

    this.#allotted = Math.min(policy.timeout, left)
    if (this.#permit.probe)
      this.#allotted = Math.min(this.#allotted, Math.max(PROBE_TIMEOUT, policy.resetTimeout))
    if (isTimed(this.#allotted)) this.#timer = clock.setTimeout(() => this.#timedOut(), this.#allotted)
    call.current = this
    call.watch(this, inFlight)

    let result
    try {
      result = fn(this, ...call.args)
    } catch (error) {
      return this.#failed(error)
    }
    if (isPromise(result)) {
      result.then(
        (value) => this.#done(value),
        (error: unknown) => this.#failed(error)
      )
    } else this.#done(result)
  }

  #refused(outcome: CallOutcome, error: ResilienceError): void {
    this.#permit.ignore()
    this.#release?.(0, true)
    this.#host.count(outcome, 0)
    this.#reject(error)
  }

  #done(value: T): void {
    const now = this.#ended()
    const duration = now - this.#started
    let outcome
    try {
      outcome = outcomeOfResult(value, this.#host.policy.isFailure)
    } catch (error) {
      this.#release?.(duration, true)
      return this.#settle('ignore', error, now)
    }
    this.#release?.(duration, outcome !== 'failure')
    if (outcome === 'failure') {
      const error = new UpstreamError(new Error('The result counts as a failure'))
      return this.#settle('failure', error, now)
    }
    if (outcome === 'success') this.#permit.succeed(duration, now)
    else this.#permit.ignore()
    if (this.#over) return
    this.#over = true
    this.#host.count(outcome === 'success' ? 'success' : 'ignored', duration)
    this.#resolve(value)
  }

  #failed(error: unknown): void {
    const now = this.#ended()
    let outcome
    try {
      outcome = outcomeOf(error, this.#host.policy.isFailure)
    } catch (mistake) {
      outcome = 'ignore' as const
      error = mistake
    }
    this.#release?.(now - this.#started, outcome !== 'failure')
    this.#settle(outcome, error, now)
  }

  failedLater(error: unknown): void {
    const kind = kindOf(error)
    if (kind === 'canceled' || kind === 'closed' || (kind === 'timeout' && this.#call.byDeadline)) return
    this.#permit.circuit.failedLater(this.#permit, error, this.#host.clock.now())
  }

  #settle(outcome: 'failure' | 'success' | 'ignore', error: unknown, now: number): void {
    const duration = now - this.#started
    if (outcome === 'failure') this.#permit.fail(error, duration, now)
    else if (outcome === 'success') this.#permit.succeed(duration, now)
    else this.#permit.ignore()
    // An abandoned probe has told the circuit, and has nobody else to tell.
    if (this.#over) return
    this.#over = true
    this.#host.count(outcome === 'ignore' ? 'ignored' : outcome, duration)
    this.#reject(outcome === 'failure' ? shownFailure(error) : error)
  }

  #timedOut(): void {
    const { policy, clock } = this.#host
    const now = clock.now()
    const duration = now - this.#started
    const cutShort = this.#call.byDeadline && this.#allotted < policy.timeout
    const error = cutShort ? new DeadlineError() : new CallTimeoutError()
    // A deadline that a client has sent must not open the breaker for the others.
    const counts = !cutShort && (this.#allotted >= policy.timeout || this.#call.attempts === 1)
    if (counts || this.#permit.probe) this.#permit.fail(error, duration, now)
    else this.#permit.ignore()
    this.#stop(error)
    if (this.#over) return
    this.#over = true
    this.#host.count('timeout', duration)
    this.#reject(error)
  }

  /** The client has left, another try has won, or the app is closing. */
  override abort(reason: Error): void {
    const closing = isResilienceError(reason) && reason.kind === 'closed'
    if (!this.#permit.probe || closing) {
      this.#permit.ignore()
      this.#stop(reason)
    } else if (!this.list) {
      // A caller that leaves doesn't take the probe along: it goes on, to its end, its timeout, or the app's end.
      this.#host.inFlight.add(this)
    }
    if (this.#over) return
    this.#over = true
    this.#host.count('canceled', this.#host.clock.now() - this.#started)
    this.#reject(reason)
  }

  #stop(reason: Error): void {
    this.#forget()
    this.#aborted = reason
    this.#controller?.abort(reason)
  }

  /** What the clock says. */
  #ended(): number {
    this.#forget()
    return this.#host.clock.now()
  }

  #forget(): void {
    if (this.#timer !== undefined) this.#host.clock.clearTimeout(this.#timer)
    this.#timer = undefined
    this.land()
  }
}

const isPromise = <T>(value: T | Promise<T>): value is Promise<T> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
