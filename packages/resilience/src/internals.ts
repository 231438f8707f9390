import type { EventEmitter } from 'node:events'
import CircuitBreaker from 'opossum'
import type { CircuitPolicy } from './breaker/circuit-options.ts'
import { FAILURES, type Window, type WindowStats } from './breaker/window.ts'

// opossum rotates its buckets by a timer or an emitter. This one never speaks: our windows rotate by themselves.
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

/** opossum's status: the window of the circuit that it looks at, without a list of every latency. */
class View extends Status {
  window: Window | undefined
  now = 0

  constructor() {
    super(statusOptions)
  }

  get stats(): WindowStats {
    return this.window!.stats(this.now)
  }

  /** opossum's: called for each of its events. */
  increment(property: string): void {
    if (property === 'failures') this.window!.add(FAILURES, this.now)
  }

  /** opossum's: the circuit has opened, or closed. */
  open(): void {}
  close(): void {}
}

// opossum's own timer must not fire before we have closed it again.
const NEVER = 2 ** 31 - 1

/** What opossum's action gives back: a thenable that fails at once, so that opossum decides at once. */
class Failed {
  readonly #error: unknown

  constructor(error: unknown) {
    this.#error = error
  }

  // oxlint-disable-next-line unicorn/no-thenable -- being one is its purpose
  then(): this {
    return this
  }

  catch(reject: (error: unknown) => void): this {
    reject(this.#error)
    return this
  }
}
const fail = (error: unknown): Failed => new Failed(error)

/**
 * opossum decides when a circuit opens. It only has something to decide when a call has failed, and keeps nothing
 * between two decisions that is not in the circuit's window: so all circuits of a policy share one, made when the
 * first call fails. A circuit without failures is a few counters.
 */
export class Engine {
  readonly #view = new View()
  readonly #breaker: CircuitBreaker<[unknown]>

  constructor({ strategy, consecutive, volumeThreshold, errorThresholdPercentage }: CircuitPolicy) {
    const byRatio = strategy === 'ratio' && consecutive === undefined
    // A fresh object: opossum writes into it.
    this.#breaker = new CircuitBreaker<[unknown]>(fail as never, {
      timeout: false,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      volumeThreshold: byRatio ? volumeThreshold : Number.MAX_SAFE_INTEGER,
      // opossum opens above the percentage: with 100 it never would.
      errorThresholdPercentage: errorThresholdPercentage - 1e-9,
      resetTimeout: NEVER,
      status: this.#view as never
    })
  }

  /** Counts a failure into the window, and says whether the circuit must open. */
  opens(window: Window, error: unknown, now: number): boolean {
    this.#view.window = window
    this.#view.now = now
    // It rejects its promise, which nobody waits for.
    this.#breaker.fire(error).catch(() => undefined)
    this.#view.window = undefined
    if (!this.#breaker.opened) return false
    // Clears its timer too.
    this.#breaker.close()
    return true
  }
}
