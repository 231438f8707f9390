import type { Priority } from './priority.ts'

/** The share of the budget that requests of each priority may find spent, and are admitted still. */
const shares: Record<Priority, number> = { low: 0.25, normal: 1, high: 4, critical: Infinity }

/**
 * Limits how long a turn of the event loop admits requests under overload. A turn reads all connections that have
 * something to say before the next one begins: without a limit it grows with the load, and so does the wait of each
 * request, each probe and each new connection, of which a turn accepts one.
 */
export class TurnBudget {
  readonly #budget: number
  #startedAt = 0
  #hasStarted = false
  readonly #end = (): void => {
    this.#hasStarted = false
  }

  /** @param budget - Milliseconds for requests of normal priority. */
  constructor(budget: number) {
    this.#budget = budget
  }

  /** Whether this turn has no time left for a request. Call it for each one that arrives under overload. */
  isSpent(priority: Priority): boolean {
    const now = performance.now()
    if (this.#hasStarted) return now - this.#startedAt > this.#budget * shares[priority]
    this.#hasStarted = true
    this.#startedAt = now
    setImmediate(this.#end)
    return false
  }
}
