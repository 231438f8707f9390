import type { Clock } from '../clock.ts'

interface BudgetPolicy {
  budget: number
  floor: number
}

/** Limits the attempts after first ones, by retries and hedges: a share of the calls, and a few a second. */
export class RetryBudget {
  readonly #policy: BudgetPolicy
  readonly #clock: Clock
  /** Attempts that calls have paid for. */
  #earned = 0
  /** Attempts that time has paid for. */
  #floor: number
  #floorUpdatedAt: number

  constructor(policy: BudgetPolicy, clock: Clock) {
    this.#policy = policy
    this.#clock = clock
    this.#floor = policy.floor
    this.#floorUpdatedAt = clock.now()
  }

  /** Adds the share of a first attempt. */
  deposit(): void {
    this.#earned = Math.min(this.#earned + this.#policy.budget, Math.max(1, this.#policy.floor))
  }

  /** Takes one attempt. Returns `false` if the budget is spent. */
  withdraw(): boolean {
    const now = this.#clock.now()
    const { floor } = this.#policy
    this.#floor = Math.min(floor, this.#floor + ((now - this.#floorUpdatedAt) / 1000) * floor)
    this.#floorUpdatedAt = now
    // Adding 0.2 five times gives a little less than 1.
    if (this.#earned >= 1 - 1e-9) {
      this.#earned -= 1
      return true
    }
    if (this.#floor < 1) return false
    this.#floor -= 1
    return true
  }
}
