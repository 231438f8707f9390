import type { CorrelationOptions } from './tracing/options.ts'
import type { LoggingOptions } from './logging/options.ts'
import type { ManagementOptions } from './management/options.ts'
import type { MetricsOptions } from './metrics/options.ts'
import type { ErrorTrackingOptions } from './tracking/options.ts'
import { check } from './check.ts'
import { resolveCorrelation, type ResolvedCorrelation } from './tracing/options.ts'
import { resolveLogging, type ResolvedLogging } from './logging/options.ts'
import { resolveManagement, type ResolvedManagement } from './management/options.ts'
import { resolveMetrics, type ResolvedMetrics } from './metrics/options.ts'
import { resolveErrorTracking, type ResolvedErrorTracking } from './tracking/options.ts'

/** Options of the observability plugin. Every one may be left out. */
export interface ObservabilityOptions {
  /**
   * The correlation id and the trace context: where they come from, where they go.
   *
   * @defaultValue `{}`
   */
  correlation?: CorrelationOptions | undefined

  /**
   * The one line per request. `false` writes none.
   *
   * @defaultValue `{}`
   */
  logging?: LoggingOptions | false | undefined

  /**
   * Numbers for Prometheus. `false` counts nothing and serves nothing.
   *
   * @defaultValue `{}`
   */
  metrics?: MetricsOptions | false | undefined

  /**
   * Where errors go: `{ dsn, … }` for Sentry (install `@sentry/node`), `{ sink }` for anything else. `false` is none.
   *
   * @defaultValue false
   */
  errorTracking?: ErrorTrackingOptions | false | undefined

  /**
   * A listener of its own for operators: metrics, log level, status page. Without it, metrics are on the app's port.
   *
   * @defaultValue false
   */
  management?: ManagementOptions | false | undefined
}

/** The options with everything filled in. */
export interface ResolvedOptions {
  correlation: ResolvedCorrelation
  logging: ResolvedLogging | false
  metrics: ResolvedMetrics | false
  errorTracking: ResolvedErrorTracking | false
  management: ResolvedManagement | false
}

/** Fills in the defaults and refuses what cannot work. */
export function resolveOptions(options: ObservabilityOptions): ResolvedOptions {
  check.keys('', options, ['correlation', 'logging', 'metrics', 'errorTracking', 'management'])
  const { correlation = {}, logging = {}, metrics = {}, errorTracking = false, management = false } = options

  return {
    correlation: resolveCorrelation(correlation),
    logging: logging !== false && resolveLogging(logging),
    metrics: metrics !== false && resolveMetrics(metrics),
    errorTracking: errorTracking !== false && resolveErrorTracking(errorTracking),
    management: management !== false && resolveManagement(management)
  }
}
