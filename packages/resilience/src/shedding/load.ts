import { type EventLoopUtilization, monitorEventLoopDelay, performance } from 'node:perf_hooks'

/** What an interval was like. */
export interface LoadSample {
  /** The share of it for which the event loop was busy, 0 to 1. Of this interval, not since the start. */
  utilization: number
  /** How late the event loop was, in milliseconds, on average. */
  delay: number
}

const RESOLUTION = 20

/** Measures the event loop, from one `read` to the next. */
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
    return { utilization, delay: this.#delay() }
  }

  /** From the totals: the histogram's reset drops the delay that is under way, and the long ones are what matters. */
  #delay(): number {
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
