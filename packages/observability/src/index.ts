export type { Observability } from './api.ts'
export type { ErrorJson } from './logging/error-json.ts'
export type { ManagementListener } from './management/listener.ts'
export type { MetricsLabel } from './metrics/label-space.ts'
export type { MetricsRegistry } from './metrics/exposition.ts'
export type { ObservabilityOptions } from './options.ts'
export type { CorrelationOptions } from './options-correlation.ts'
export type { LoggingOptions, LogLevel, LogSchema, OutcomeLevels } from './options-logging.ts'
export type { ManagementOptions } from './options-management.ts'
export type { BuildInfo, MetricsOptions } from './options-metrics.ts'
export type { OtlpOptions } from './options-otlp.ts'
export type { ErrorContext, ErrorSink, ErrorTrackingOptions } from './options-tracking.ts'
export { observability, observability as default } from './plugin.ts'
export type { RouteObservability } from './routes.ts'
export {
  observabilityServerOptions,
  type FastifyServerSettings,
  type ObservabilityServerOptions,
  type WithLogger,
  type WithLoggerInstance
} from './server-options.ts'
