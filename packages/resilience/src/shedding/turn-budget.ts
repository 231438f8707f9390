import type { Priority } from './priority.ts'

/** The share of the budget that requests of each priority may find spent, and are admitted still. */
const shares: Record<Priority, number> = { low: 0.6, normal: 1, high: 2.75, critical: Infinity }

/** Which of them have less time after a turn that was too long. */
const yields: Record<Priority, boolean> = { low: true, normal: true, high: false, critical: false }

/** Milliseconds for which a turn admits requests: a few of them, so that the loop is not idle between two turns. */
const USUAL = 20
/** The same while connections wait: each turn accepts one. */
const SHORT = 12
/** Milliseconds for which connections may wait before turns get short. */
const LONGEST_WAIT = 50
/** A turn admits so many requests before one of high priority finds it spent: a few that take long are no queue. */
const LEAST_OF_HIGH = 8

/**
 * Limits how long a turn of the event loop admits requests of normal priority under overload; each turn admits one at
 * least, unless those of high priority have spent its time already in the last one. A turn reads all connections that have
 * something to say before the next one begins: without a limit it grows with the load, and so does the wait of each
 * request, each probe and each new connection.
 */
export class TurnBudget {
  #budget = USUAL
  #startedAt = 0
  #hasStarted = false
  /** By how much the last turn was too long: requests of high priority, or one that took long. */
  #excess = 0
  /** How many requests this turn has admitted. */
  #admitted = 0
  /** Whether requests of high priority were admitted when this turn had no time left for others. */
  #isExtended = false
  /** Whether the last turn was too long for that reason. */
  #isBehind = false
  readonly #end = (): void => {
    this.#hasStarted = false
    this.#isBehind = this.#isExtended
    this.#isExtended = false
    this.#excess = Math.max(0, performance.now() - this.#startedAt - this.#budget)
  }

  /** @param wait - How long new connections wait, in milliseconds. */
  adapt(wait: number): void {
    this.#budget = wait > LONGEST_WAIT ? SHORT : USUAL
  }

  /** Whether this turn has no time left for a request. Call it for each one that would be admitted under overload. */
  isSpent(priority: Priority): boolean {
    const now = performance.now()
    if (!this.#hasStarted) {
      this.#hasStarted = true
      this.#startedAt = now
      this.#admitted = 0
      setImmediate(this.#end)
      if (!this.#isBehind) return this.#admit()
    }
    const elapsed = now - this.#startedAt
    if (yields[priority]) {
      return elapsed > this.#budget * shares[priority] - this.#excess || this.#admit()
    }
    this.#isExtended ||= elapsed > this.#budget
    return (elapsed > this.#budget * shares[priority] && this.#admitted >= LEAST_OF_HIGH) || this.#admit()
  }

  #admit(): false {
    this.#admitted++
    return false
  }
}
