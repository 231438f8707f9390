import { isThenable } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'
import { isOfficialCors, recognisesOfficialCors, withoutPreflightRoute } from '../internals.ts'

const corsMark = Symbol.for('seaworthy.security.cors.v1')

/** Whether the app has registered @fastify/cors itself, and not by this package. */
export const hasOfficialCors = (fastify: FastifyInstance): boolean =>
  fastify.hasPlugin('@fastify/cors') && !fastify.hasDecorator(corsMark)

/**
 * Calls `giveWay` when the app registers @fastify/cors behind this plugin. Of the two routes for preflights, which would be the
 * same, that of this plugin stays: both are answered by the hook before it.
 */
export function whenCorsFollows(fastify: FastifyInstance, giveWay: () => void): void {
  if (!fastify.hasDecorator(corsMark)) fastify.decorate(corsMark, true)
  if (!recognisesOfficialCors()) {
    fastify.log.info(
      'security: fastify-plugin keeps the names of plugins in another way; "cors" gives way only to the copy of @fastify/cors that it has itself; if another copy collides with "cors", register one of the two'
    )
  }
  const register = fastify.register as (...args: unknown[]) => unknown
  const checked = function (this: FastifyInstance, plugin: unknown, ...rest: unknown[]) {
    if (this !== fastify) return register.call(this, plugin, ...rest)
    return register.call(this, isThenable(plugin) ? plugin.then(replaced) : replaced(plugin), ...rest)
  }
  const replaced = (plugin: unknown): unknown => {
    const official = [plugin, (plugin as { default?: unknown } | undefined)?.default].find(isOfficialCors)
    if (official === undefined) return plugin
    giveWay()
    return withoutPreflightRoute(official)
  }
  fastify.register = checked as FastifyInstance['register']
}
