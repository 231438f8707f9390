import type { Circuit } from './circuit.ts'

/** One call that the circuit let through. Its first outcome counts; a late one is dropped. */
export class Permit {
  readonly circuit: Circuit
  readonly generation: number
  /** The one call that finds out whether the service is back. */
  readonly probe: boolean
  #settled = false

  constructor(circuit: Circuit, generation: number, probe: boolean) {
    this.circuit = circuit
    this.generation = generation
    this.probe = probe
  }

  /**
   * @param duration - Milliseconds.
   * @param now - What the clock says.
   */
  succeed(duration: number, now: number): void {
    if (this.#settled) return
    this.#settled = true
    this.circuit.succeeded(this, duration, now)
  }

  fail(error: unknown, duration: number, now: number): void {
    if (this.#settled) return
    this.#settled = true
    this.circuit.failed(this, error, duration, now)
  }

  /** The outcome says nothing about the service. */
  ignore(): void {
    if (this.#settled) return
    this.#settled = true
    this.circuit.ignored(this)
  }
}
