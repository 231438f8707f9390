import type { Server, Socket } from 'node:net'
import type { CounterCell } from '@seaworthy/contract'
import { AdaptiveLimit } from '../strategies/adaptive-limit.ts'
import { AcceptQueue } from './accept-queue.ts'
import { LoadMeter, type LoadSample } from './load-meter.ts'
import type { SheddingPolicy } from './options.ts'
import type { Priority } from './priority.ts'
import { SheddingLevel } from './shedding-level.ts'
import { TurnBudget } from './turn-budget.ts'

/**
 * How many times `maxDelay` a connection of each priority may have waited until it was accepted. Clients give up, and what
 * is done for one that has given up is done instead of what others wait for.
 */
const patience: Record<Priority, number> = { low: 1, normal: 1, high: 4, critical: Infinity }

/** Decides which requests are rejected under overload. */
export class Shedder {
  readonly #policy: SheddingPolicy
  readonly #random: () => number
  readonly #level: SheddingLevel
  readonly #turn = new TurnBudget()
  readonly #acceptQueue = new AcceptQueue()
  readonly #meter: LoadMeter
  readonly #concurrency: AdaptiveLimit | undefined
  /** The share of the concurrency limit up to which each priority is admitted. */
  readonly #shares: Record<Priority, number> = { low: 0.8, normal: 0.9, high: 1, critical: Infinity }
  readonly #rejected: Record<Priority, number> = { low: 0, normal: 0, high: 0, critical: 0 }
  #cells: Record<Priority, CounterCell> | undefined
  #timer: NodeJS.Timeout | undefined
  #arrivals = 0
  #rejections = 0
  #active = 0
  #latest: LoadSample = { utilization: 0, delay: 0, wait: 0, elapsed: 0 }

  constructor(policy: SheddingPolicy, random: () => number) {
    this.#policy = policy
    this.#random = random
    this.#level = new SheddingLevel(policy)
    this.#meter = new LoadMeter(policy.maxUtilization, this.#acceptQueue)
    this.#concurrency = policy.concurrency && new AdaptiveLimit(policy.concurrency)
  }

  get limitsConcurrency(): boolean {
    return this.#concurrency !== undefined
  }

  /** Cells are bound once: under overload, rejecting a request must cost little. */
  bind(cells: Record<Priority, CounterCell>): void {
    this.#cells = cells
  }

  /** @param server - Where connections arrive. */
  start(server: Server): void {
    this.#meter.start(server)
    this.#timer = setInterval(() => {
      this.#latest = this.#meter.read()
      this.#level.update(this.#latest, this.#arrivals, this.#rejections)
      this.#turn.adapt(this.#latest.wait)
      this.#acceptQueue.keepsWaits = this.#level.value > 0
      this.#arrivals = 0
      this.#rejections = 0
    }, this.#policy.interval)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#meter.stop()
  }

  countArrival(): void {
    this.#arrivals++
  }

  /** Whether all requests are admitted, whatever their priority, and need not be counted. */
  get isIdle(): boolean {
    return this.#concurrency === undefined && this.#level.value === 0
  }

  /** Admits or rejects a request. An admitted one must be released, where concurrency is limited. */
  admits(priority: Priority, socket: Socket): boolean {
    if (this.#isOverloaded(priority, socket) || this.#isFull(priority)) {
      this.#rejections++
      this.#rejected[priority]++
      this.#cells?.[priority].inc()
      return false
    }
    this.#active++
    return true
  }

  #isOverloaded(priority: Priority, socket: Socket): boolean {
    if (this.#level.value === 0) return false
    if (this.#acceptQueue.takeWait(socket) > this.#policy.maxDelay * patience[priority]) return true
    return this.#level.rejects(priority, this.#random) || this.#turn.isSpent(priority)
  }

  #isFull(priority: Priority): boolean {
    if (this.#concurrency === undefined) return false
    return this.#active >= Math.max(1, Math.floor(this.#concurrency.limit * this.#shares[priority]))
  }

  /**
   * @param duration - Milliseconds.
   * @param outcome - The status, or that the client has left before it had one.
   */
  release(duration: number, outcome: number | 'left'): void {
    if (outcome === 'left') this.#concurrency?.atLeast(duration, this.#active)
    // A fast failure shows nothing about the capacity of the service.
    else if (outcome < 500 || outcome === 504) this.#concurrency?.sample(duration, this.#active, true)
    this.#active--
  }

  snapshot(): object {
    const concurrency = this.#concurrency && {
      concurrencyLimit: this.#concurrency.limit,
      active: this.#active
    }
    const { utilization, delay, wait } = this.#latest
    return { level: this.#level.value, utilization, delay, wait, ...concurrency, shed: { ...this.#rejected } }
  }
}
