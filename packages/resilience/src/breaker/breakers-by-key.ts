import { LinkedMap } from '@seaworthy/internal'
import { Circuit, type CircuitHost, type CircuitState } from './circuit.ts'
import { Bulkhead } from '../strategies/bulkhead.ts'
import type { Policy } from './policy-options.ts'

/** What calls with the same key share. */
export interface Compartment {
  readonly circuit: Circuit
  readonly bulkhead: Bulkhead | undefined
  usedAt: number
}

export const compartment = (policy: Policy, host: CircuitHost, now: number, key = ''): Compartment => ({
  circuit: new Circuit(policy, host, key),
  bulkhead: policy.bulkhead && new Bulkhead(policy.bulkhead, host.clock),
  usedAt: now
})

/** How many circuits are in each state. */
export function statesOf(circuits: Iterable<Circuit>): Record<CircuitState, number> {
  const counts: Record<CircuitState, number> = { closed: 0, open: 0, 'half-open': 0, isolated: 0 }
  for (const { state } of circuits) counts[state]++
  return counts
}

/** A compartment per key, bounded: what was not used for long goes, without a timer. */
export class Compartments {
  readonly #policy: Policy
  readonly #host: CircuitHost
  readonly #byKey = new LinkedMap<Compartment>()

  constructor(policy: Policy, host: CircuitHost) {
    this.#policy = policy
    this.#host = host
  }

  get size(): number {
    return this.#byKey.size
  }

  /** Those that are not idle for too long. */
  circuits(): Circuit[] {
    this.#evictIdle(this.#host.clock.now())
    return Array.from(this.#byKey.entries(), ([, { circuit }]) => circuit)
  }

  of(key: string, now: number): Compartment {
    const found = this.#byKey.get(key)
    if (found) {
      // The map's order is the order of use, but moving an entry each time costs more than the call is worth.
      if (now - found.usedAt > 1000) {
        this.#byKey.set(key, found)
        found.usedAt = now
      }
      return found
    }
    this.#evictIdle(now)
    if (this.#byKey.size >= this.#policy.maxKeys) this.#evictOldest()
    const made = compartment(this.#policy, this.#host, now, key)
    this.#byKey.set(key, made)
    return made
  }

  #evictIdle(now: number): void {
    const before = now - this.#policy.idleTimeout
    for (const [key, { usedAt }] of this.#byKey.entries()) {
      if (usedAt >= before) return
      this.#byKey.delete(key)
    }
  }

  /** The one unused for longest; among the first few rather one that knows nothing worth keeping. */
  #evictOldest(): void {
    let looked = 0
    let oldest: string | undefined
    for (const [key, { circuit }] of this.#byKey.entries()) {
      oldest ??= key
      if (circuit.state === 'closed') {
        oldest = key
        break
      }
      if (++looked === 10) break
    }
    if (oldest !== undefined) this.#byKey.delete(oldest)
  }
}
