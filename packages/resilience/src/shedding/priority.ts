import type { Overridable } from '@seaworthy/contract'

/** In the order in which requests are rejected. `critical` ones never are. */
export const priorities = ['low', 'normal', 'high', 'critical'] as const
/**
 * The priority of a route, in its `config`.
 *
 * @example
 * const priority: Priority = 'low'
 * app.get('/report', { config: { priority } }, async () => 'rejected first under overload')
 */
export type Priority = (typeof priorities)[number]

// Here and not beside the hooks: the build of the types drops a file whose exports no public type mentions.
interface ResilienceRouteConfig {
  /**
   * Which requests are rejected first under overload: `low`, then `normal`, then `high`. `critical` ones never are.
   *
   * @defaultValue 'normal'
   */
  priority?: Overridable<this, Priority>
}

declare module 'fastify' {
  interface FastifyContextConfig extends ResilienceRouteConfig {}
}
