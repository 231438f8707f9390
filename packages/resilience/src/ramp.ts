/** After a probe has succeeded: two calls at a time, then four, …, until `limit` is passed. Like TCP's slow start. */
export class Ramp {
  readonly #limit: number
  #width = 0
  #inside = 0
  #successes = 0
  #failures = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get active(): boolean {
    return this.#width > 0
  }

  start(): void {
    this.#width = this.#limit >= 2 ? 2 : 0
    this.#inside = 0
    // The probe.
    this.#successes = 1
    this.#failures = 0
  }

  stop(): void {
    this.#width = 0
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
    if (this.#width <= this.#limit) return false
    this.stop()
    return true
  }

  /** True when it went wrong: the service is not back. The usual minimum volume would take too long to see it. */
  failed(errorThresholdPercentage: number): boolean {
    this.#inside--
    this.#failures++
    return (this.#failures / (this.#failures + this.#successes)) * 100 >= errorThresholdPercentage
  }
}
