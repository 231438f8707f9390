import {
  resolveBlockedLoop,
  type BlockedLoopOptions,
  type ResolvedBlockedLoop
} from './blocked-loop/options.ts'
import { check, optionNames, type Defaults } from './check.ts'
import { resolveLogging, type LoggingOptions, type ResolvedLogging } from './logging/options.ts'
import { resolveManagement, type ManagementOptions, type ResolvedManagement } from './management/options.ts'
import { resolveMetrics, type MetricsOptions, type ResolvedMetrics } from './metrics/options.ts'
import { resolveCorrelation, type CorrelationOptions, type ResolvedCorrelation } from './tracing/options.ts'
import {
  resolveErrorTracking,
  type ErrorTrackingOptions,
  type ResolvedErrorTracking
} from './tracking/options.ts'

/**
 * Options of the observability plugin. All are optional.
 *
 * @example
 * const options: ObservabilityOptions = { logging: { slowThreshold: 500 }, management: { port: 9000 } }
 * await app.register(observability, options)
 */
export interface ObservabilityOptions {
  /**
   * The correlation id and the trace context of requests.
   *
   * @defaultValue `{}`
   */
  correlation?: CorrelationOptions | undefined

  /**
   * The line that is logged for each request. `false` logs none.
   *
   * @defaultValue `{}`
   */
  logging?: LoggingOptions | false | undefined

  /**
   * Metrics for Prometheus. `false` counts and serves nothing.
   *
   * @defaultValue `{}`
   */
  metrics?: MetricsOptions | false | undefined

  /**
   * Where errors are sent: `{ dsn, … }` for Sentry (install `@sentry/node`), `{ sink }` for any other. `false` sends
   * none.
   *
   * @defaultValue false
   */
  errorTracking?: ErrorTrackingOptions | false | undefined

  /**
   * A second listener for operators: metrics, log level, the operators' page. With `false`, metrics are on the app's port.
   *
   * @defaultValue false
   */
  management?: ManagementOptions | false | undefined

  /**
   * Finds what blocks the event loop: a line with the route, the ids and the stack of a turn that takes too long, and the
   * metric `nodejs_eventloop_blocked_seconds_total`. A thread of its own watches, which takes some 10 MB; it asks by Node's
   * inspector, only in a turn that is too long. Nothing is watched while a debugger may be attached.
   *
   * @defaultValue false
   */
  blockedLoop?: BlockedLoopOptions | false | undefined

  /**
   * Whether spans are made where an OpenTelemetry SDK is active when the plugin is registered: of requests that no
   * instrumentation has given one, of outgoing calls below a span, of a breaker's attempts and of health checks. They go
   * where the SDK sends its spans. Paths have no query and errors no secrets. Where the app has started Sentry, which
   * traces by itself, there are none.
   *
   * @defaultValue true
   */
  spans?: boolean | undefined
}

const names = optionNames<ObservabilityOptions>({
  correlation: true,
  logging: true,
  metrics: true,
  errorTracking: true,
  management: true,
  blockedLoop: true,
  spans: true
})

export const observabilityDefaults: Defaults<ObservabilityOptions> = {
  correlation: {},
  logging: {},
  metrics: {},
  errorTracking: false,
  management: false,
  blockedLoop: false,
  spans: true
}

/** The options with their defaults. */
export interface ResolvedOptions {
  correlation: ResolvedCorrelation
  logging: ResolvedLogging | false
  metrics: ResolvedMetrics | false
  errorTracking: ResolvedErrorTracking | false
  management: ResolvedManagement | false
  blockedLoop: ResolvedBlockedLoop | false
  spans: boolean
}

/** Fills in the defaults. @throws RangeError for an option that cannot work. */
export function resolveOptions(options: ObservabilityOptions): ResolvedOptions {
  check.keys('', options, names)
  const {
    correlation = observabilityDefaults.correlation,
    logging = observabilityDefaults.logging,
    metrics = observabilityDefaults.metrics,
    errorTracking = observabilityDefaults.errorTracking,
    management = observabilityDefaults.management,
    blockedLoop = observabilityDefaults.blockedLoop,
    spans = observabilityDefaults.spans
  } = options

  return {
    correlation: resolveCorrelation(correlation),
    logging: logging !== false && resolveLogging(logging),
    metrics: metrics !== false && resolveMetrics(metrics),
    errorTracking: errorTracking !== false && resolveErrorTracking(errorTracking),
    management: management !== false && resolveManagement(management),
    blockedLoop: blockedLoop !== false && resolveBlockedLoop(blockedLoop),
    spans: check.boolean('spans', spans)
  }
}
