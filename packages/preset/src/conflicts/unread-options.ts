import { scopesOf, shortList } from '@seaworthy/internal'
import type { FastifyInstance, RouteOptions } from 'fastify'
import { requestHooks } from './guards-without-auth.ts'
import type { PartName } from '../parts/options.ts'
import type { PartReport } from '../parts/report.ts'

interface Readers {
  readonly part: PartName
  /** The plugins of others that read it too. */
  readonly others?: readonly string[]
}

/** The members of a route's `config` that limit or protect it, and who reads them. */
const readersOf: Readonly<Record<string, Readers>> = {
  auth: { part: 'auth' },
  rateLimit: { part: 'security', others: ['@seaworthy/security/rate-limit', '@fastify/rate-limit'] },
  concurrency: { part: 'security', others: ['@seaworthy/security/concurrency-limit'] },
  cors: { part: 'security', others: ['@seaworthy/security/cors', '@fastify/cors'] },
  deadline: { part: 'resilience' }
}

/**
 * Warns about routes with options of a part that is not on: they would be without it, silently. It may be that the app
 * reads `config.auth` itself, so the start goes on.
 */
export function warnAboutUnreadOptions(fastify: FastifyInstance, reports: readonly PartReport[]): void {
  const isOn = ({ part }: Readers) => reports.some((report) => report.part === part && report.state === 'on')
  const unread = Object.entries(readersOf).filter(([, readers]) => !isOn(readers))
  if (unread.length === 0) return
  const routes: AddedRoute[] = []
  fastify.addHook('onRoute', function (route) {
    if (route.method !== 'HEAD' && route.config?.operational === undefined)
      routes.push({ scope: this, route })
  })
  fastify.addHook('onReady', (done) => {
    for (const [name, { part, others = [] }] of unread) {
      const plugins = [`@seaworthy/${part}`, ...others]
      const isRead = (scope: FastifyInstance) => plugins.some((plugin) => hasPlugin(scope, plugin))
      const without = routes.filter(({ scope }) => !isRead(scope))
      const found = without.filter(({ route }) => Boolean({ ...route.config }[name as 'auth']))
      if (found.length > 0) warn(fastify, name, part, namesOf(found))
      const unguarded = name === 'auth' ? without.filter(hasUndefinedHook) : []
      if (unguarded.length > 0)
        fastify.log.warn(
          `seaworthy: the part "auth" is off, and a hook of ${namesOf(unguarded)} is undefined; ` +
            'every client may use them; switch the part on, or see whether the name of the hook exists'
        )
    }
    done()
  })
}

interface AddedRoute {
  readonly scope: FastifyInstance
  readonly route: RouteOptions
}

function warn({ log }: FastifyInstance, name: string, part: PartName, routes: string): void {
  const what = `the part "${part}" is off, so it does not read "config.${name}" of ${routes}`
  if (name === 'auth')
    log.warn(
      `seaworthy: ${what}; every client may use them unless the app reads it; switch the part on, or rename the option`
    )
  else log.warn(`seaworthy: ${what}; they are without it; switch the part on, or remove the option`)
}

const namesOf = (routes: readonly AddedRoute[]): string =>
  shortList([...new Set(routes.map(({ route }) => `${String(route.method)} ${route.url}`))])

/** Fastify ignores a hook that is undefined; its own plugins pass on hooks that the app may leave out. */
const hasUndefinedHook = ({ scope, route }: AddedRoute): boolean =>
  !scope.pluginName.startsWith('@fastify/') &&
  requestHooks.some((name) => name in route && route[name] === undefined)

/** Whether a plugin is in a scope or above it: scopes do not know those that came to their parents later. */
const hasPlugin = (scope: FastifyInstance, plugin: string): boolean =>
  [...scopesOf(scope)].some((each) => (each as FastifyInstance).hasPlugin(plugin))
