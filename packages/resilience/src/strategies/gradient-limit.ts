interface Limits {
  limit: number
  minLimit: number
  maxLimit: number
}

/** Slower than usual by this much is still usual. */
const TOLERANCE = 1.5
const SMOOTHING = 0.2

/** Netflix's gradient: the limit follows how the latest calls' time compares with the usual one. */
export class Gradient {
  readonly #min: number
  readonly #max: number
  #limit: number
  #usual = 0

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
   * @param active - Calls at work when it ended, itself included.
   */
  sample(duration: number, active: number, ok: boolean): void {
    const latest = Math.max(duration, 0.01)
    this.#usual = this.#usual === 0 ? latest : this.#usual * 0.99 + latest * 0.01
    // After a slow time the usual must come down faster than it went up, or the limit would stay too high.
    if (this.#usual > latest * 2) this.#usual *= 0.95
    if (!ok) return this.#move(this.#limit * 0.9)
    // Nobody knows what a limit does that is not reached.
    if (active < this.#limit / 2) return

    const gradient = Math.min(1, Math.max(0.5, (TOLERANCE * this.#usual) / latest))
    this.#move(this.#limit * (1 - SMOOTHING) + SMOOTHING * (this.#limit * gradient + Math.sqrt(this.#limit)))
  }

  #move(limit: number): void {
    this.#limit = Math.min(Math.max(limit, this.#min), this.#max)
  }
}
