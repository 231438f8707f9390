import type { FastifyInstance, RouteHandlerMethod, RouteOptions } from 'fastify'
import { noteOperationalRoute, type OperationalRoute } from '@seaworthy/contract'
import { invalidOption } from '@seaworthy/internal'
import { isolateFromHooks } from '../internals.ts'
import { probeNames, type ProbeHandlers } from './probe-handlers.ts'
import { silentLogger } from './silent-logger.ts'

/** Adds the routes of the probes in a scope that is isolated from the app's hooks. */
export async function addProbeRoutes(
  fastify: FastifyInstance,
  prefix: string,
  handlers: ProbeHandlers
): Promise<void> {
  const livePath = `${fastify.prefix}${prefix}/${overridableRoutePattern('live')}`
  if (fastify.hasRoute({ method: 'GET', url: livePath }))
    throw invalidOption(
      `health: "prefix" must be another path than ${prefix}, where another scope of the app has probes of this plugin: register it once, on the app itself`
    )
  await fastify.register(async (scope) => {
    if (!isolateFromHooks(scope)) {
      fastify.log.warn(
        'health: isolating probes from hooks failed with this Fastify; hooks of the app run for probes and may reject ' +
          'them; exempt routes with config.operational in these hooks'
      )
    }
    const add = (url: string, handler: RouteHandlerMethod) => {
      noteOperationalRoute(fastify, url)
      scope.route({ ...routeOptions(handler), url })
    }
    for (const name of probeNames) add(`${prefix}/${overridableRoutePattern(name)}`, handlers[name])
    add(`${prefix}/${overridableRoutePattern('group')}/:name`, handlers.group)
  })

  fastify.addHook('onReady', (done) => {
    for (const name of probeNames) {
      const url = `${prefix}/${name}`
      if (fastify.hasRoute({ method: 'GET', url })) {
        fastify.log.warn(
          { url },
          `health: the app has its own ${url}; it responds instead of the plugin's probe`
        )
      }
    }
    done()
  })
}

/**
 * A pattern that matches only this word: `l:probe(^ive$)`. A static route of the app with the same path has precedence
 * and is no duplicate, so an app can have its own probe, added before or after the plugin.
 */
const overridableRoutePattern = (word: string): string => `${word[0]}:probe(^${word.slice(1)}$)`

/** `operational` is read by the other plugins, `rateLimit` by @fastify/rate-limit. */
const config: RouteOptions['config'] & { operational: OperationalRoute; rateLimit: false } = {
  operational: 'probe',
  rateLimit: false
}

const routeOptions = (handler: RouteHandlerMethod): Omit<RouteOptions, 'url'> => ({
  method: ['GET', 'HEAD'],
  handler,
  config,
  childLoggerFactory: () => silentLogger
})
