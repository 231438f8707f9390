import type { LoadSample } from './load-meter.ts'
import { priorities, type Priority } from './priority.ts'

interface Thresholds {
  maxUtilization: number
  maxDelay: number
  interval: number
}

/** Fewer requests in an interval are not the cause of the load: rejecting them would not help. */
const MIN_REQUESTS = 3
/** Overloaded intervals after which requests are rejected: a burst, a garbage collection or a start is over by then. */
const ONSET = 10
/** Under overload intervals end late. One counts for as long as it took, but one long pause is not a second of overload. */
const LONGEST_INTERVAL = 2
/** Intervals without rejections after which an overload is over: one that comes back sooner is the same. */
const CALM = 50
/** How much the level rises in an interval whose delay is `maxDelay`; with a longer delay it rises faster. */
const STEP_UP = 0.25
const LONGEST_STEP_UP = 1
/** How much the level falls in an interval without any work. */
const STEP_DOWN = 0.5
/**
 * How much it falls at least in an interval that is on time: rejections alone can keep the loop busy, and at a level that
 * stayed nothing would be served.
 */
const LEAST_STEP_DOWN = 0.05
/**
 * How far it falls while the loop is busy, or would be with what is rejected. It may be on time only because its turns are
 * limited; without a level they are not, and the queue would come back.
 */
const LEAST_WHILE_BUSY = 0.05
/**
 * The highest level for connections that wait while the loop is on time: all of low priority are rejected. To reject the
 * others too costs more answers than it saves, unless they take long.
 */
const HIGHEST_FOR_WAIT = 1
const HIGHEST = 3
/** While requests are rejected, delays are kept to this share of `maxDelay`. */
const KEPT_DELAY = 0.25

/**
 * How many requests are rejected. From 0 to 1 it is a growing share of low priority, from 1 to 2 all of that and a share
 * of normal, from 2 to 3 of high. It changes in each interval, so that the event loop is busy and on time.
 */
export class SheddingLevel {
  readonly #thresholds: Thresholds
  #value = 0
  #overloadedIntervals = 0
  #calmIntervals = CALM

  constructor(thresholds: Thresholds) {
    this.#thresholds = thresholds
  }

  get value(): number {
    return this.#value
  }

  /**
   * @param requests - How many requests arrived in the interval.
   * @param rejected - How many of them were rejected.
   */
  update({ utilization, delay, wait, elapsed }: LoadSample, requests: number, rejected: number): void {
    const { maxUtilization, maxDelay, interval } = this.#thresholds
    const isBusy = utilization >= maxUtilization && requests >= MIN_REQUESTS
    const idle = requests < MIN_REQUESTS ? 1 : Math.max(0, 1 - utilization)
    this.#calmIntervals = this.#value > 0 ? 0 : this.#calmIntervals + 1
    const isNew = this.#calmIntervals >= CALM
    const acceptable = isNew ? maxDelay : maxDelay * KEPT_DELAY
    const isOverloaded = isBusy && (delay >= acceptable || wait >= acceptable)
    if (isOverloaded) this.#overloadedIntervals += Math.min(LONGEST_INTERVAL, elapsed / interval)
    else this.#overloadedIntervals = isBusy ? Math.max(0, this.#overloadedIntervals - 1) : 0
    const onset = isNew ? ONSET : 1
    if (isOverloaded && this.#overloadedIntervals >= onset) {
      // Each on its own: connections that wait for seconds say nothing about others than those of low priority.
      if (wait >= acceptable) this.#rise(wait, HIGHEST_FOR_WAIT)
      if (delay >= acceptable) this.#rise(delay, HIGHEST)
    } else if (!isOverloaded) {
      const wouldBeBusy = utilization * requests >= maxUtilization * (requests - rejected)
      const least = wouldBeBusy && requests >= MIN_REQUESTS ? LEAST_WHILE_BUSY : 0
      this.#fall(Math.max(LEAST_STEP_DOWN, idle * STEP_DOWN), least)
    }
  }

  /** @param milliseconds - What was too long. */
  #rise(milliseconds: number, highest: number): void {
    const step = Math.min(LONGEST_STEP_UP, (STEP_UP * milliseconds) / this.#thresholds.maxDelay)
    this.#value = Math.max(this.#value, Math.min(highest, this.#value + step))
  }

  #fall(step: number, least: number): void {
    this.#value = Math.max(Math.min(least, this.#value), this.#value - step)
  }

  rejects(priority: Priority, random: () => number): boolean {
    if (this.#value === 0) return false
    return random() < this.#value - priorities.indexOf(priority) && priority !== 'critical'
  }
}
