export type { Observability } from './api.ts'
export type { BlockedLoopOptions } from './blocked-loop/options.ts'
export type { RouteObservability } from './http/routes.ts'
export type { Job, JobOptions } from './jobs/observe.ts'
export type { ErrorJson } from './logging/bounded-json.ts'
export type { BufferOptions } from './logging/buffer-options.ts'
export type { DetailsOptions } from './logging/details-options.ts'
export type { LogLevel } from './logging/levels.ts'
export type { LoggingOptions, LogSchema, OutcomeLevels } from './logging/options.ts'
export type { OtlpLogsOptions } from './logging/otlp-options.ts'
export type { ManagementListener } from './management/listener.ts'
export type { ManagementOptions } from './management/options.ts'
export type { BuildInfo } from './metrics/build-info.ts'
export type { MetricsRegistry } from './metrics/registry-source.ts'
export type { MetricsLabel } from './metrics/label-space.ts'
export type { LatencyRulesOptions } from './metrics/latency-rules.ts'
export type { MetricsOptions } from './metrics/options.ts'
export type { OtlpOptions } from './metrics/otlp-options.ts'
export type { ObservabilityOptions } from './options.ts'
export { observability, observability as default } from './plugin.ts'
export {
  observabilityServerOptions,
  type FastifyServerSettings,
  type ObservabilityServerOptions,
  type WithLogger,
  type WithLoggerInstance
} from './server-options.ts'
export type { CorrelationOptions } from './tracing/options.ts'
export type { ErrorContext, ErrorSink, ErrorTrackingOptions } from './tracking/options.ts'
