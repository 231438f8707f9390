import type { RouteData } from '@seaworthy/contract'
import type { FastifyInstance } from 'fastify'
import { AuthError } from '../core/errors.ts'

/** `@fastify/cors` answers preflight requests on a route of its own. */
export const isPreflight = ({ method, url }: { method: unknown; url: string }): boolean =>
  [method].flat().join() === 'OPTIONS' && (url === '*' || url === '/*')

export interface EarlyRoutesOptions {
  /** Whether a route without a rule must not be open. */
  readonly deniesByDefault: boolean
  readonly hasSchemes: boolean
  /** Set for each route that was added after the plugin. */
  readonly checkedRoute: RouteData<true>
}

/**
 * Rejects requests to routes that were added before the plugin. They have no guards, even if they name
 * `app.authenticate`: it did not exist yet, and Fastify ignores a hook that is undefined. Only routes that are public by
 * decision are open.
 */
export function rejectEarlyRoutes(
  fastify: FastifyInstance,
  { deniesByDefault, hasSchemes, checkedRoute }: EarlyRoutesOptions
): void {
  const early = new Set<string>()
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (checkedRoute.get(request) || request.is404) return done()
    const { config, method, url = '' } = request.routeOptions
    if (config.operational !== undefined || config.auth === false) return done()
    if (isPreflight({ method, url })) return done()
    // Without a scheme there is nothing that a guard could require.
    if (config.auth === undefined && !deniesByDefault && !hasSchemes) return done()
    if (!early.has(url)) {
      early.add(url)
      const what = `${url} was added before this plugin, so it has no guard; rejecting its requests`
      request.log.error(`auth: ${what}; await app.register(…) before the routes, or set config.auth to false`)
    }
    const message = 'The route was added before the plugin that guards it'
    done(new AuthError(message, { code: 'AUTH_UNMARKED_ROUTE', statusCode: 403 }))
  })
}
