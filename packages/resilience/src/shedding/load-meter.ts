import type { Server } from 'node:net'
import { type EventLoopUtilization, monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { AcceptQueue } from './accept-queue.ts'

/** The load of one interval. */
export interface LoadSample {
  /** The share of the interval for which the event loop was busy, 0 to 1. */
  utilization: number
  /** The average delay of the event loop in milliseconds. */
  delay: number
  /** The wait of new connections in milliseconds. */
  wait: number
}

const RESOLUTION = 20

/** Measures the load of the event loop between two calls of `read`. */
export class LoadMeter {
  #delays: ReturnType<typeof monitorEventLoopDelay> | undefined
  #since: EventLoopUtilization | undefined
  #count = 0
  #total = 0
  #readAt = 0
  readonly #busy: number
  readonly #acceptQueue: AcceptQueue

  /** @param busy - The utilization from which the connections that wait are looked at. */
  constructor(busy: number, acceptQueue: AcceptQueue) {
    this.#busy = busy
    this.#acceptQueue = acceptQueue
  }

  start(server: Server): void {
    this.#acceptQueue.start(server)
    this.#readAt = performance.now()
    this.#delays = monitorEventLoopDelay({ resolution: RESOLUTION })
    this.#delays.enable()
    this.#since = performance.eventLoopUtilization()
  }

  read(): LoadSample {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, this.#since)
    this.#since = now
    return { utilization, delay: this.#readDelay(), wait: this.#readWait(utilization) }
  }

  #readWait(utilization: number): number {
    const now = performance.now()
    const elapsed = now - this.#readAt
    this.#readAt = now
    const accepted = this.#acceptQueue.next()
    // Each turn accepts a connection where one waits.
    if (utilization < this.#busy || accepted === 0) return 0
    return this.#acceptQueue.wait(accepted, elapsed)
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
    this.#acceptQueue.stop()
  }
}
