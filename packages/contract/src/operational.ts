import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Overridable } from './overridable.ts'

/**
 * Marks routes for the platform (probes, metrics): no authentication, rate limit, load shedding or log line.
 * Set by the plugin that adds the route, read by the others.
 */
export type OperationalRoute = 'probe' | 'metrics'

interface OperationalConfig {
  /** Marks a route that serves the platform, not users: `probe` or `metrics`. Plugins do not act on it. */
  operational?: Overridable<this, OperationalRoute>
}

declare module 'fastify' {
  interface FastifyContextConfig extends OperationalConfig {}
}

/** Whether the request's route serves the platform. */
export const isOperational = (request: FastifyRequest): boolean =>
  request.routeOptions.config.operational !== undefined

const key = Symbol.for('seaworthy.operational-routes.v1')

/** Notes the path of a route that serves the platform, for plugins that are registered later. */
export function noteOperationalRoute(fastify: FastifyInstance, url: string): void {
  if (!fastify.hasDecorator(key)) fastify.decorate<unknown>(key, new Set())
  fastify.getDecorator<Set<string>>(key).add(`${fastify.prefix}${url}`)
}

/** Whether a plugin has noted a path as one that serves the platform. */
export const isOperationalPath = (fastify: FastifyInstance, path: string): boolean =>
  fastify.hasDecorator(key) && fastify.getDecorator<Set<string>>(key).has(path)
