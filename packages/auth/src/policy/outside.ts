import { rootOf, scopesOf, sharedInApp, shortList } from '@seaworthy/internal'
import type { FastifyInstance, RouteOptions } from 'fastify'
import { undefinedRules } from './uncalled-guards.ts'

/** The scopes of the app that have this plugin. */
const scopesWithPlugin = (fastify: FastifyInstance): Set<object> =>
  sharedInApp(fastify, 'auth.scopes.v1', () => new Set<object>())

/** Notes that a scope has this plugin. Returns all that have it. */
export const noteScope = (fastify: FastifyInstance): ReadonlySet<object> =>
  scopesWithPlugin(fastify).add(fastify)

/** Watches the routes outside of the scope of the plugin. */
export interface Outside {
  /** Warns of those that seem to have a guard. */
  report(hasOwnRoutes: boolean): void
}

/**
 * A plugin of the app that registers this one and is not wrapped by fastify-plugin keeps it to itself: no other route of
 * the app has a guard then.
 */
export function watchOutside(fastify: FastifyInstance): Outside {
  const root = rootOf(fastify)
  if (root === fastify) return { report: () => undefined }
  const suspects: { name: string; scope: object }[] = []
  root.addHook('onRoute', function (route: RouteOptions) {
    const { auth, operational } = route.config ?? {}
    if (operational !== undefined || auth === false || route.method === 'HEAD') return
    if (Boolean(auth) || undefinedRules(route).length > 0)
      suspects.push({ name: `${[route.method].flat().join('|')} ${route.url}`, scope: this })
  })
  return {
    report(hasOwnRoutes) {
      const guarded = scopesWithPlugin(fastify)
      const open = suspects.filter(({ scope }) => ![...scopesOf(scope)].some((each) => guarded.has(each)))
      if (open.length > 0) {
        const names = shortList([...new Set(open.map(({ name }) => name))])
        const what = `the scope of @seaworthy/auth does not have ${names}`
        fastify.log.warn(
          `auth: ${what}; these are open; wrap the plugin that registers it with fastify-plugin if they need guards`
        )
      } else if (!hasOwnRoutes) {
        const what = 'the scope of @seaworthy/auth has no routes'
        fastify.log.warn(
          `auth: ${what}; it guards none; wrap the plugin that registers it with fastify-plugin if others need guards`
        )
      }
    }
  }
}
