import { type EventLoopUtilization, monitorEventLoopDelay, performance } from 'node:perf_hooks'

/** The load of one interval. */
export interface LoadSample {
  /** The share of the interval for which the event loop was busy, 0 to 1. */
  utilization: number
  /** The average delay of the event loop in milliseconds. */
  delay: number
}

const RESOLUTION = 20

/** Measures the load of the event loop between two calls of `read`. */
export class LoadMeter {
  #delays: ReturnType<typeof monitorEventLoopDelay> | undefined
  #since: EventLoopUtilization | undefined
  #count = 0
  #total = 0

  start(): void {
    this.#delays = monitorEventLoopDelay({ resolution: RESOLUTION })
    this.#delays.enable()
    this.#since = performance.eventLoopUtilization()
  }

  read(): LoadSample {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, this.#since)
    this.#since = now
    return { utilization, delay: this.#readDelay() }
  }

  /** From the totals: the histogram's `reset()` drops a delay that is not over, and long delays are what matters. */
  #readDelay(): number {
    const { count = 0, mean = 0 } = this.#delays ?? {}
    const total = count === 0 ? 0 : count * mean
    const samples = count - this.#count
    const latest = samples > 0 ? (total - this.#total) / samples / 1e6 : 0
    this.#count = count
    this.#total = total
    return Math.max(0, latest - RESOLUTION)
  }

  stop(): void {
    this.#delays?.disable()
  }
}
