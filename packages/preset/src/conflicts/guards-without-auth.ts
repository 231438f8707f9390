import { invalidOption, shortList } from '@seaworthy/internal'
import type { FastifyInstance, RouteOptions } from 'fastify'
import type { SeaworthyOptions } from '../parts/options.ts'

/** The hooks of a route that may be guards. */
export const requestHooks = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const

/**
 * Stops the start where `SEAWORTHY_OFF` has switched off the part `auth` of an app whose routes have guards: everyone
 * could use them. `auth: false` in code is the decision of the app, which may read `config.auth` itself; then there is a
 * warning.
 */
export function rejectGuardsWithoutAuth(fastify: FastifyInstance, { auth, env }: Switched): void {
  if (auth !== false || !/(?:^|[\s,])auth(?:$|[\s,])/.test(env?.SEAWORTHY_OFF ?? '')) return
  const guarded: string[] = []
  fastify.addHook('onRoute', (route) => {
    if (isGuarded(route) && route.method !== 'HEAD') guarded.push(`${String(route.method)} ${route.url}`)
  })
  fastify.addHook('onReady', (done) => {
    if (guarded.length === 0) return done()
    done(
      invalidOption(
        `seaworthy: SEAWORTHY_OFF switches off "auth", so that every client may use ${shortList(guarded)}, which have guards; ` +
          'remove "auth" from the variable, or write { auth: false } where that is intended'
      )
    )
  })
}

interface Switched extends Pick<SeaworthyOptions, 'auth'> {
  env?: { SEAWORTHY_OFF?: string } | undefined
}

/** Without the part, `app.authenticate` is undefined, and Fastify ignores a hook that is. */
function isGuarded(route: RouteOptions): boolean {
  const { auth } = (route.config ?? {}) as { auth?: unknown }
  return (auth ?? false) !== false || requestHooks.some((name) => name in route && route[name] === undefined)
}
