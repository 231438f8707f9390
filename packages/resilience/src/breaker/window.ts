/** What ended inside the window. */
export interface WindowStats {
  /** Calls that count. Those at work, or turned away, are no reason for anything. */
  fires: number
  failures: number
  successes: number
  rejects: number
  slow: number
}

const BUCKETS = 10
const KINDS = 4
/** What is counted. */
export const SUCCESSES = 0
export const FAILURES = 1
export const SLOW = 2
export const REJECTS = 3

const zeros = (length: number): number[] => Array.from({ length }, () => 0)

/**
 * Counts of the last time, in ten buckets, with totals that are kept instead of summed up. Buckets are rotated when
 * they are looked at, so an idle one costs nothing, however many there are.
 */
export class Window {
  // Plain arrays: of typed ones this small, the wrapping takes more memory than the numbers.
  readonly #counts = zeros(BUCKETS * KINDS)
  readonly #totals = zeros(KINDS)
  readonly #width: number
  #head = 0
  #headEnd: number

  /**
   * @param length - Milliseconds that the window looks back.
   * @param now - What the clock says.
   */
  constructor(length: number, now: number) {
    this.#width = length / BUCKETS
    this.#headEnd = now + this.#width
  }

  stats(now: number): WindowStats {
    if (now >= this.#headEnd) this.#rotate(now)
    const [successes = 0, failures = 0, slow = 0, rejects = 0] = this.#totals
    return { fires: successes + failures, failures, successes, rejects, slow }
  }

  add(kind: number, now: number): void {
    if (now >= this.#headEnd) this.#rotate(now)
    this.#counts[this.#head * KINDS + kind]!++
    this.#totals[kind]!++
  }

  /** What was counted lately was something else. */
  takeBack(kind: number, now: number): void {
    if (now >= this.#headEnd) this.#rotate(now)
    const at = this.#head * KINDS + kind
    // Otherwise it is in an older bucket, and leaves with that.
    if (this.#counts[at] === 0) return
    this.#counts[at]!--
    this.#totals[kind]!--
  }

  /** What led to an outage says nothing about the time after it. */
  clear(): void {
    this.#counts.fill(0)
    this.#totals.fill(0)
  }

  #rotate(now: number): void {
    const passed = 1 + Math.floor((now - this.#headEnd) / this.#width)
    this.#headEnd += passed * this.#width
    for (let step = Math.min(passed, BUCKETS); step > 0; step--) {
      this.#head = (this.#head + 1) % BUCKETS
      for (let kind = 0; kind < KINDS; kind++) {
        const at = this.#head * KINDS + kind
        this.#totals[kind]! -= this.#counts[at]!
        this.#counts[at] = 0
      }
    }
  }
}
