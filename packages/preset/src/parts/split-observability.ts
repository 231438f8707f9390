import type { ObservabilityOptions, ObservabilityServerOptions } from '@seaworthy/observability'
import type { ObservabilityPart } from './options.ts'

// One object holds what the constructor and the plugin take; `correlation` and `logging` are for both.

/** What Fastify's constructor gets of the observability part. */
export function observabilityServerHalf({
  correlation,
  logging,
  level,
  logger,
  loggerInstance
}: ObservabilityPart): ObservabilityServerOptions {
  return { correlation, logging, level, logger, ...(loggerInstance === undefined ? {} : { loggerInstance }) }
}

/** What the plugin gets. */
export function observabilityPluginHalf({
  level: _level,
  logger: _logger,
  loggerInstance: _loggerInstance,
  ...options
}: ObservabilityPart): ObservabilityOptions {
  return options
}
