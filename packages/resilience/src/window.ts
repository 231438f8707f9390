import type { EventEmitter } from 'node:events'
import CircuitBreaker from 'opossum'
import type { Clock } from './clock.ts'

// opossum rotates its buckets by a timer or an emitter. This one never speaks: buckets are rotated when they are
// looked at, so an idle breaker costs nothing, however many there are.
const inert = { on: () => inert, removeListener: () => inert, listenerCount: () => 1 }
const statusOptions = {
  rollingCountBuckets: 1,
  rollingPercentilesEnabled: false,
  enableSnapshots: false,
  rotateBucketController: inert
}
const Status = CircuitBreaker.newStatus(statusOptions as never).constructor as new (
  options: object
) => EventEmitter

const BUCKETS = 10
const SUCCESSES = 0
const FAILURES = 1
const SLOW = 2
const REJECTS = 3
const KINDS = 4

/** opossum's status, with totals that are kept instead of summed up, and without a list of every latency. */
export class Window extends Status {
  readonly #counts = new Uint32Array(BUCKETS * KINDS)
  readonly #totals = new Uint32Array(KINDS)
  readonly #clock: Clock
  readonly #width: number
  #head = 0
  #headStart: number

  /** @param length - Milliseconds that the window looks back. */
  constructor(clock: Clock, length: number) {
    super(statusOptions)
    this.#clock = clock
    this.#width = length / BUCKETS
    this.#headStart = clock.now()
  }

  /** What opossum decides by. Calls that are still at work, or were turned away, are no reason for anything. */
  get stats(): { fires: number; failures: number; successes: number; rejects: number; slow: number } {
    this.#rotate()
    const [successes = 0, failures = 0, slow = 0, rejects = 0] = this.#totals
    return { fires: successes + failures, failures, successes, rejects, slow }
  }

  /** opossum's: called for each of its events. */
  increment(property: string): void {
    if (property === 'successes') this.#add(SUCCESSES)
    else if (property === 'failures') this.#add(FAILURES)
  }

  slow(): void {
    this.#add(SLOW)
  }

  reject(): void {
    this.#add(REJECTS)
  }

  /** opossum's: the circuit has opened. */
  open(): void {}

  /** opossum's: the circuit has closed. What led to the outage says nothing about the time after it. */
  close(): void {
    this.#counts.fill(0)
    this.#totals.fill(0)
  }

  shutdown(): void {
    this.removeAllListeners()
  }

  #add(kind: number): void {
    this.#rotate()
    this.#counts[this.#head * KINDS + kind]!++
    this.#totals[kind]!++
  }

  #rotate(): void {
    const passed = Math.floor((this.#clock.now() - this.#headStart) / this.#width)
    if (passed <= 0) return
    this.#headStart += passed * this.#width
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
