import { setImmediate } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { CounterCell, Meter } from '@seaworthy/contract'
import { safeError } from '../logging/safe-error.ts'
import type { Body, Metric } from '../otlp/data.ts'
import type { Resource } from '../otlp/resource.ts'
import { OtlpSender, type Delivery } from '../otlp/sender.ts'
import type { Exposition } from './exposition.ts'
import type { ResolvedOtlp } from './otlp-options.ts'
import { otlpMetrics } from './otlp-metric.ts'
import type { PackedFamily } from './types.ts'

/** Milliseconds. */
const lastPushTimeout = 2000

/** The parts that a push uses. */
export interface OtlpPushParts {
  exposition: Exposition
  meter: Meter
  resource: Resource
  log: FastifyBaseLogger
}

/** Pushes the metrics of this process to a collector: at an interval, and once more when the app closes. */
export class OtlpPush {
  readonly #options: ResolvedOtlp
  readonly #parts: OtlpPushParts
  readonly #sender: OtlpSender
  readonly #outcomes: Record<'success' | 'error', CounterCell>
  #timer: NodeJS.Timeout | undefined
  #failing = false
  #current: Promise<void> | undefined
  #abort: AbortController | undefined
  /** Before this time on the monotonic clock the collector wants to hear nothing. */
  #notBefore = 0

  constructor(options: ResolvedOtlp, parts: OtlpPushParts) {
    this.#options = options
    this.#parts = parts
    this.#sender = new OtlpSender(options, options.encoder, 'metrics')
    const pushes = parts.meter.counter({
      name: 'otlp_pushes_total',
      help: 'Pushes to the OTLP collector, each with its retries, by signal and outcome',
      labels: ['signal', 'outcome']
    })
    this.#outcomes = { success: pushes.with('metrics', 'success'), error: pushes.with('metrics', 'error') }
  }

  start(): void {
    this.#timer = setInterval(() => void this.push(), this.#options.interval).unref()
  }

  /** Pushes the last numbers. A collector that hangs must not use up the time of the shutdown. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#abort?.abort()
    await this.#current
    await this.#send(Math.min(this.#options.timeout, lastPushTimeout))
  }

  /** One push at a time: a collector that hangs gets no second one. */
  async push(): Promise<void> {
    if (performance.now() < this.#notBefore) return
    this.#current ??= this.#send(this.#options.timeout).finally(() => (this.#current = undefined))
    await this.#current
  }

  async #send(timeout: number): Promise<void> {
    const { signal: abort } = (this.#abort = new AbortController())
    const failed = (error: Error) => this.#failed(error)
    const delivery = await this.#body()
      .then(async (body) => this.#sender.deliver(body, { timeout, abort, failed }))
      .catch((error: Error): Delivery => ({ outcome: 'rejected', error }))
    // The app closes while a push is under way: another one follows.
    if (abort.aborted) return
    this.#outcomes[delivery.outcome === 'sent' ? 'success' : 'error'].inc()
    if (delivery.outcome === 'retry') this.#notBefore = performance.now() + (delivery.delay ?? 0)
    if (delivery.outcome !== 'sent') this.#failed(delivery.error)
    else if (delivery.rejected === 0) this.#succeeded()
    else {
      const reason = delivery.message ?? 'no reason'
      this.#failed(new Error(`the collector rejected ${delivery.rejected} points: ${reason}`))
    }
  }

  #succeeded(): void {
    if (this.#failing) this.#parts.log.info('observability: the OTLP collector accepts metrics again')
    this.#failing = false
  }

  /** Numbers count from the start: the next push includes those of this one. */
  #failed(error: Error): void {
    if (this.#failing) return
    this.#failing = true
    this.#parts.log.warn(
      { err: safeError(error) },
      'observability: metrics could not be pushed; each interval tries again; check metrics.otlp.url and the collector'
    )
  }

  async #body(): Promise<Body> {
    const { encoder } = this.#options
    const period = { start: performance.timeOrigin, end: Date.now() }
    const bodies: Body[] = []
    for (const metrics of inTurns(await this.#parts.exposition.packed())) {
      bodies.push(encoder.metrics(metrics, period, this.#parts.resource))
      await setImmediate()
    }
    return encoder.join(bodies)
  }
}

/** Series that are encoded at once. A family is not divided. */
const seriesPerTurn = 100

function* inTurns(families: Iterable<PackedFamily>): Iterable<Metric[]> {
  let metrics: Metric[] = []
  let series = 0
  for (const family of families) {
    metrics.push(...otlpMetrics(family))
    series += family.series.length
    if (series < seriesPerTurn) continue
    yield metrics
    metrics = []
    series = 0
  }
  if (metrics.length > 0) yield metrics
}
