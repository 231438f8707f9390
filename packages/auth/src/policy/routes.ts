import { routeData } from '@seaworthy/contract'
import type { FastifyInstance, RouteOptions } from 'fastify'
import { check } from '../core/option-checks.ts'
import type { RoleName } from '../types/names.ts'
import { toAuthHook, type AuthHook, type GuardHook } from './auth-hook.ts'
import { AuthError } from '../core/errors.ts'
import { rejectEarlyRoutes } from './early-routes.ts'
import type { Guards } from './guard.ts'
import { rowsOf, type MatrixRow } from './matrix.ts'
import { misplacedRules } from './misplaced.ts'
import { checkWhenReady, type CheckedRoute } from './ready-checks.ts'
import { requirementOf, type Requirement, type RouteRule, type RuleContext } from './requirement.ts'
import type { Roles } from './roles.ts'
import { createScopeGuards } from './scope-guards.ts'
import { phases } from './uncalled-guards.ts'

export interface RouteRules {
  authenticate: AuthHook
  authorize(...roles: (RoleName | readonly RoleName[])[]): AuthHook
  matrix(): MatrixRow[]
  /** The rule of a route, with the guards of its scope; `undefined` for a route without this plugin. Complete when the app is ready. */
  ruleOf(route: RouteOptions): RouteRule | undefined
  /** To be called when this plugin has loaded: further routes are the app's. */
  loaded(): void
}

export interface RouteRulesOptions extends RuleContext {
  readonly defaultDeny: boolean
  readonly rolesGranting: Roles['rolesGranting']
}

/** A route. Its hooks and those of its scope are complete when the app is ready. */
interface RouteEntry {
  readonly name: string
  readonly route: Pick<RouteOptions, 'method' | 'url'>
  /** Other plugins may add hooks to it. */
  readonly options: RouteOptions
  /** The instance on which it was added. */
  readonly scope: object
  /** `config.auth`, as the guards have it. */
  readonly auth: unknown
  /** That of `config.auth`. */
  readonly requirement: Requirement | undefined
}

const makesHook = "app.authorize('role'), with a role: it makes the hook"

/** Turns the rules of routes into hooks, and collects the matrix. */
export function createRouteRules(
  fastify: FastifyInstance,
  options: RouteRulesOptions,
  guards: Guards
): RouteRules {
  const { schemes, mode } = options
  /** The requirements of the hooks that `authenticate` and `authorize(…)` are. */
  const requirements = new WeakMap<object, Requirement>()
  const checkedRoute = routeData<true>('auth.checked')
  const isGuard = (value: unknown): boolean =>
    typeof value === 'function' && (value === authorize || requirements.has(value))
  const scopes = createScopeGuards(fastify, {
    requirementOf: (hook) => requirements.get(hook),
    checkHook: (stage, hook) => {
      if (hook === authorize) check.failWith(`the hook ${stage}`, makesHook, 'app.authorize')
    },
    isGuard
  })
  const entries: RouteEntry[] = []
  const entryOf = new WeakMap<object, RouteEntry>()
  /** Keys that look like rules, each with the routes that have it. */
  const misplaced = new Map<string, string[]>()
  let routesOfPlugin = 0

  /** The rule of a route, with the guards of its scope. */
  const ruleOf = ({ options: route, requirement, scope }: RouteEntry): RouteRule => {
    const { auth, operational } = route.config ?? {}
    if (operational !== undefined) return 'operational'
    const found = [...(requirement ? [requirement] : []), ...requirementsOfHooks(route), ...scopes.of(scope)]
    if (found.length > 0) return found
    return auth === false ? 'public' : 'unmarked'
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

  const hooksOf = (route: RouteOptions): object[] =>
    phases.flatMap((phase) => [route[phase] ?? []].flat() as object[])
  const requirementsOfHooks = (route: RouteOptions): Requirement[] =>
    hooksOf(route).flatMap((hook) => requirements.get(hook) ?? [])

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
    if (hooksOf(route).includes(authorize)) check.failWith(`a hook of ${name}`, makesHook, 'app.authorize')
    if (route.method === 'HEAD') return
    for (const key of possible) misplaced.set(key, [...(misplaced.get(key) ?? []), name])
  }

  fastify.addHook('onRoute', function (route) {
    const { auth, operational } = route.config ?? {}
    checkedRoute.set(route, true)
    const name = nameOf(route)
    const add = (requirement?: Requirement): void => {
      const place = { method: route.method, url: route.url }
      const entry = { name, route: place, options: route, scope: this, auth, requirement }
      entries.push(entry)
      entryOf.set(route, entry)
    }
    if (operational !== undefined) return add()

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
    if (auth === undefined || auth === false) return add()
    const requirement = requirementOf(name, auth, options)
    addGuards(route, requirement)
    add(requirement)
  })

  checkWhenReady(fastify, {
    routes: () => entries.map((entry): CheckedRoute => ({ ...entry, rule: ruleOf(entry) })),
    hasOwnRoutes: () => entries.length > routesOfPlugin,
    misplaced,
    isGuard,
    hasSchemes: schemes.length > 0,
    defaultDeny: options.defaultDeny,
    mode
  })
  rejectEarlyRoutes(fastify, {
    deniesByDefault: options.defaultDeny && mode === 'enforce',
    hasSchemes: schemes.length > 0,
    checkedRoute
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
  function authorize(...lists: (RoleName | readonly RoleName[])[]): AuthHook {
    // A list is how other libraries take them.
    const roles = lists.flat<(RoleName | readonly RoleName[])[]>()
    if (roles.length === 0) check.failWith('authorize', 'called with at least one role', 'none')
    for (const role of roles) check.string('authorize', role)
    return createHook({ ...base, roles })
  }
  return {
    authenticate: createHook(base),
    authorize,
    ruleOf(route) {
      // Another plugin may have a copy of the route.
      const name = nameOf(route)
      const entry = entryOf.get(route) ?? entries.find((each) => each.name === name)
      return entry && ruleOf(entry)
    },
    matrix: () => entries.flatMap((entry) => rowsOf(entry.route, ruleOf(entry), options.rolesGranting)),
    loaded: () => void (routesOfPlugin = entries.length)
  }
}

const nameOf = ({ method, url }: Pick<RouteOptions, 'method' | 'url'>): string =>
  `${[method].flat().join('|')} ${url}`
