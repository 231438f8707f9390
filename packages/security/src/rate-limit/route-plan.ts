import { omitUndefined } from '@seaworthy/internal'
import type { RouteOptions } from 'fastify'
import { check } from '../option-checks.ts'
import type { LimitOptions } from './limit-options.ts'
import type { RateLimitOptions, RouteLimitOptions, RouteRateLimit } from './options.ts'
import { limitNames, resolveLimit, type Limit } from './resolve-limit.ts'

/** The limits of a route, by the hook in which they are evaluated. */
export interface RoutePlan {
  readonly limits: readonly Limit[]
  readonly onRequest: readonly Limit[]
  readonly preParsing: readonly Limit[]
  readonly preValidation: readonly Limit[]
  readonly preHandler: readonly Limit[]
  /** Evaluated as soon as there is a user. */
  readonly user: readonly Limit[]
  /** Whether the route has no limits of its own. */
  readonly isOfApp: boolean
}

const createPlan = (limits: readonly Limit[], isOfApp = false): RoutePlan => {
  const at = (stage: Limit['stage']) => limits.filter((limit) => limit.stage === stage)
  return {
    isOfApp,
    limits: [...limits],
    onRequest: at('onRequest'),
    preParsing: at('preParsing'),
    preValidation: at('preValidation'),
    preHandler: at('preHandler'),
    user: at('user')
  }
}

/** The app's plan for one route. */
export const copyOfAppPlan = ({ limits }: RoutePlan): RoutePlan => createPlan(limits, true)

/** Static files within the window. */
const maxFiles = 1000

export const noLimits: RoutePlan = createPlan([])

/** The members of a route that its name has. */
export type NamedRoute = Pick<RouteOptions, 'method' | 'url'> & { constraints?: RouteOptions['constraints'] }

/** The app's limits, from which those of routes and hooks inherit. */
export interface AppLimits {
  /** The plan of routes without limits of their own. */
  readonly plan: RoutePlan
  /** The plan of static files, while the app has not set `max`: one page may have dozens. */
  readonly filesPlan: RoutePlan
  /** The plan of a route with `config.rateLimit`. */
  forRoute(route: NamedRoute, config: RouteRateLimit): RoutePlan
  /** The limit of a hook or a call by hand. */
  custom(option: string, options: LimitOptions, name: string): Limit
}

/**
 * Resolves the app's limits.
 *
 * @param registration - The number of the plugin's registration. Metrics and headers show apart what several limit.
 */
export function resolveAppLimits(options: RateLimitOptions, registration = 1): AppLimits {
  const number = registration === 1 ? '' : `${registration} `
  const base = pickLimitOptions(options)
  const user = additionalLimit('rateLimit.user', options.user, base, `${number}user`)
  const failures = additionalLimit('rateLimit.failures', options.failures, base, `${number}failures`)
  const ip = resolveLimit('rateLimit', base, `${number}ip`)
  // A name identifies a count: routes that inherited the app's name would be counted together.
  const { name: _, groupId: __, ...inherited } = base
  /** A limit's options on top of the app's. Of headers that are left out, both lists apply. */
  const inherit = <T extends LimitOptions>(limit: T): T => ({
    ...inherited,
    ...limit,
    addHeaders: { ...inherited.addHeaders, ...limit.addHeaders },
    addHeadersOnExceeding: { ...inherited.addHeadersOnExceeding, ...limit.addHeadersOnExceeding }
  })

  return {
    plan: createPlan([ip, ...failures, ...user], true),
    filesPlan: createPlan([resolveLimit('rateLimit', { ...inherited, max: maxFiles }, `${number}files`)]),
    custom: (option, limit, name) => resolveLimit(option, inherit(omitUndefined(limit)), name),
    forRoute(route, config) {
      if (config === false) return noLimits
      const name = routeName(route)
      const option = `rateLimit of ${name}`
      if (Array.isArray(config)) {
        const limits = config as readonly LimitOptions[]
        if (limits.length === 0) check.fail(option, 'a limit, a list of limits, or false', config)
        const several = limits.map((limit, index) => {
          check.object(option, limit, 'an object or false')
          const nameOfLimit = index === 0 ? name : `${name} #${index + 1}`
          return resolveLimit(option, inherit(omitUndefined(limit)), nameOfLimit)
        })
        return createPlan([...several, ...failures, ...user])
      }
      check.object(option, config, 'an object or false')
      const {
        user: userOfRoute,
        failures: failuresOfRoute,
        ...ofAddress
      } = omitUndefined(config as RouteLimitOptions)
      return createPlan([
        ...(Object.keys(ofAddress).length === 0 ? [ip] : [resolveLimit(option, inherit(ofAddress), name)]),
        ...(failuresOfRoute === undefined
          ? failures
          : additionalLimit(option, failuresOfRoute, inherited, `${name} failures`)),
        ...(userOfRoute === undefined
          ? user
          : additionalLimit(option, userOfRoute, inherited, `${name} user`))
      ])
    }
  }
}

const pickLimitOptions = (options: RateLimitOptions): LimitOptions =>
  Object.fromEntries(
    Object.entries(options).filter(([key, value]) => limitNames.includes(key) && value !== undefined)
  )

/** A limit per user or on failures, beside the one per address. It inherits all but the identity of that limit. */
function additionalLimit(
  option: string,
  options: LimitOptions | false | undefined,
  base: LimitOptions,
  name: 'user' | 'failures' | (string & {})
): Limit[] {
  if (options === undefined || options === false) return []
  check.object(option, options, 'an object or false')
  const { keyGenerator: _, hook: __, name: ___, groupId: ____, by: _____, cost: ______, ...shared } = base
  const kind: LimitOptions = name.endsWith('user') ? { by: 'user' } : { failuresOnly: [401] }
  return [resolveLimit(option, { ...shared, ...kind, ...omitUndefined(options) }, name)]
}

/** `GET /orders/:id`, with what tells it from other routes of the same path: `GET / host=a.example`. HEAD counts as GET. */
export function routeName({ method, url, constraints = {} }: NamedRoute): string {
  const methods = [method].flat().map((name) => (name === 'HEAD' ? 'GET' : name.toUpperCase()))
  const rules = Object.entries(constraints).map(([name, value]) => ` ${name}=${String(value)}`)
  return `${[...new Set(methods)].toSorted().join(',')} ${url}${rules.join('')}`
}
