import { LinkedMap } from '@seaworthy/internal'

interface Count {
  used: number
  /** When the window ends, by the clock of `performance`. */
  readonly end: number
}

/** Networks that are counted one by one. Further ones share a count, so that a flood of them resets none. */
const maxNetworks = 10_000

const overflow = 'all others'

/** Counts attempts by network in windows of the same length, in memory that is bounded. */
export class GuessCounter {
  readonly #max: number
  readonly #window: number
  readonly #capacity: number
  /** In the order of their ends. */
  readonly #counts = new LinkedMap<Count>()

  /** @param window - **Milliseconds**. */
  constructor(max: number, window: number, capacity: number = maxNetworks) {
    this.#max = max
    this.#window = window
    this.#capacity = capacity
  }

  /** Counts an attempt. Returns the milliseconds to wait if there were too many; that attempt is not counted. */
  take(network: string): number {
    const now = performance.now()
    while (this.#counts.oldest !== undefined && this.#counts.oldest.end <= now) this.#counts.deleteOldest()
    const count = this.#countOf(network) ?? this.#open(network, now)
    if (count.used >= this.#max) return Math.max(1, count.end - now)
    count.used++
    return 0
  }

  /** Gives an attempt back that was none. */
  giveBack(network: string): void {
    const count = this.#countOf(network)
    if (count !== undefined && count.used > 0) count.used--
  }

  #countOf(network: string): Count | undefined {
    return (
      this.#counts.get(network) ??
      (this.#counts.size >= this.#capacity ? this.#counts.get(overflow) : undefined)
    )
  }

  #open(network: string, now: number): Count {
    const count = { used: 0, end: now + this.#window }
    this.#counts.set(this.#counts.size >= this.#capacity ? overflow : network, count)
    return count
  }
}
