import { routeData } from '@seaworthy/contract'
import { invalidOption } from '@seaworthy/internal'
import type { FastifyInstance, RouteOptions } from 'fastify'
import { AuthError } from '../core/errors.ts'
import { check } from '../core/option-checks.ts'
import type { RoleName } from '../types/names.ts'
import { toAuthHook, type AuthHook, type GuardHook } from './auth-hook.ts'
import type { Guards } from './guard.ts'
import { rowsOf, type MatrixRow } from './matrix.ts'
import { misplacedRules } from './misplaced.ts'
import { requirementOf, type Requirement, type RuleContext } from './requirement.ts'
import type { Roles } from './roles.ts'
import { createScopeGuards } from './scope-guards.ts'

export interface RouteRules {
  authenticate: AuthHook
  authorize(...roles: (RoleName | readonly RoleName[])[]): AuthHook
  matrix(): MatrixRow[]
  /** The rule of a route, with the guards of its scope; `undefined` for a route without this plugin. Complete when the app is ready. */
  ruleOf(route: RouteOptions): RouteEntry['rule'] | undefined
}

export interface RouteRulesOptions extends RuleContext {
  readonly defaultDeny: boolean
  readonly rolesGranting: Roles['rolesGranting']
}

/** A route whose hooks are complete when the app is ready. */
export interface RouteEntry {
  readonly name: string
  readonly route: Pick<RouteOptions, 'method' | 'url'>
  /** The instance on which it was added. */
  readonly scope: object
  readonly rule: 'public' | 'operational' | 'unmarked' | readonly Requirement[]
}

const phases = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const

/** Turns the rules of routes into hooks, and collects the matrix. */
export function createRouteRules(
  fastify: FastifyInstance,
  options: RouteRulesOptions,
  guards: Guards
): RouteRules {
  const { schemes, mode } = options
  const deniesByDefault = options.defaultDeny && mode === 'enforce'
  /** The requirements of the hooks that `authenticate` and `authorize(…)` are. */
  const requirements = new WeakMap<object, Requirement>()
  const checkedRoute = routeData<true>('auth.checked')
  const scopes = createScopeGuards(fastify, phases, (hook) => requirements.get(hook))
  const entries: RouteEntry[] = []
  const entryOf = new WeakMap<object, RouteEntry>()
  /** Keys that look like rules, each with the routes that have it. */
  const misplaced = new Map<string, string[]>()

  /** The rule of a route, with the guards of its scope. */
  const ruleOf = ({ rule, scope }: RouteEntry): RouteEntry['rule'] => {
    const guards = rule === 'operational' ? [] : scopes.of(scope)
    if (guards.length === 0) return rule
    return typeof rule === 'string' ? guards : [...rule, ...guards]
  }

  /** Makes `app.authenticate` and `app.authorize(…)`: authentication and authorization in one hook. */
  const createHook = (requirement: Requirement): AuthHook => {
    const authenticate = schemes.length > 0 ? guards.authenticate(requirement) : undefined
    const authorize = guards.authorize(requirement)
    const hook = toAuthHook((request, reply, done) => {
      const next = (error?: Error): void =>
        error || !authorize ? done(error) : authorize(request, reply, done)
      if (request.identity !== null) return next()
      if (!authenticate) {
        const code = 'AUTH_NOT_CONFIGURED'
        return done(new AuthError('No authentication scheme is configured', { code, statusCode: 500 }))
      }
      authenticate(request, reply, next)
    })
    requirements.set(hook, requirement)
    return hook
  }

  /** Adds the hooks of `config.auth` before the route's own hooks, which may rely on the user. */
  function addGuards(route: RouteOptions, requirement: Requirement): void {
    const add = (phase: 'onRequest' | 'preValidation' | 'preHandler', hook: GuardHook | undefined): void => {
      if (hook) route[phase] = [hook, ...([route[phase] ?? []].flat() as GuardHook[])]
    }
    add('onRequest', guards.authenticate(requirement))
    add('preValidation', guards.authorize(requirement))
    add('preHandler', guards.checkOwner(requirement))
  }

  const requirementsOfHooks = (route: RouteOptions): Requirement[] =>
    phases
      .flatMap((phase) => [route[phase] ?? []].flat() as object[])
      .flatMap((hook) => requirements.get(hook) ?? [])

  /** Stops the start for a guard that Fastify would ignore, and notes what may be one. */
  function checkPlace(route: RouteOptions, name: string): void {
    const { certain, possible } = misplacedRules(route)
    const [first] = certain
    if (first !== undefined)
      check.fail(
        `${name} ${first}`,
        'written as config.auth, the only place that is read',
        'a rule elsewhere'
      )
    if (route.method === 'HEAD') return
    for (const key of possible) misplaced.set(key, [...(misplaced.get(key) ?? []), name])
  }

  fastify.addHook('onRoute', function (route) {
    const { auth, operational } = route.config ?? {}
    checkedRoute.set(route, true)
    const name = nameOf(route)
    const add = (rule: RouteEntry['rule']): void => {
      const entry = { name, route: { method: route.method, url: route.url }, scope: this, rule }
      entries.push(entry)
      entryOf.set(route, entry)
    }
    if (operational !== undefined) return add('operational')

    checkPlace(route, name)
    const found = requirementsOfHooks(route)
    if (found.length > 0 && schemes.length === 0)
      check.fail(
        'jwt',
        `set (or "session", or "apiKeys"; JWT_SECRET or SESSION_SECRET for fromEnv()): ${name} needs a scheme`,
        undefined
      )
    if (auth === false && found.length > 0)
      check.fail(`${name} config.auth`, 'left out beside app.authenticate', false)
    if (auth !== undefined && auth !== false) {
      const requirement = requirementOf(name, auth, options)
      addGuards(route, requirement)
      found.unshift(requirement)
    }
    if (found.length > 0) return add(found)
    add(auth === false ? 'public' : 'unmarked')
  })

  fastify.addHook('onReady', (done) => {
    for (const [key, routes] of misplaced) {
      const what = `"${key}" limits no access on ${shortList(routes)}; it is not read`
      fastify.log.warn(`auth: ${what}; put the rule into config.auth if it is one`)
    }
    if (!options.defaultDeny) return done()
    const unmarked = entries
      .filter((entry) => ruleOf(entry) === 'unmarked' && !isPreflight(entry.route))
      .map(({ name }) => name)
    if (unmarked.length === 0) return done()
    const rule =
      'find an access rule on every route: config.auth, app.authenticate or app.authorize (config: { auth: false } for everyone)'
    if (mode === 'enforce')
      return done(invalidOption(`auth: "defaultDeny" must ${rule}, got none on ${unmarked.join(', ')}`))
    const what = `"defaultDeny" would stop the start: ${unmarked.join(', ')} have no access rule`
    fastify.log.warn(
      `auth: ${what}; they are open, because the mode is 'report'; add config.auth, or config: { auth: false } for everyone`
    )
    done()
  })

  // Routes added before this plugin have no guards, even if they name `app.authenticate`: it did not exist yet, and
  // Fastify ignores a hook that is undefined. Only routes that are public by decision are open.
  const early = new Set<string>()
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (checkedRoute.get(request) || request.is404) return done()
    const { config, method, url = '' } = request.routeOptions
    if (config.operational !== undefined || config.auth === false) return done()
    if (isPreflight({ method, url })) return done()
    // Without a scheme there is nothing that a guard could require.
    if (config.auth === undefined && !deniesByDefault && schemes.length === 0) return done()
    if (!early.has(url)) {
      early.add(url)
      const what = `${url} was added before this plugin, so it has no guard; rejecting its requests`
      request.log.error(`auth: ${what}; await app.register(…) before the routes, or set config.auth to false`)
    }
    const message = 'The route was added before the plugin that guards it'
    done(new AuthError(message, { code: 'AUTH_UNMARKED_ROUTE', statusCode: 403 }))
  })

  const anyUser = {
    roles: [],
    scopes: [],
    policies: [],
    owner: [],
    stepUp: undefined,
    dpopRequired: false,
    optional: false
  }
  const base: Requirement = { schemes, mode, ...anyUser }
  return {
    authenticate: createHook(base),
    authorize: (...lists) => {
      // A list is how other libraries take them.
      const roles = lists.flat<(RoleName | readonly RoleName[])[]>()
      if (roles.length === 0) check.failWith('authorize', 'called with at least one role', 'none')
      for (const role of roles) check.string('authorize', role)
      return createHook({ ...base, roles })
    },
    ruleOf(route) {
      // Another plugin may have a copy of the route.
      const name = nameOf(route)
      const entry = entryOf.get(route) ?? entries.find((each) => each.name === name)
      return entry && ruleOf(entry)
    },
    matrix: () => entries.flatMap((entry) => rowsOf(entry.route, ruleOf(entry), options.rolesGranting))
  }
}

const nameOf = ({ method, url }: Pick<RouteOptions, 'method' | 'url'>): string =>
  `${[method].flat().join('|')} ${url}`

/** `@fastify/cors` answers preflight requests on a route of its own. */
const isPreflight = ({ method, url }: { method: unknown; url: string }): boolean =>
  [method].flat().join() === 'OPTIONS' && (url === '*' || url === '/*')

/** The first names of a list, and how many there are more. */
const shortList = (names: readonly string[]): string =>
  names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '')
