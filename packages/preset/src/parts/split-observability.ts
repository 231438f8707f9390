import type { ObservabilityOptions, ObservabilityServerOptions } from '@seaworthy/observability'
import type { ObservabilityPart } from './options.ts'

// The preset has one object for the options of the constructor and of the plugin. Both take `correlation` and `logging`.

/** The half of the observability part that Fastify's constructor takes. */
export function observabilityServerHalf({
  correlation,
  logging,
  level,
  logger,
  loggerInstance
}: ObservabilityPart): ObservabilityServerOptions {
  return { correlation, logging, level, logger, ...(loggerInstance === undefined ? {} : { loggerInstance }) }
}

/** The half that the plugin takes. */
export function observabilityPluginHalf({
  level: _level,
  logger: _logger,
  loggerInstance: _loggerInstance,
  ...options
}: ObservabilityPart): ObservabilityOptions {
  return options
}
