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

  start(): void {
    this.#delays = monitorEventLoopDelay({ resolution: RESOLUTION })
    this.#delays.enable()
    this.#since = performance.eventLoopUtilization()
  }

  read(): LoadSample {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, this.#since)
    this.#since = now
    const mean = this.#delays?.mean ?? 0
    this.#delays?.reset()
    return { utilization, delay: Number.isFinite(mean) ? Math.max(0, mean / 1e6 - RESOLUTION) : 0 }
  }

  stop(): void {
    this.#delays?.disable()
  }
}
