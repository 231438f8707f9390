import { isOperationalPath } from '@seaworthy/contract'
import { invalidOption, shortList } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'
import { isChildScope, routesWithout } from '../internals.ts'
import type { SeaworthyOptions } from '../parts/options.ts'

/**
 * Rejects the registration in a scope of the app while other routes are outside: they would be public by accident. In
 * adoption mode, and where the routes cannot be read, it is only a warning.
 */
export function checkScope(fastify: FastifyInstance, { adopt, encapsulate }: SeaworthyOptions): void {
  if (encapsulate === true || !isChildScope(fastify)) return
  // It marks the routes of this scope, and runs only for errors.
  const mark = function seaworthyScope(...[, , , done]: [unknown, unknown, unknown, () => void]): void {
    done()
  }
  fastify.addHook('onError', mark)
  fastify.addHook('onReady', (done) => {
    const outside = routesWithout(fastify, 'onError', mark.name)
    const routes = outside?.filter((route) => !isOurs(fastify, route))
    if (routes?.length === 0) return done()
    const names = routes === undefined ? 'which cannot be listed' : shortList(routes)
    const problem =
      `routes outside (${names}) have no headers, limits or guards, whatever their config says; register it on the app ` +
      'itself, or wrap the plugin around it in fastify-plugin; where that is intended, write { encapsulate: true }'
    if (routes !== undefined && adopt !== true)
      return done(invalidOption(`seaworthy: it is registered in a scope of the app, so ${problem}`))
    fastify.log.warn(`seaworthy: it is registered in a scope of the app, so ${problem}`)
    done()
  })
}

/** Probes have a scope of their own, without hooks; HEAD comes with GET, and preflight requests have nothing to guard. */
function isOurs(fastify: FastifyInstance, route: string): boolean {
  const [methods = '', path = ''] = route.split(/ (?=\S+$)/)
  return isOperationalPath(fastify, path) || methods === 'HEAD' || methods === 'OPTIONS'
}
