/**
 * Limits the concurrent calls after a successful probe: two, then four, doubling until `limit` is passed. Like TCP's
 * slow start.
 */
export class Ramp {
  readonly #limit: number
  #width = 2
  #active = 0
  /** The probe is the first one. */
  #successes = 1
  #failures = 0

  /** @param limit - At least 2. */
  constructor(limit: number) {
    this.#limit = limit
  }

  enter(): boolean {
    if (this.#active >= this.#width) return false
    this.#active++
    return true
  }

  release(): void {
    this.#active--
  }

  /** Returns `true` if the ramp is complete. */
  succeed(): boolean {
    this.#active--
    this.#successes++
    if (this.#successes >= this.#width) this.#width *= 2
    return this.#width > this.#limit
  }

  /** Returns `true` if the service has not recovered. The usual minimum volume would take too long to show it. */
  fail(errorThresholdPercentage: number): boolean {
    this.#active--
    this.#failures++
    return (this.#failures / (this.#failures + this.#successes)) * 100 >= errorThresholdPercentage
  }
}
