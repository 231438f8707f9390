import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { HistogramCells } from '../metrics/histogram-shape.ts'

/** Seconds of a step. */
export const stepSeconds = 5
const steps = 180

/** One step of the last minutes. Steps of several workers have the same numbers, so that they can be added. */
export interface HistoryStep {
  /** Seconds since 1970, divided by {@link stepSeconds}. */
  step: number
  failed: number
  buckets: number[]
  /** Share of time in which the event loop was busy, and the longest of 99 % of its delays in milliseconds. */
  loop: number
  lag: number
  rss: number
  heap: number
}

/** The numbers that the history reads at each step. */
export interface HistorySource {
  readonly bounds: readonly number[]
  readonly cells: readonly HistogramCells[]
}

/**
 * The last fifteen minutes in steps of five seconds, as numbers in typed arrays: 18 KB with the default buckets, however
 * many routes there are, and 200 KB from 260 buckets on. A timer reads counters that exist anyway, so a request costs
 * nothing.
 */
export class History {
  readonly #source: HistorySource
  readonly #width: number
  readonly #steps = new Uint32Array(steps)
  readonly #failed = new Uint32Array(steps)
  readonly #buckets: Uint32Array
  readonly #gauges = new Float64Array(steps * 4)
  readonly #last: Float64Array
  readonly #onTick: () => void
  #loop = performance.eventLoopUtilization()
  #delay: ReturnType<typeof monitorEventLoopDelay> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(source: HistorySource, onTick: () => void) {
    this.#source = source
    this.#onTick = onTick
    this.#width = source.bounds.length + 1
    this.#buckets = new Uint32Array(steps * this.#width)
    this.#last = new Float64Array(this.#width + 1)
  }

  start(): void {
    this.#read(this.#last)
    this.#delay = monitorEventLoopDelay({ resolution: 50 })
    this.#delay.enable()
    this.#timer = setInterval(() => {
      this.#record()
      this.#onTick()
    }, stepSeconds * 1000).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#delay?.disable()
  }

  /** Bytes of its numbers. They are the same from the start on. */
  get byteLength(): number {
    const arrays = [this.#steps, this.#failed, this.#buckets, this.#gauges, this.#last]
    return arrays.reduce((bytes, array) => bytes + array.byteLength, 0)
  }

  /** The steps, oldest first. */
  list(): HistoryStep[] {
    const order = [...this.#steps.keys()].filter((at) => this.#steps[at]! > 0)
    return order
      .sort((a, b) => this.#steps[a]! - this.#steps[b]!)
      .map((at) => {
        const [loop, lag, rss, heap] = this.#gauges.subarray(at * 4, at * 4 + 4)
        return {
          step: this.#steps[at]!,
          failed: this.#failed[at]!,
          buckets: [...this.#buckets.subarray(at * this.#width, (at + 1) * this.#width)],
          loop: loop!,
          lag: lag!,
          rss: rss!,
          heap: heap!
        }
      })
  }

  #record(): void {
    const step = Math.round(Date.now() / 1000 / stepSeconds)
    const at = step % steps
    const current = new Float64Array(this.#width + 1)
    this.#read(current)
    this.#steps[at] = step
    for (let index = 0; index < this.#width; index++) {
      this.#buckets[at * this.#width + index] = current[index]! - this.#last[index]!
    }
    this.#failed[at] = current[this.#width]! - this.#last[this.#width]!
    this.#last.set(current)

    const loop = performance.eventLoopUtilization()
    const { rss, heapUsed } = process.memoryUsage()
    const lag = this.#delay!.percentile(99) / 1e6
    this.#delay!.reset()
    this.#gauges.set(
      [performance.eventLoopUtilization(loop, this.#loop).utilization, lag, rss, heapUsed],
      at * 4
    )
    this.#loop = loop
  }

  /** The count of each bucket over all series, and behind them that of failures. */
  #read(into: Float64Array): void {
    for (const { numbers, labels } of this.#source.cells) {
      const isFailed = labels.status_code! >= '500'
      for (let index = 0; index < this.#width; index++) {
        into[index]! += numbers[index]!
        if (isFailed) into[this.#width]! += numbers[index]!
      }
    }
  }
}
