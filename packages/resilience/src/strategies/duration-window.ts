/** The fewest calls of a window: twice as many as are active, within these. */
const LEAST_CALLS = { from: 10, to: 50 }
const MOST_CALLS = 1000
/** The relative error of the mean with which a window ends. */
const ERROR = 0.1

export interface DurationSummary {
  /** The geometric mean of the durations, in milliseconds. */
  mean: number
  /** How many calls were active at once, on average. */
  active: number
  /** How many were active at the end. */
  last: number
  /** Whether most calls were answered, so that the durations are not only lower bounds. */
  isConclusive: boolean
}

/**
 * Sums durations up until their mean is known well enough. The mean is the geometric one: a service has fast and slow
 * routes, and a few slow calls more among some dozens would change the arithmetic mean by as much as an overload does.
 */
export class DurationWindow {
  #earlier = 0
  #calls = 0
  #left = 0
  #logs = 0
  #squares = 0
  #active = 0

  /** Starts anew after some calls, which began before something changed. */
  skip(calls: number): void {
    this.#earlier = calls
    this.#calls = this.#left = this.#logs = this.#squares = this.#active = 0
  }

  /**
   * @param active - Concurrent calls when it ended, including itself.
   * @param hasLeft - Whether it would have taken longer.
   * @returns The summary, if the window ends with this call.
   */
  add(duration: number, active: number, hasLeft: boolean): DurationSummary | undefined {
    if (this.#earlier > 0) {
      this.#earlier--
      return undefined
    }
    const log = Math.log(duration)
    this.#calls++
    if (hasLeft) this.#left++
    this.#logs += log
    this.#squares += log * log
    this.#active += active
    return this.#isComplete(active) ? this.#end(active) : undefined
  }

  #isComplete(active: number): boolean {
    const calls = this.#calls
    const least = Math.max(LEAST_CALLS.from, Math.min(LEAST_CALLS.to, active * 2), active / 2)
    if (calls < least || calls >= MOST_CALLS) return calls >= least
    const variance = (this.#squares - this.#logs ** 2 / calls) / calls
    return variance <= ERROR ** 2 * calls
  }

  #end(last: number): DurationSummary {
    const calls = this.#calls
    const summary = {
      mean: Math.exp(this.#logs / calls),
      active: this.#active / calls,
      last,
      isConclusive: this.#left * 2 < calls
    }
    this.skip(0)
    return summary
  }
}
