import type { Server } from 'node:net'
import { type EventLoopUtilization, performance } from 'node:perf_hooks'
import type { AcceptQueue } from './accept-queue.ts'
import { LoopDelay } from './loop-delay.ts'

/** The load of one interval. */
export interface LoadSample {
  /** The share of the interval for which the event loop was busy, 0 to 1. */
  utilization: number
  /** The average delay of the event loop in milliseconds. */
  delay: number
  /** The wait of new connections in milliseconds. */
  wait: number
  /** How long it took, in milliseconds. */
  elapsed: number
}

/** Measures the load of the event loop between two calls of `read`. */
export class LoadMeter {
  readonly #delay = new LoopDelay()
  #since: EventLoopUtilization | undefined
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
    this.#delay.start()
    this.#since = performance.eventLoopUtilization()
  }

  read(): LoadSample {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, this.#since)
    this.#since = now
    const elapsed = performance.now() - this.#readAt
    this.#readAt += elapsed
    const wait = this.#acceptQueue.read(utilization >= this.#busy, elapsed)
    return { utilization, delay: this.#delay.read(), wait, elapsed }
  }

  stop(): void {
    this.#delay.stop()
    this.#acceptQueue.stop()
  }
}
