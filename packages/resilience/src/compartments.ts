import { Circuit, type CircuitHost, type CircuitState } from './circuit.ts'
import { Bulkhead } from './layers/bulkhead.ts'
import type { Policy } from './options-policy.ts'

/** What calls with the same key share. */
export interface Compartment {
  readonly circuit: Circuit
  readonly bulkhead: Bulkhead | undefined
  usedAt: number
}

/** A compartment per key, bounded: what was not used for long goes, without a timer. */
export class Compartments {
  readonly #policy: Policy
  readonly #host: CircuitHost
  readonly #byKey = new Map<string, Compartment>()

  constructor(policy: Policy, host: CircuitHost) {
    this.#policy = policy
    this.#host = host
  }

  get size(): number {
    return this.#byKey.size
  }

  entries(): IterableIterator<[string, Compartment]> {
    this.#evictIdle()
    return this.#byKey.entries()
  }

  of(key: string): Compartment {
    const now = this.#host.clock.now()
    const found = this.#byKey.get(key)
    if (found) {
      // The map's order is the order of use, but moving an entry each time costs more than the call is worth.
      if (now - found.usedAt > 1000) {
        this.#byKey.delete(key)
        this.#byKey.set(key, found)
        found.usedAt = now
      }
      return found
    }
    this.#evictIdle()
    if (this.#byKey.size >= this.#policy.maxKeys) this.#evictOldest()
    const { bulkhead } = this.#policy
    const made: Compartment = {
      circuit: new Circuit(this.#policy, this.#host, key),
      bulkhead: bulkhead && new Bulkhead(bulkhead, this.#host.clock),
      usedAt: now
    }
    this.#byKey.set(key, made)
    return made
  }

  states(): Record<CircuitState, number> {
    const counts: Record<CircuitState, number> = { closed: 0, open: 0, 'half-open': 0, isolated: 0 }
    for (const [, { circuit }] of this.entries()) counts[circuit.state]++
    return counts
  }

  retire(): void {
    for (const { circuit } of this.#byKey.values()) circuit.retire()
  }

  #evictIdle(): void {
    const before = this.#host.clock.now() - this.#policy.idleTimeout
    for (const [key, { usedAt, circuit }] of this.#byKey) {
      if (usedAt >= before) return
      this.#evict(key, circuit)
    }
  }

  /** The one unused for longest; among the first few rather one that knows nothing worth keeping. */
  #evictOldest(): void {
    let looked = 0
    let oldest: [string, Circuit] | undefined
    for (const [key, { circuit }] of this.#byKey) {
      oldest ??= [key, circuit]
      if (circuit.state === 'closed') return this.#evict(key, circuit)
      if (++looked === 10) break
    }
    if (oldest) this.#evict(...oldest)
  }

  #evict(key: string, circuit: Circuit): void {
    circuit.retire()
    this.#byKey.delete(key)
  }
}
