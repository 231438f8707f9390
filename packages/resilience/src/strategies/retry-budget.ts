import type { Clock } from '../clock.ts'

interface BudgetPolicy {
  budget: number
  floor: number
}

/** How many tries there may be beside the first ones: a share of them, and a few a second. */
export class Budget {
  readonly #policy: BudgetPolicy
  readonly #clock: Clock
  #share = 0
  #floor: number
  #filledAt: number

  constructor(policy: BudgetPolicy, clock: Clock) {
    this.#policy = policy
    this.#clock = clock
    this.#floor = policy.floor
    this.#filledAt = clock.now()
  }

  /** A first try: it pays for a share of another one. */
  deposit(): void {
    this.#share = Math.min(this.#share + this.#policy.budget, Math.max(1, this.#policy.floor))
  }

  /** Whether there may be another try; takes it if so. */
  withdraw(): boolean {
    const now = this.#clock.now()
    const { floor } = this.#policy
    this.#floor = Math.min(floor, this.#floor + ((now - this.#filledAt) / 1000) * floor)
    this.#filledAt = now
    // 0.2 five times is a little less than 1.
    if (this.#share >= 1 - 1e-9) {
      this.#share -= 1
      return true
    }
    if (this.#floor < 1) return false
    this.#floor -= 1
    return true
  }
}
