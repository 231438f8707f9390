import { performance } from 'node:perf_hooks'

const RESOLUTION = 20

/**
 * How late the event loop is with its work, from a timer every 20 milliseconds. `monitorEventLoopDelay` measures the same,
 * but its mean walks through all buckets of its histogram, which costs more than a request at each reading.
 */
export class LoopDelay {
  #timer: NodeJS.Timeout | undefined
  #firedAt = 0
  #total = 0
  #count = 0

  start(): void {
    this.#firedAt = performance.now()
    this.#timer = setInterval(() => {
      const now = performance.now()
      this.#total += Math.max(0, now - this.#firedAt - RESOLUTION)
      this.#count++
      this.#firedAt = now
    }, RESOLUTION)
    this.#timer.unref()
  }

  /** The average delay in milliseconds since the last call. */
  read(): number {
    const average = this.#count === 0 ? 0 : this.#total / this.#count
    this.#total = 0
    this.#count = 0
    return average
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
