import { AsyncResource } from 'node:async_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { CounterCell, Meter } from '@seaworthy/contract'
import type { Body, LogRecord } from '../otlp/data.ts'
import type { Resource } from '../otlp/resource.ts'
import { OtlpSender, type Delivery, type DeliveryOptions } from '../otlp/sender.ts'
import { LineQueue } from './line-queue.ts'
import type { ResolvedOtlpLogs } from './otlp-options.ts'
import type { WaitingLine } from './otlp-record.ts'
import { safeError } from './safe-error.ts'

/** Lines that are encoded at once: some two milliseconds. */
const linesPerTurn = 64

/** The parts that the push of logs uses. */
export interface OtlpLogPushParts {
  read: (line: WaitingLine) => LogRecord
  resource: Resource
  log: FastifyBaseLogger
  meter: Meter | undefined
}

type DropReason = 'queue_full' | 'rejected' | 'closed'

/**
 * Pushes the lines of the log to a collector, in batches: when one is full, at an interval, and at shutdown. Lines that a
 * collector could not take wait; their number is bounded.
 */
export class OtlpLogPush {
  readonly #options: ResolvedOtlpLogs
  readonly #parts: OtlpLogPushParts
  readonly #queue: LineQueue
  readonly #sender: OtlpSender
  readonly #dropped = new Map<DropReason, CounterCell>()
  readonly #pushes = new Map<string, CounterCell>()
  // A batch that a request fills up is not pushed as a part of that request.
  readonly #inBackground = AsyncResource.bind(() => void this.#push(this.#options.timeout))
  #timer: NodeJS.Timeout | undefined
  #current: Promise<void> | undefined
  #abort: AbortController | undefined
  #hurry: AbortController | undefined
  #woken = false
  #failing = false
  #lost = 0
  /** Before this time on the monotonic clock the collector wants to hear nothing. */
  #notBefore = 0

  constructor(options: ResolvedOtlpLogs, parts: OtlpLogPushParts) {
    this.#options = options
    this.#parts = parts
    this.#queue = new LineQueue(options.maxQueueSize)
    this.#sender = new OtlpSender(options, options.encoder, 'logs')
    const { meter } = parts
    const dropped = meter?.counter({
      name: 'otlp_log_records_dropped_total',
      help: 'Log lines that were not pushed to the OTLP collector, by reason; the log itself has them',
      labels: ['reason']
    })
    const pushes = meter?.counter({
      name: 'otlp_pushes_total',
      help: 'Pushes to the OTLP collector, each with its retries, by signal and outcome',
      labels: ['signal', 'outcome']
    })
    if (dropped === undefined || pushes === undefined) return
    for (const reason of ['queue_full', 'rejected', 'closed'] as const)
      this.#dropped.set(reason, dropped.with(reason))
    for (const outcome of ['success', 'error']) this.#pushes.set(outcome, pushes.with('logs', outcome))
  }

  /** Takes a line of the log. */
  add(text: string, level: number): void {
    if (!this.#queue.add({ text, level, at: Date.now() })) return this.#drop('queue_full', 1)
    if (this.#woken || this.#failing || this.#queue.size < this.#options.maxBatchSize) return
    this.#woken = true
    setImmediate(this.#inBackground)
  }

  start(): void {
    this.#timer = setInterval(this.#inBackground, this.#options.interval).unref()
  }

  /** Stops the pushes at an interval. */
  stop(): void {
    clearInterval(this.#timer)
  }

  /** Pushes all lines that wait, within `timeout` milliseconds. Never rejects. */
  async flush(timeout: number): Promise<void> {
    const end = performance.now() + timeout
    // A push under way may still arrive: a second one would repeat its lines.
    this.#hurry?.abort()
    const timer = setTimeout(() => this.#abort?.abort(), timeout)
    await this.#current
    clearTimeout(timer)
    this.#notBefore = 0
    await this.#push(Math.max(1, end - performance.now()))
  }

  /** Counts what waits as lost: the process ends. */
  close(): void {
    this.stop()
    const { size } = this.#queue
    if (size > 0) this.#drop('closed', size)
    this.#queue.remove(size)
  }

  /** One push at a time. */
  async #push(timeout: number): Promise<void> {
    if (performance.now() < this.#notBefore) return
    this.#current ??= this.#pushAll(performance.now() + timeout).finally(() => {
      this.#current = undefined
      this.#woken = false
    })
    await this.#current
  }

  async #pushAll(end: number): Promise<void> {
    const { signal } = (this.#abort = new AbortController())
    const hurry = (this.#hurry = new AbortController())
    while (this.#queue.size > 0 && !signal.aborted) {
      const batch = this.#queue.first(this.#options.maxBatchSize)
      const timeout = Math.min(this.#options.timeout, end - performance.now())
      if (timeout <= 0) return
      const failed = (error: Error) => this.#waits(error)
      const delivery = await this.#deliver(batch, { timeout, abort: signal, hurry: hurry.signal, failed })
      this.#pushes.get(delivery.outcome === 'sent' ? 'success' : 'error')?.inc()
      if (delivery.outcome === 'retry') {
        this.#notBefore = performance.now() + (delivery.delay ?? 0)
        return
      }
      this.#queue.remove(batch.length)
      if (delivery.outcome === 'rejected') this.#reject(batch.length, delivery.error)
      else if (delivery.rejected > 0) {
        const reason = delivery.message ?? 'no reason'
        this.#reject(delivery.rejected, new Error(`the collector rejected some lines: ${reason}`))
      } else this.#recovered()
    }
  }

  async #deliver(batch: readonly WaitingLine[], options: DeliveryOptions): Promise<Delivery> {
    try {
      return await this.#sender.deliver(await this.#body(batch), options)
    } catch (error) {
      // A line that cannot be encoded must not keep the others waiting.
      return { outcome: 'rejected', error: error as Error }
    }
  }

  async #body(batch: readonly WaitingLine[]): Promise<Body> {
    const { read, resource } = this.#parts
    const { encoder } = this.#options
    const bodies: Body[] = []
    for (let at = 0; at < batch.length; at += linesPerTurn) {
      if (at > 0) await nextTurn()
      bodies.push(encoder.logs(batch.slice(at, at + linesPerTurn).map(read), resource))
    }
    return encoder.join(bodies)
  }

  #waits(error: Error): void {
    this.#warn(
      error,
      'observability: log lines could not be pushed; they wait, up to logging.otlp.maxQueueSize, for the next try; check logging.otlp.url and the collector'
    )
  }

  #reject(count: number, error: Error): void {
    this.#drop('rejected', count)
    this.#warn(
      error,
      'observability: the OTLP collector rejected log lines; only the log has them; check logging.otlp.url and logging.otlp.headers'
    )
  }

  #warn(error: Error, message: string): void {
    if (this.#failing) return
    this.#failing = true
    this.#parts.log.warn({ err: safeError(error) }, message)
  }

  #recovered(): void {
    if (!this.#failing) return
    this.#failing = false
    this.#parts.log.info({ lost: this.#lost }, 'observability: the OTLP collector accepts log lines again')
    this.#lost = 0
  }

  #drop(reason: DropReason, count: number): void {
    this.#lost += count
    this.#dropped.get(reason)?.inc(count)
  }
}
