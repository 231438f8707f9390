import type { FastifyRequest } from 'fastify'
import type { Overridable } from './overridable.ts'

/**
 * Marks the service's own routes (probes, metrics): no authentication, rate limit or load shedding, no log line.
 * Set by the plugin that adds the route, read by the others.
 */
export type OperationalRoute = 'probe' | 'metrics'

interface OperationalConfig {
  /** The route serves the platform, not users: `probe` or `metrics`. Plugins then leave it alone. */
  operational?: Overridable<this, OperationalRoute>
}

declare module 'fastify' {
  interface FastifyContextConfig extends OperationalConfig {}
}

/** Whether the request's route serves the platform. */
export const isOperational = (request: FastifyRequest): boolean =>
  request.routeOptions.config.operational !== undefined
