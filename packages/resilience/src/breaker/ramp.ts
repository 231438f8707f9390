/** After a probe has succeeded: two calls at a time, then four, …, until `limit` is passed. Like TCP's slow start. */
export class Ramp {
  readonly #limit: number
  #width = 2
  #inside = 0
  // The probe.
  #successes = 1
  #failures = 0

  /** @param limit - At least 2. */
  constructor(limit: number) {
    this.#limit = limit
  }

  enter(): boolean {
    if (this.#inside >= this.#width) return false
    this.#inside++
    return true
  }

  left(): void {
    this.#inside--
  }

  /** True when the ramp is over. */
  succeeded(): boolean {
    this.#inside--
    this.#successes++
    if (this.#successes >= this.#width) this.#width *= 2
    return this.#width > this.#limit
  }

  /** True when it went wrong: the service is not back. The usual minimum volume would take too long to see it. */
  failed(errorThresholdPercentage: number): boolean {
    this.#inside--
    this.#failures++
    return (this.#failures / (this.#failures + this.#successes)) * 100 >= errorThresholdPercentage
  }
}
