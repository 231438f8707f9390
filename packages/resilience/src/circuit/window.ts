/** The counts of the calls that ended within the window. */
export interface WindowStats {
  /** Successes and failures together. */
  fires: number
  failures: number
  successes: number
  rejects: number
  slow: number
}

const BUCKETS = 10
const KINDS = 4
/** The kinds of counts. */
export const SUCCESSES = 0
export const FAILURES = 1
export const SLOW = 2
export const REJECTS = 3

const zeros = (length: number): number[] => Array.from({ length }, () => 0)

/**
 * A rolling window of ten buckets whose totals are updated instead of summed up. Buckets are rotated when the window is
 * used, so that an unused window needs no timer.
 */
export class Window {
  // Plain arrays: a typed array's header takes more memory than these few numbers.
  readonly #counts = zeros(BUCKETS * KINDS)
  readonly #totals = zeros(KINDS)
  readonly #bucketLength: number
  #head = 0
  #headEnd: number

  /**
   * @param length - Milliseconds.
   * @param now - The clock's time.
   */
  constructor(length: number, now: number) {
    this.#bucketLength = length / BUCKETS
    this.#headEnd = now + this.#bucketLength
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

  /** Takes back a recent count. One in an older bucket stays until that bucket is dropped. */
  subtract(kind: number, now: number): void {
    if (now >= this.#headEnd) this.#rotate(now)
    const index = this.#head * KINDS + kind
    if (this.#counts[index] === 0) return
    this.#counts[index]!--
    this.#totals[kind]!--
  }

  #rotate(now: number): void {
    const elapsedBuckets = 1 + Math.floor((now - this.#headEnd) / this.#bucketLength)
    this.#headEnd += elapsedBuckets * this.#bucketLength
    for (let step = Math.min(elapsedBuckets, BUCKETS); step > 0; step--) {
      this.#head = (this.#head + 1) % BUCKETS
      for (let kind = 0; kind < KINDS; kind++) {
        const index = this.#head * KINDS + kind
        this.#totals[kind]! -= this.#counts[index]!
        this.#counts[index] = 0
      }
    }
  }
}
