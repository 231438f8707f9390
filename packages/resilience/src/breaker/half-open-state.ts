import type { CircuitStateMembers, CircuitTransitions, Opening } from './circuit-state.ts'

/** One call, the probe, tests the service. Its outcome decides; other calls are rejected. */
export class HalfOpenState implements CircuitStateMembers {
  readonly #circuit: CircuitTransitions
  readonly #opening: Opening

  constructor(circuit: CircuitTransitions, opening: Opening) {
    this.#circuit = circuit
    this.#opening = opening
  }

  get name(): 'half-open' {
    return 'half-open'
  }

  get failure(): unknown {
    return this.#opening.failure
  }

  admit(): undefined {
    return undefined
  }

  rejects(): boolean {
    return true
  }

  succeed(): void {
    if (this.#circuit.isCurrent(this)) this.#circuit.close(this.#opening)
  }

  fail(error: unknown): void {
    if (this.#circuit.isCurrent(this)) this.#circuit.open(error, this.#opening.count, 'probe-failed')
  }

  release(): void {
    if (this.#circuit.isCurrent(this)) this.#circuit.reopen(this.#opening)
  }

  failLate(): void {}
}
