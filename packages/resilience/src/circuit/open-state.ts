import type { CircuitStateMembers, CircuitTransitions, Opening } from './circuit-state.ts'
import type { Permit } from './permit.ts'

/** Calls are rejected until the time is over; then one call is the probe. */
export class OpenState implements CircuitStateMembers, Opening {
  readonly #circuit: CircuitTransitions
  readonly failure: unknown
  readonly count: number
  /** On the clock, in milliseconds. */
  readonly until: number

  constructor(circuit: CircuitTransitions, failure: unknown, count: number, until: number) {
    this.#circuit = circuit
    this.failure = failure
    this.count = count
    this.until = until
  }

  get name(): 'open' {
    return 'open'
  }

  admit(now: number): Permit | undefined {
    return this.rejects(now) ? undefined : this.#circuit.halfOpen(this, now)
  }

  rejects(now: number): boolean {
    return now < this.until
  }

  // It admits no call, so that no outcome comes back to it.
  succeed(): void {}
  confirm(): void {}
  fail(): void {}
  failLate(): void {}
  release(): void {}
  detach(): boolean {
    return false
  }
  succeedDetached(): void {}
  releaseDetached(): void {}
}
