import { hostname } from 'node:os'
import { setImmediate } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { Exposition } from './exposition.ts'
import type { BuildInfo } from './build-info.ts'
import { attributes, otlpMetric } from './otlp-json.ts'
import type { ResolvedOtlp } from './otlp-options.ts'
import { ownError } from '../logging/own-error.ts'

/** Milliseconds. */
const lastPushTimeout = 2000

const nanoseconds = (milliseconds: number): string => `${BigInt(Math.round(milliseconds)) * 1_000_000n}`

/** Pushes the metrics of this process to a collector: at an interval, and once more when the app closes. */
export class OtlpPush {
  readonly #options: ResolvedOtlp
  readonly #exposition: Exposition
  readonly #log: FastifyBaseLogger
  readonly #resource: object
  readonly #start: string = nanoseconds(performance.timeOrigin)
  #timer: NodeJS.Timeout | undefined
  #failing = false
  #current: Promise<void> | undefined
  #abort: AbortController | undefined

  constructor(
    options: ResolvedOtlp,
    { name, version }: BuildInfo,
    exposition: Exposition,
    log: FastifyBaseLogger
  ) {
    this.#options = options
    this.#exposition = exposition
    this.#log = log
    this.#resource = {
      attributes: attributes({
        'service.name': process.env.OTEL_SERVICE_NAME ?? (name || 'unknown_service:node'),
        'service.version': version ?? '',
        'service.instance.id': `${hostname()}:${process.pid}`
      })
    }
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
    this.#current ??= this.#send().finally(() => (this.#current = undefined))
    await this.#current
  }

  async #send(timeout: number = this.#options.timeout): Promise<void> {
    const { url, headers } = this.#options
    const abort = new AbortController()
    this.#abort = abort
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(await this.#body()),
        signal: AbortSignal.any([abort.signal, AbortSignal.timeout(timeout)])
      })
      await response.body?.cancel()
      if (!response.ok) throw new Error(`the collector answered ${response.status}`)
      if (this.#failing) this.#log.info('observability: the OTLP collector accepts metrics again')
      this.#failing = false
    } catch (error) {
      // Numbers count from the start: the next push includes those of this one.
      if (!this.#failing)
        this.#log.warn(
          { err: ownError(error) },
          'observability: metrics could not be pushed; each interval tries again; check metrics.otlp.url and the collector'
        )
      this.#failing = true
    }
  }

  async #body(): Promise<object> {
    const period = { startTimeUnixNano: this.#start, timeUnixNano: nanoseconds(Date.now()) }
    const metrics: object[] = []
    for (const family of await this.#exposition.packed()) {
      metrics.push(otlpMetric(family, period))
      await setImmediate()
    }
    const scopeMetrics = [{ scope: { name: '@seaworthy/observability' }, metrics }]
    return { resourceMetrics: [{ resource: this.#resource, scopeMetrics }] }
  }
}
