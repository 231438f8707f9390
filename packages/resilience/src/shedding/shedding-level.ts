import type { LoadSample } from './load-meter.ts'
import { priorities, type Priority } from './priority.ts'

interface Thresholds {
  maxUtilization: number
  maxDelay: number
}

/** Fewer requests in an interval are not the cause of the load: rejecting them would not help. */
const MIN_REQUESTS = 3
const STEP_UP = 0.25
const STEP_DOWN = 0.15

/**
 * How many requests are rejected. From 0 to 1 it is a growing share of low priority, from 1 to 2 all of that and a share
 * of normal, from 2 to 3 of high. It changes by a step in each interval, until the load is just acceptable.
 */
export class SheddingLevel {
  readonly #thresholds: Thresholds
  #value = 0
  #overloadedIntervals = 0

  constructor(thresholds: Thresholds) {
    this.#thresholds = thresholds
  }

  get value(): number {
    return this.#value
  }

  /** @param requests - How many requests arrived in the interval. */
  update({ utilization, delay }: LoadSample, requests: number): void {
    const { maxUtilization, maxDelay } = this.#thresholds
    const isOverloaded = utilization >= maxUtilization && delay >= maxDelay && requests >= MIN_REQUESTS
    this.#overloadedIntervals = isOverloaded ? this.#overloadedIntervals + 1 : 0
    if (!isOverloaded) this.#value = Math.max(0, this.#value - STEP_DOWN)
    // A single overloaded interval may be a garbage collection.
    else if (this.#overloadedIntervals > 1) this.#value = Math.min(3, this.#value + STEP_UP)
  }

  rejects(priority: Priority, random: () => number): boolean {
    if (this.#value === 0) return false
    return random() < this.#value - priorities.indexOf(priority) && priority !== 'critical'
  }
}
