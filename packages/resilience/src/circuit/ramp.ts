/** Slots that calls without an outcome may add at most. */
const maxExtra = 8

/**
 * Limits the concurrent calls after a successful probe: two, then four, doubling until `limit` is passed. Like TCP's
 * slow start.
 */
export class Ramp {
  readonly #limit: number
  /** Milliseconds. */
  readonly #staleAfter: number
  #width = 2
  #extra = 0
  #active = 0
  /** When the latest call was admitted or ended. */
  #movedAt: number
  /** The probe is the first one. */
  #successes = 1
  #failures = 0

  /**
   * @param limit - At least 2.
   * @param staleAfter - Milliseconds after which calls that do not end no longer hold their slots.
   * @param now - The clock's time.
   */
  constructor(limit: number, staleAfter: number, now: number) {
    this.#limit = limit
    this.#staleAfter = staleAfter
    this.#movedAt = now
  }

  enter(now: number): boolean {
    if (this.#active >= this.#width + this.#extra) {
      // Calls without a time limit may never end: they must not keep out all others.
      if (now - this.#movedAt < this.#staleAfter) return false
      this.#active = 0
    }
    this.#active++
    this.#movedAt = now
    return true
  }

  #release(now: number): void {
    this.#active = Math.max(0, this.#active - 1)
    this.#movedAt = now
  }

  /** A call has ended without an outcome. */
  ignore(now: number): void {
    this.#release(now)
    this.#extra = Math.min(this.#extra + 1, maxExtra)
  }

  /** Returns `true` if the ramp is complete. */
  succeed(now: number): boolean {
    this.#release(now)
    this.#successes++
    if (this.#successes >= this.#width) this.#width *= 2
    return this.#width > this.#limit
  }

  /** Returns `true` if the service has not recovered. The usual minimum volume would take too long to show it. */
  fail(errorThresholdPercentage: number, now: number): boolean {
    this.#release(now)
    this.#failures++
    return this.#hasFailed(errorThresholdPercentage)
  }

  /** A call that had succeeded has failed after all. Returns what {@link fail} does. */
  failLate(errorThresholdPercentage: number): boolean {
    this.#successes = Math.max(1, this.#successes - 1)
    this.#failures++
    return this.#hasFailed(errorThresholdPercentage)
  }

  #hasFailed(errorThresholdPercentage: number): boolean {
    return (this.#failures / (this.#failures + this.#successes)) * 100 >= errorThresholdPercentage
  }
}
