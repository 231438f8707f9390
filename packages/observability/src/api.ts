import type { Overridable } from '@seaworthy/contract'
import type { FastifyRequest } from 'fastify'
import type { Registry } from 'prom-client'
import type { ManagementListener } from './management/listener.ts'
import type { ErrorContext } from './tracking/options.ts'

/** What `app.observability` offers. */
export interface Observability {
  /** The registry of your own metrics: prom-client's, or the one that you gave, which may then be of another kind. */
  readonly registry: Registry
  /** Gives an error to the tracker, once per error object. Without error tracking, does nothing. */
  captureError(error: unknown, context?: Partial<ErrorContext>): void
  /** Sends out captured errors; resolves at the latest after `timeout` **milliseconds**, 2000 by default. */
  flush(timeout?: number): Promise<void>
  /** The metrics as a scrape would get them. */
  metrics(format?: 'text' | 'openmetrics'): Promise<string>
  /** `x-correlation-id`, `traceparent` and `tracestate` for an outgoing call made on behalf of `request`. */
  headers(request: FastifyRequest): Record<string, string>
  /** The request that the running code belongs to, where `correlation.context` is on. */
  context(): FastifyRequest | undefined
  /** The operators' listener, where `management` is on. */
  readonly management: ManagementListener | undefined
}

// An app's own member of this name wins, because this is an inherited one.
interface ObservabilityDecorators {
  /** Metrics, error tracking and ids of this app. */
  observability: Overridable<this, Observability>
}

declare module 'fastify' {
  interface FastifyInstance extends ObservabilityDecorators {}
}
