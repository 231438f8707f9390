import { AsyncLocalStorage } from 'node:async_hooks'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { GaugeCell, HistogramCell, Meter, MetricFamily } from '@seaworthy/contract'
import { check } from '../check.ts'
import { safeError } from '../logging/safe-error.ts'
import type { LogSchema } from '../logging/options.ts'
import { schemas } from '../logging/schemas.ts'
import type { IdSource, RequestIds } from '../tracing/request-ids.ts'
import type { ErrorTracker } from '../tracking/tracker.ts'
import { inSpan } from './job-span.ts'

/**
 * A run of a job.
 *
 * @example
 * await app.observability.observe('mail', async ({ log, headers }: Job) => {
 *   await fetch('http://mail.internal/send', { method: 'POST', headers: headers() })
 *   log.info('sent')
 * })
 */
export interface Job {
  /** The correlation id: on its lines, in the report of its error, on what it calls. */
  readonly id: string
  /** Its logger, with the ids and the name. */
  readonly log: FastifyBaseLogger
  /** `x-correlation-id` and `traceparent` for an outgoing request on behalf of the job. */
  headers(): Record<string, string>
}

/**
 * Where a job comes from.
 *
 * @example
 * const options: JobOptions = { headers: { 'x-correlation-id': 'f4cac8c1' } }
 * await app.observability.observe('mail', async ({ log }) => log.info('sent'), options)
 */
export interface JobOptions {
  /**
   * Headers of the message that the job works on: its correlation id and trace go on, if they are valid.
   *
   * @defaultValue none: the job is part of the request or job that has started it, where `correlation.context` is on, else new
   */
  headers?: Record<string, string> | undefined
}

/** The parts that jobs use. */
export interface JobParts {
  ids: IdSource
  schema: LogSchema
  meter: Meter | undefined
  tracker: ErrorTracker
  /** The ids of the request for which the running code works. */
  requestIds: (() => RequestIds | undefined) | undefined
}

interface JobMetrics {
  duration: MetricFamily<HistogramCell>
  running: MetricFamily<GaugeCell>
}

const buckets = [0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600]

/** Work outside HTTP that is seen like requests: duration, outcome, ids, span, line and report. */
export class Jobs {
  readonly #app: FastifyInstance
  readonly #parts: JobParts
  readonly #storage = new AsyncLocalStorage<RequestIds>()
  #metrics: JobMetrics | undefined

  constructor(app: FastifyInstance, parts: JobParts) {
    this.#app = app
    this.#parts = parts
  }

  /** The ids of the job, else of the request, for which the running code works. */
  currentIds(): RequestIds | undefined {
    return this.#storage.getStore() ?? this.#parts.requestIds?.()
  }

  async observe<T>(name: string, work: (job: Job) => T | Promise<T>, options: JobOptions = {}): Promise<T> {
    check.string('observe: name', name)
    check.fn('observe: fn', work)
    const { ids, tracker } = this.#parts
    const { headers } = options
    return inSpan(name, headers, async (span) => {
      const jobIds = ids.ofJob(headers, this.currentIds())
      if (span !== undefined) ids.adopt(jobIds, span.spanContext())
      const log = this.#logger(name, jobIds)
      const job: Job = {
        id: jobIds.correlationId,
        log,
        headers: () => Object.fromEntries(ids.outgoing(jobIds))
      }
      const done = this.#started(name)
      try {
        const result = await this.#storage.run(jobIds, async () => work(job))
        log.info(this.#fields(done(true), true), 'job completed')
        return result
      } catch (error) {
        log.error({ ...this.#fields(done(false), false), err: safeError(error) }, 'job failed')
        const { correlationId, traceId } = jobIds
        tracker.capture(error, { source: `job "${name}"`, correlationId, traceId })
        throw error
      }
    })
  }

  #logger(name: string, { correlationId, traceId }: RequestIds): FastifyBaseLogger {
    const { schema } = this.#parts
    const { keys } = schemas[schema]
    const prefix = keys.tracePrefix?.() ?? ''
    return this.#app.log.child({
      [keys.correlationId]: correlationId,
      [keys.traceId]: prefix + traceId,
      [schema === 'ecs' ? 'event.action' : 'job']: name
    })
  }

  #fields(duration: number, succeeded: boolean): Record<string, unknown> {
    return this.#parts.schema === 'ecs'
      ? { 'event.duration': Math.round(duration * 1e6), 'event.outcome': succeeded ? 'success' : 'failure' }
      : { duration: Math.round(duration * 1000) / 1000 }
  }

  /** Returns what ends the run in the metrics: it returns the duration in milliseconds. */
  #started(name: string): (succeeded: boolean) => number {
    const start = performance.now()
    const metrics = this.#jobMetrics()
    const running = metrics?.running.with(name)
    running?.inc()
    return (succeeded) => {
      const duration = performance.now() - start
      running?.dec()
      metrics?.duration.with(name, succeeded ? 'success' : 'error').observe(duration / 1000)
      return duration
    }
  }

  /** Made by the first job, so that a service without jobs has none of it. */
  #jobMetrics(): JobMetrics | undefined {
    const { meter } = this.#parts
    return (this.#metrics ??= meter && {
      duration: meter.histogram({
        name: 'job_duration_seconds',
        help: 'Duration of jobs, by name and outcome',
        labels: ['job', 'outcome'],
        maxSeries: 500,
        buckets
      }),
      running: meter.gauge({
        name: 'jobs_running',
        help: 'Jobs that run now, by name',
        labels: ['job'],
        maxSeries: 500
      })
    })
  }
}
