import type { Circuit } from './circuit.ts'

/**
 * One call that the circuit let through. In the closed state it is what opossum's action returns: a thenable
 * whose callbacks are called when, and only if, the outcome counts. So no promise is made for it, an ignored
 * outcome leaves no trace, and a late one can be dropped.
 */
export class Permit {
  readonly circuit: Circuit
  readonly generation: number
  /** The one call that finds out whether the service is back. */
  readonly probe: boolean
  /** What opossum's `fire` returned. */
  fired: Promise<unknown> | undefined
  #resolve: ((value: unknown) => void) | undefined
  #reject: ((error: unknown) => void) | undefined
  #settled = false

  constructor(circuit: Circuit, generation: number, probe: boolean) {
    this.circuit = circuit
    this.generation = generation
    this.probe = probe
  }

  // oxlint-disable-next-line unicorn/no-thenable -- being one is its purpose
  then(resolve: (value: unknown) => void, reject?: (error: unknown) => void): this {
    this.#resolve = resolve
    this.#reject = reject
    return this
  }

  catch(reject: (error: unknown) => void): this {
    this.#reject = reject
    return this
  }

  /** @param duration - Milliseconds. */
  succeed(duration: number): void {
    if (this.#settled) return
    this.#settled = true
    this.circuit.succeeded(this, duration)
  }

  fail(error: unknown, duration: number): void {
    if (this.#settled) return
    this.#settled = true
    this.circuit.failed(this, error, duration)
  }

  /** The outcome says nothing about the service. */
  ignore(): void {
    if (this.#settled) return
    this.#settled = true
    this.circuit.ignored(this)
  }

  /** Tells opossum. */
  countSuccess(): void {
    this.#resolve?.(undefined)
  }

  countFailure(error: unknown): void {
    // opossum rejects its promise, which nobody waits for.
    // oxlint-disable-next-line promise/no-promise-in-callback
    this.fired?.catch(() => undefined)
    this.#reject?.(error)
  }
}
