import { type DurationSummary, DurationWindow } from './duration-window.ts'

interface Limits {
  limit: number
  minLimit: number
  maxLimit: number
}

/** Calls may take this many times as long as without a queue. */
const TOLERANCE = 1.5
/** Durations whose ratio is less than this are the same. */
const SAME = 1.15
/** The share of the duration that is left at most when a step of a probe has made a queue shorter. */
const SHORTER = 0.8
/** Windows until what was probed is too old to be relied on. */
const VALID_FOR = 60
/** How much of a window's duration is learned at once, far from the limit. */
const LEARNING = 0.2

interface Probe {
  /** Before it, as the limit. */
  limit: number
  /** Before it, in calls a millisecond. */
  throughput: number
  /** At its last step, in milliseconds. */
  duration: number
}

/**
 * A concurrency limit that keeps queues short, wherever they are: in this process or in a service that it calls. It follows
 * the ratio of what calls take without a queue and what they take now. The former is learned far from the limit, and near
 * it by a probe: the limit is halved until calls get no shorter. A limit is lowered only after a probe, since a service may
 * have become slower, and probed anew after a while, or when it has halved.
 */
export class AdaptiveLimit {
  readonly #min: number
  readonly #max: number
  readonly #window = new DurationWindow()
  #limit: number
  /** The duration of calls without a queue, in milliseconds. 0 while it is unknown. */
  #base = 0
  #probe: Probe | undefined
  #validFor = 0
  #validFrom = 0

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
    if (succeeded) return this.#add(Math.max(duration, 0.01), active, false)
    this.#probe = undefined
    this.#set(this.#limit * 0.9)
  }

  /** A call whose caller has left: it would have taken longer. */
  atLeast(duration: number, active: number): void {
    if (this.#base > 0 && duration > this.#base) this.#add(duration, active, true)
  }

  #add(duration: number, active: number, hasLeft: boolean): void {
    const summary = this.#window.add(duration, active, hasLeft)
    if (!summary) return
    if (this.#validFor > 0) this.#validFor--
    if (this.#probe) this.#step(this.#probe, summary)
    // A limit that is not reached shows no effect on the duration.
    else if (summary.active < this.#limit / 2) this.#learn(summary)
    else this.#adapt(summary)
  }

  #learn({ mean, isConclusive }: DurationSummary): void {
    if (isConclusive) this.#base += (mean - this.#base) * (this.#base === 0 ? 1 : LEARNING)
  }

  #adapt({ mean, active, last, isConclusive }: DurationSummary): void {
    const isValid = this.#validFor > 0 && this.#limit >= this.#validFrom
    if (isConclusive && !isValid && mean > this.#base * SAME) {
      // Durations of a queue that grows are not comparable yet: the first step is never the last.
      this.#probe = { limit: this.#limit, throughput: active / mean, duration: Infinity }
      this.#lower(active / 2, last)
    } else if (mean > this.#base * TOLERANCE) {
      this.#lower(active * Math.max(0.5, (this.#base * TOLERANCE) / mean), last)
    } else this.#set(this.#limit + Math.sqrt(this.#limit))
  }

  /** Ends the probe, or halves the limit once more if that has made calls shorter. */
  #step(probe: Probe, { mean, last, isConclusive }: DurationSummary): void {
    const hasQueue = mean < probe.duration * SHORTER && mean > this.#base * SAME
    if (isConclusive && hasQueue && this.#limit > this.#min) {
      probe.duration = mean
      return this.#lower(this.#limit / 2, last)
    }
    this.#probe = undefined
    if (isConclusive) this.#base = mean
    this.#set(Math.min(probe.limit, Math.max(this.#limit, probe.throughput * this.#base * TOLERANCE)))
    this.#validFor = VALID_FOR
    this.#validFrom = this.#limit / 2
  }

  /** Calls that are active began under the limit before, and show nothing about this one. */
  #lower(limit: number, active: number): void {
    this.#window.skip(active)
    this.#set(limit)
  }

  #set(limit: number): void {
    this.#limit = Math.min(Math.max(limit, this.#min), this.#max)
  }
}
