import { LinkedMap } from '@seaworthy/internal'
import { Bulkhead } from '../strategies/bulkhead.ts'
import type { WaitHost } from '../strategies/timed-wait.ts'
import { Circuit, type CircuitObserver } from '../circuit/circuit.ts'
import type { Policy } from './policy-options.ts'

type EntryHost = CircuitObserver & WaitHost

/** The state that calls with the same key share. */
export interface BreakerEntry {
  readonly circuit: Circuit
  readonly bulkhead: Bulkhead | undefined
  /** On the clock, in milliseconds. */
  usedAt: number
}

export const createEntry = (policy: Policy, host: EntryHost, now: number, key = ''): BreakerEntry => ({
  circuit: new Circuit(policy, host, key),
  bulkhead: policy.bulkhead && new Bulkhead(policy.bulkhead, host),
  usedAt: now
})

/** One entry for each key, up to a number. Unused ones are removed without a timer, when others are used. */
export class BreakersByKey {
  readonly #policy: Policy
  readonly #host: EntryHost
  readonly #entries = new LinkedMap<BreakerEntry>()

  constructor(policy: Policy, host: EntryHost) {
    this.#policy = policy
    this.#host = host
  }

  /** The circuits of the keys that are in use. */
  circuits(): Circuit[] {
    this.#evictIdle(this.#host.clock.now())
    return Array.from(this.#entries.entries(), ([, { circuit }]) => circuit)
  }

  get(key: string, now: number): BreakerEntry {
    const entry = this.#entries.get(key)
    if (entry) {
      // The map is in order of use, but moving an entry on each call would cost more than it is worth.
      if (now - entry.usedAt > 1000) {
        this.#entries.set(key, entry)
        entry.usedAt = now
      }
      return entry
    }
    this.#evictIdle(now)
    if (this.#entries.size >= this.#policy.maxKeys) this.#evictOldest()
    const created = createEntry(this.#policy, this.#host, now, key)
    this.#entries.set(key, created)
    return created
  }

  #evictIdle(now: number): void {
    const before = now - this.#policy.idleTimeout
    for (const [key, { usedAt }] of this.#entries.entries()) {
      if (usedAt >= before) return
      this.#entries.delete(key)
    }
  }

  /** Of the ten unused for the longest time, the first that is closed, or else the first. */
  #evictOldest(): void {
    let seen = 0
    let oldest: string | undefined
    for (const [key, { circuit }] of this.#entries.entries()) {
      oldest ??= key
      if (circuit.state === 'closed') {
        oldest = key
        break
      }
      if (++seen === 10) break
    }
    if (oldest !== undefined) this.#entries.delete(oldest)
  }
}
