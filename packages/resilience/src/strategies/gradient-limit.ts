interface Limits {
  limit: number
  minLimit: number
  maxLimit: number
}

/** A call counts as slow if it takes this many times longer than usual. */
const TOLERANCE = 1.5
const SMOOTHING = 0.2

/**
 * Netflix's gradient: a concurrency limit that follows the ratio of the usual and the latest duration of calls. What is
 * usual is learned while the limit is far or at its lowest: near the limit, calls may be slow because there are so many.
 */
export class GradientLimit {
  readonly #min: number
  readonly #max: number
  #limit: number
  #usualDuration = 0

  constructor({ limit, minLimit, maxLimit }: Limits) {
    this.#min = minLimit
    this.#max = maxLimit
    this.#limit = Math.min(Math.max(limit, minLimit), maxLimit)
  }

  get limit(): number {
    return Math.floor(this.#limit)
  }

  /**
   * @param duration - Milliseconds that a call took.
   * @param active - Concurrent calls when it ended, including itself.
   */
  sample(duration: number, active: number, succeeded: boolean): void {
    const latest = Math.max(duration, 0.01)
    // A limit that is not reached shows no effect on the duration.
    const isFar = active < this.#limit / 2
    this.#learn(latest, isFar || this.#limit === this.#min)
    if (!succeeded) return this.#setLimit(this.#limit * 0.9)
    if (!isFar) this.#follow(latest)
  }

  /** A call whose caller has left: it would have taken longer. */
  atLeast(duration: number, active: number): void {
    if (active >= this.#limit / 2 && duration > this.#usualDuration) this.#follow(duration)
  }

  #follow(latest: number): void {
    const gradient = Math.min(1, Math.max(0.5, (TOLERANCE * this.#usualDuration) / latest))
    const target = this.#limit * gradient + Math.sqrt(this.#limit)
    this.#setLimit(this.#limit * (1 - SMOOTHING) + SMOOTHING * target)
  }

  #learn(latest: number, mayRise: boolean): void {
    const usual = this.#usualDuration
    if (usual === 0) this.#usualDuration = latest
    else if (mayRise || latest < usual) this.#usualDuration = usual * 0.99 + latest * 0.01
    // After a slow time it must fall faster than it rose, or the limit would stay too high.
    if (this.#usualDuration > latest * 2) this.#usualDuration *= 0.95
  }

  #setLimit(limit: number): void {
    this.#limit = Math.min(Math.max(limit, this.#min), this.#max)
  }
}
