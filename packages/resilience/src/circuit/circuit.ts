import type { CircuitPolicy } from './circuit-options.ts'
import type { CircuitHost, CircuitTransitions, Opening } from './circuit-state.ts'
import { ClosedState } from './closed-state.ts'
import { HalfOpenState } from './half-open-state.ts'
import { OpenState } from './open-state.ts'
import type { Permit } from './permit.ts'
import type { StateChangeReason } from './state-changes.ts'

type State = ClosedState | OpenState | HalfOpenState
export type CircuitStateName = State['name']

/** Where a circuit reports that its state has changed. */
export interface CircuitObserver extends CircuitHost {
  stateChanged(
    circuit: Circuit,
    from: CircuitStateName,
    to: CircuitStateName,
    reason: StateChangeReason
  ): void
}

/** The state machine of a breaker, or of one of its keys: closed, open, half-open. */
export class Circuit implements CircuitTransitions {
  /** Empty if the breaker has no keys. */
  readonly key: string
  readonly policy: CircuitPolicy
  readonly host: CircuitObserver
  #state: State

  constructor(policy: CircuitPolicy, host: CircuitObserver, key = '') {
    this.key = key
    this.policy = policy
    this.host = host
    this.#state = new ClosedState(this)
  }

  /** An open circuit whose time is over is half-open, whether or not a call has come since. */
  get state(): CircuitStateName {
    const state = this.#state
    return state.name === 'open' && !state.rejects(this.host.clock.now()) ? 'half-open' : state.name
  }

  /** The failure because of which calls are rejected. */
  get failure(): unknown {
    return this.#state.failure
  }

  /** Whole seconds until a call may be admitted, at least 1. */
  get retryAfter(): number {
    const remaining = this.#state.name === 'open' ? this.#state.until - this.host.clock.now() : 0
    return Math.max(1, Math.floor(remaining / 1000))
  }

  /** Admits a call, or returns `undefined`. */
  admit(now: number): Permit | undefined {
    return this.#state.admit(now)
  }

  /** Whether a call would be rejected for certain. Changes nothing. */
  rejects(now: number): boolean {
    return this.#state.rejects(now)
  }

  isCurrent(state: object): boolean {
    return state === this.#state
  }

  open(failure: unknown, previousOpenings: number, reason: StateChangeReason): void {
    const { resetTimeout, maxResetTimeout } = this.policy
    const { random, clock } = this.host
    const doubled = Math.min(resetTimeout * 2 ** Math.min(previousOpenings, 30), maxResetTimeout)
    // Up to a tenth more or less, so that the instances of a service do not probe at the same time.
    const varied = Math.min(doubled * (0.9 + 0.2 * random()), maxResetTimeout)
    this.#change(new OpenState(this, failure, previousOpenings + 1, clock.now() + varied), reason)
  }

  halfOpen(opening: Opening, now: number): Permit | undefined {
    const state = new HalfOpenState(this, opening)
    this.#change(state, 'probe-started')
    return state.admit(now)
  }

  probeIgnored({ name }: { readonly name: 'half-open' }): void {
    this.host.stateChanged(this, name, name, 'probe-ignored')
  }

  close(opening: Opening): void {
    this.#change(new ClosedState(this, opening), 'probe-succeeded')
  }

  #change(next: State, reason: StateChangeReason): void {
    const from = this.#state.name
    this.#state = next
    this.host.stateChanged(this, from, next.name, reason)
  }
}
