import type { FastifyRequest } from 'fastify'
import { Isolation } from '../breaker/isolation.ts'
import { CallCounts } from '../breaker/metrics.ts'
import type { RegisteredBreaker } from '../breaker/registered-breaker.ts'
import {
  type CircuitState,
  type StateChangeListener,
  StateChangeListeners,
  type StateChangeReason
} from '../circuit/state-changes.ts'
import type { Breaker, BreakerHost, BreakerSnapshot, Switch } from '../breaker/types.ts'
import { requestCheck } from '../call/check-request.ts'
import { deadlineOf } from '../deadline/request-state.ts'
import { BreakerOpenError, BulkheadFullError, CallTimeoutError, ClosedError } from '../errors/call-errors.ts'
import { addAdopter, removeAdopter } from './adopters.ts'
import { opossumCode, type OpossumBreaker, type OpossumListener } from './opossum-breaker.ts'
import type { ResolvedAdoptOptions } from './options.ts'
import { untilAborted } from './until-aborted.ts'

/**
 * An opossum breaker of the app with logs, metrics, readiness and operators' routes. It decides as before.
 *
 * @example
 * const watch = (payments: AdoptedBreaker<[number], string>) => payments.onStateChange(({ to }) => console.log(to))
 */
export type AdoptedBreaker<Args extends unknown[] = unknown[], T = unknown> = Pick<
  Breaker<Args, T>,
  'name' | 'state' | 'call' | 'isolate' | 'release' | 'onStateChange' | 'snapshot'
>

/** Connects an opossum breaker to the app, by opossum's events. */
export class OpossumAdapter<Args extends unknown[], T> implements AdoptedBreaker<Args, T>, RegisteredBreaker {
  readonly name: string
  readonly health: ResolvedAdoptOptions['health']
  readonly counts: CallCounts = new CallCounts()
  readonly #breaker: OpossumBreaker<Args, T>
  readonly #host: BreakerHost
  readonly #shutdown: boolean
  readonly #isolation: Isolation
  readonly #listeners: StateChangeListeners
  readonly #checkRequest: (request: unknown) => void
  readonly #events: Record<string, OpossumListener>
  /** Opossum's state, as of the latest change. */
  #state: CircuitState
  #failure: unknown
  /** Whether the circuit was closed when it was isolated. */
  #wasClosed = false

  constructor(
    name: string,
    breaker: OpossumBreaker<Args, T>,
    options: ResolvedAdoptOptions,
    host: BreakerHost
  ) {
    this.name = name
    this.health = options.health
    this.#shutdown = options.shutdown
    this.#breaker = breaker
    this.#host = host
    this.#checkRequest = requestCheck(name, host.log)
    this.#state = this.#circuitState()
    this.#listeners = new StateChangeListeners(host.log)
    this.#isolation = new Isolation((isolated) => (isolated ? this.#isolate() : this.#release()))
    this.#events = {
      success: (result: unknown, latency: number) =>
        // opossum reports an error that its errorFilter lets pass as the result of a success.
        this.counts.count(result instanceof Error ? 'ignored' : 'success', latency),
      failure: (error: unknown, latency: number) => this.#countFailure(error, latency),
      reject: () => this.counts.count('rejected', 0),
      fallback: () => this.counts.countDegraded(),
      open: () => this.#changed(this.#state === 'half-open' ? 'probe-failed' : 'failure-rate'),
      halfOpen: () => this.#changed('probe-started'),
      close: () => this.#changed(this.#state === 'half-open' ? 'probe-succeeded' : 'released')
    }
    for (const [event, listener] of Object.entries(this.#events)) breaker.on(event, listener)
    addAdopter(breaker)
  }

  get state(): CircuitState {
    return this.#isolation.isActive ? 'isolated' : this.#circuitState()
  }

  states(): Record<CircuitState, number> {
    return { closed: 0, open: 0, 'half-open': 0, isolated: 0, [this.state]: 1 }
  }

  call(request: FastifyRequest | null | undefined, ...args: Args): Promise<T> {
    if (this.#host.isClosed) return Promise.reject(new ClosedError())
    const deadline = deadlineOf(request)
    try {
      if (deadline === undefined) this.#checkRequest(request)
    } catch (error) {
      return Promise.reject(error)
    }
    if (deadline?.signal.aborted) return Promise.reject(deadline.signal.reason as Error)
    const result = this.#breaker.fire(...args).catch((error: unknown) => {
      throw this.#clientError(error)
    })
    return deadline ? untilAborted(result, deadline.signal) : result
  }

  isolate(): Switch {
    return this.#isolation.isolate()
  }

  release(): void {
    this.#isolation.releaseAll()
  }

  onStateChange(listener: StateChangeListener): () => void {
    return this.#listeners.add(listener)
  }

  snapshot(): BreakerSnapshot {
    const { outcomes, degraded, retries } = this.counts
    return { name: this.name, state: this.state, size: 1, counts: { ...outcomes }, degraded, retries }
  }

  /** The app has closed. */
  detach(): void {
    for (const [event, listener] of Object.entries(this.#events)) {
      this.#breaker.removeListener(event, listener)
    }
    if (removeAdopter(this.#breaker) && this.#shutdown) this.#breaker.shutdown()
  }

  #circuitState(): CircuitState {
    const { opened, halfOpen } = this.#breaker
    return opened ? 'open' : halfOpen ? 'half-open' : 'closed'
  }

  #countFailure(error: unknown, latency: number): void {
    this.#failure = error
    const code = opossumCode(this.#breaker, error)
    if (code === 'ESEMLOCKED') this.counts.count('full', 0)
    else this.counts.count(code === 'ETIMEDOUT' ? 'timeout' : 'failure', latency)
  }

  /** Errors that opossum makes, as a client may see them. Those of the action stay as they are. */
  #clientError(error: unknown): unknown {
    switch (opossumCode(this.#breaker, error)) {
      case 'EOPENBREAKER':
        return new BreakerOpenError(1, this.#failure)
      case 'ESEMLOCKED':
        return new BulkheadFullError()
      case 'ETIMEDOUT':
        return new CallTimeoutError()
      case 'ESHUTDOWN':
        return new ClosedError()
      default:
        return error
    }
  }

  #changed(reason: StateChangeReason): void {
    const from = this.#state
    const to = (this.#state = this.#circuitState())
    // opossum tests the service by itself. An isolated breaker stays open until it is released.
    if (this.#isolation.isActive) {
      if (to !== 'open') this.#breaker.open()
      return
    }
    this.#notify(from, to, reason)
  }

  #isolate(): void {
    const from = this.#circuitState()
    this.#wasClosed = from === 'closed'
    this.#breaker.open()
    this.#notify(from, 'isolated', 'isolated')
  }

  #release(): void {
    if (this.#wasClosed) this.#breaker.close()
    this.#state = this.#circuitState()
    this.#notify('isolated', this.#state, 'released')
  }

  #notify(from: CircuitState, to: CircuitState, reason: StateChangeReason): void {
    const error = to === 'open' ? { error: this.#failure } : {}
    const change = { name: this.name, from, to, reason, at: Date.now(), ...error }
    this.#host.stateChanged(change)
    this.#listeners.notify(change)
  }
}
