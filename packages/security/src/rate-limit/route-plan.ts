import type { RouteOptions } from 'fastify'
import { check, given, section } from '../option-checks.ts'
import { compileLimit, limitKeys, type Limit } from './resolve-limit.ts'
import type { LimitOptions, RateLimitOptions, RouteLimitOptions, RouteRateLimit } from './options.ts'

/** The limits of a route, by where they are asked. */
export interface Plan {
  readonly limits: readonly Limit[]
  readonly onRequest: readonly Limit[]
  readonly preParsing: readonly Limit[]
  readonly preValidation: readonly Limit[]
  readonly preHandler: readonly Limit[]
  readonly user: readonly Limit[]
}

export const planOf = (limits: readonly Limit[]): Plan => {
  const at = (stage: Limit['stage']) => limits.filter((limit) => limit.stage === stage)
  return {
    limits,
    onRequest: at('onRequest'),
    preParsing: at('preParsing'),
    preValidation: at('preValidation'),
    preHandler: at('preHandler'),
    user: at('user')
  }
}

export const noLimits: Plan = planOf([])

/** What all limits of the app start from. */
export function appLimits(options: RateLimitOptions): {
  plan: Plan
  forRoute: (route: Pick<RouteOptions, 'method' | 'url'>, said: RouteRateLimit) => Plan
  custom: (option: string, own: LimitOptions, name: string) => Limit
} {
  const base = pick(options)
  const user = extra('rateLimit.user', options.user, base, 'user')
  const failures = extra('rateLimit.failures', options.failures, base, 'failures')
  const ip = compileLimit('rateLimit', base, 'ip')
  // A name is one limit's: two routes that are given the app's would count together without anyone having said so.
  const { name: _, groupId: __, ...inherited } = base

  return {
    plan: planOf([ip, ...failures, ...user]),
    custom: (option, own, name) => compileLimit(option, { ...inherited, ...given(own) }, name),
    forRoute(route, said) {
      if (said === false) return noLimits
      const name = routeName(route)
      const option = `rateLimit of ${name}`
      if (Array.isArray(said)) {
        if (said.length === 0) check.fail(option, 'a limit, a list of limits, or false', said)
        const several = (said as readonly LimitOptions[]).map((one, index) => {
          section(option, one)
          return compileLimit(
            option,
            { ...inherited, ...given(one) },
            index === 0 ? name : `${name} #${index + 1}`
          )
        })
        return planOf([...several, ...failures, ...user])
      }
      section(option, said)
      const { user: ownUser, failures: ownFailures, ...own } = given(said as RouteLimitOptions)
      return planOf([
        ...(Object.keys(own).length === 0 ? [ip] : [compileLimit(option, { ...inherited, ...own }, name)]),
        ...(ownFailures === undefined ? failures : extra(option, ownFailures, inherited, `${name} failures`)),
        ...(ownUser === undefined ? user : extra(option, ownUser, inherited, `${name} user`))
      ])
    }
  }
}

const pick = (options: RateLimitOptions): LimitOptions =>
  Object.fromEntries(
    Object.entries(options).filter(([key, value]) => limitKeys.includes(key) && value !== undefined)
  )

/** A limit beside the one per address, with the same surroundings, but not its key. */
function extra(
  option: string,
  options: LimitOptions | false | undefined,
  base: LimitOptions,
  name: 'user' | 'failures' | (string & {})
): Limit[] {
  if (options === undefined || options === false) return []
  section(option, options)
  const { keyGenerator: _, hook: __, name: ___, groupId: ____, by: _____, cost: ______, ...shared } = base
  const user = name.endsWith('user')
  const kind: LimitOptions = user ? { by: 'user' } : { failuresOnly: [401] }
  return [compileLimit(option, { ...shared, ...kind, ...given(options) }, name)]
}

/** `GET /orders/:id`, without HEAD: asking for the headers alone is asking. */
export function routeName({ method, url }: Pick<RouteOptions, 'method' | 'url'>): string {
  const methods = [method].flat().map((name) => (name === 'HEAD' ? 'GET' : name.toUpperCase()))
  return `${[...new Set(methods)].toSorted().join(',')} ${url}`
}
