import type { CounterCell } from '@seaworthy/contract'
import type { Clock } from '../clock.ts'
import { Gradient } from '../strategies/gradient-limit.ts'
import type { SheddingPolicy } from './options.ts'
import { Level, type Priority } from './level.ts'
import { LoadMeter, type LoadSample } from './load.ts'

interface Host {
  clock: Clock
  random: () => number
}

/** Decides which requests are turned away. */
export class Shedder {
  readonly #policy: SheddingPolicy
  readonly #host: Host
  readonly #level: Level
  readonly #meter: LoadMeter = new LoadMeter()
  readonly #gradient: Gradient | undefined
  readonly #shares: Record<Priority, number> = { low: 0.8, normal: 0.9, high: 1, critical: Infinity }
  readonly shed: Record<Priority, number> = { low: 0, normal: 0, high: 0, critical: 0 }
  cells: Record<Priority, CounterCell> | undefined
  #timer: NodeJS.Timeout | undefined
  #arrived = 0
  #active = 0
  #latest: LoadSample = { utilization: 0, delay: 0 }

  constructor(policy: SheddingPolicy, host: Host) {
    this.#policy = policy
    this.#host = host
    this.#level = new Level(policy)
    this.#gradient = policy.concurrency && new Gradient(policy.concurrency)
  }

  get limitsConcurrency(): boolean {
    return this.#gradient !== undefined
  }

  start(): void {
    this.#meter.start()
    this.#timer = setInterval(() => {
      this.#latest = this.#meter.read()
      this.#level.update(this.#latest, this.#arrived)
      this.#arrived = 0
    }, this.#policy.interval)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#meter.stop()
  }

  arrived(): void {
    this.#arrived++
  }

  /** Whether every request goes on, whatever its priority, and none needs to be counted. */
  get atEase(): boolean {
    return this.#gradient === undefined && this.#level.value === 0
  }

  /** Whether a request goes on. One that does is `ended` later, where concurrency is limited. */
  admits(priority: Priority): boolean {
    if (this.#level.sheds(priority, this.#host.random) || this.#full(priority)) {
      this.shed[priority]++
      this.cells?.[priority].inc()
      return false
    }
    this.#active++
    return true
  }

  #full(priority: Priority): boolean {
    if (this.#gradient === undefined) return false
    return this.#active >= Math.max(1, Math.floor(this.#gradient.limit * this.#shares[priority]))
  }

  /** @param duration - Milliseconds. */
  ended(duration: number, statusCode: number): void {
    // A failure that comes at once says nothing about how much the service can do.
    if (statusCode < 500 || statusCode === 504) this.#gradient?.sample(duration, this.#active, true)
    this.#active--
  }

  snapshot(): object {
    const limit = this.#gradient ? { concurrencyLimit: this.#gradient.limit, active: this.#active } : {}
    return { level: this.#level.value, ...this.#latest, ...limit, shed: { ...this.shed } }
  }
}
