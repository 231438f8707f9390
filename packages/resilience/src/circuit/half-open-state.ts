import type { CircuitStateMembers, CircuitTransitions, Opening } from './circuit-state.ts'
import { Permit } from './permit.ts'

/** More concurrent probes than one are admitted only after probes without an outcome. */
const MAX_PROBES = 8

/**
 * One call, the probe, tests the service. Its outcome decides; other calls are rejected. A probe whose caller leaves, or
 * has too short a deadline, decides nothing. After each of these one more probe may run at the same time: callers with
 * little time must not keep out those that have enough.
 */
export class HalfOpenState implements CircuitStateMembers {
  readonly #circuit: CircuitTransitions
  readonly #opening: Opening
  #active = 0
  #width = 1
  #hasDetached = false

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

  admit(now: number): Permit | undefined {
    if (this.rejects(now)) return undefined
    this.#active++
    return new Permit(this, true)
  }

  rejects(_now: number): boolean {
    return this.#active >= this.#width
  }

  succeed(_permit: Permit, _duration: number, _now: number, isFinal: boolean): void {
    if (isFinal) this.confirm()
  }

  confirm(): void {
    if (this.#circuit.isCurrent(this)) this.#circuit.close(this.#opening)
  }

  fail(error: unknown): void {
    if (this.#circuit.isCurrent(this)) this.#circuit.open(error, this.#opening.count, 'probe-failed')
  }

  failLate(_permit: Permit, error: unknown): void {
    this.fail(error)
  }

  release(): void {
    if (!this.#circuit.isCurrent(this)) return
    this.#active--
    this.#width = Math.min(this.#width + 1, MAX_PROBES)
    this.#circuit.probeIgnored(this)
  }

  /** One call at most goes on without its caller: a service that hangs must not collect them. */
  detach(): boolean {
    if (this.#hasDetached || !this.#circuit.isCurrent(this)) return false
    this.#hasDetached = true
    this.release()
    return true
  }

  succeedDetached(): void {
    this.confirm()
  }

  releaseDetached(): void {
    this.#hasDetached = false
  }
}
