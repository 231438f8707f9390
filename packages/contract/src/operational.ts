import type { FastifyRequest } from 'fastify'

/**
 * Marks the service's own routes (probes, metrics): no authentication, rate limit or load shedding, no log line.
 * Set by the plugin that adds the route, read by the others.
 */
export type OperationalRoute = 'probe' | 'metrics'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route serves the platform, not users: `probe` or `metrics`. Plugins then leave it alone. */
    operational?: OperationalRoute
  }
}

/** Whether the request's route serves the platform. */
export const isOperational = (request: FastifyRequest): boolean =>
  request.routeOptions.config.operational !== undefined
