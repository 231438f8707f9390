import type { Overridable } from '@seaworthy/contract'
import type { FastifyRequest } from 'fastify'
import type { Registry } from 'prom-client'
import type { Job, JobOptions } from './jobs/observe.ts'
import type { ManagementListener } from './management/listener.ts'
import type { LatencyRulesOptions } from './metrics/latency-rules.ts'
import type { ErrorContext } from './tracking/options.ts'

/**
 * The decorator `app.observability`.
 *
 * @example
 * app.observability.captureError(new Error('in a job'), { source: 'job "mail"' })
 * app.get('/a', async (request) => fetch('http://users/1', { headers: app.observability.headers(request) }))
 * console.log(await app.observability.metrics())
 */
export interface Observability {
  /** The registry for the app's metrics: prom-client's, or the one of `metrics.registry`, which may be of another kind. */
  readonly registry: Registry
  /** Sends an error to the tracker, once per error object. Does nothing without error tracking. */
  captureError(error: unknown, context?: Partial<ErrorContext>): void
  /** Sends the captured errors. Resolves at the latest after `timeout` **milliseconds**, 2000 by default. */
  flush(timeout?: number): Promise<void>
  /** The metrics as in a scrape. */
  metrics(format?: 'text' | 'openmetrics'): Promise<string>
  /**
   * Rules for Prometheus, in YAML, that alert when requests of routes with an `objective` are too often slower than that: by
   * the rate at which they spend the budget of `target`. Complete once the app is ready; write it where Prometheus reads it.
   */
  latencyRules(options?: LatencyRulesOptions): string
  /** `x-correlation-id`, `traceparent` and `tracestate` for an outgoing request on behalf of `request`. */
  headers(request: FastifyRequest): Record<string, string>
  /** The request for which the running code works, where `correlation.context` is on. */
  context(): FastifyRequest | undefined
  /**
   * Runs work outside HTTP, such as a job of a queue or a timer, and observes it as a request is: one line, its duration
   * and outcome in `job_duration_seconds`, a span where an OpenTelemetry SDK is active, and a report if it fails. Where
   * `correlation.context` is on, outgoing calls carry its ids. Returns what `fn` returns, or rejects with its error.
   */
  observe<T>(name: string, fn: (job: Job) => T | Promise<T>, options?: JobOptions): Promise<T>
  /** The listener for operators, where `management` is on. */
  readonly management: ManagementListener | undefined
}

// Inherited, so that an app's own member of this name wins.
interface ObservabilityDecorators {
  /** Metrics, error tracking and ids of this app. */
  observability: Overridable<this, Observability>
}

declare module 'fastify' {
  interface FastifyInstance extends ObservabilityDecorators {}
}
