import { routeData } from '@seaworthy/contract'
import { invalidOption } from '@seaworthy/internal'
import type { FastifyInstance, RouteOptions } from 'fastify'
import { AuthError } from '../core/errors.ts'
import { check } from '../core/option-checks.ts'
import type { RoleName } from '../types/names.ts'
import { toAuthHook, type AuthHook, type GuardHook } from './auth-hook.ts'
import type { Guards } from './guard.ts'
import { rowsOf, type MatrixRow } from './matrix.ts'
import { requirementOf, type Requirement, type RuleContext } from './requirement.ts'

export interface RouteRules {
  authenticate: AuthHook
  authorize(...roles: RoleName[]): AuthHook
  matrix(): MatrixRow[]
}

export interface RouteRulesOptions extends RuleContext {
  readonly defaultDeny: boolean
}

const phases = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const

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
  const matrix: MatrixRow[] = []
  const unmarked: string[] = []

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

  fastify.addHook('onRoute', (route) => {
    const { auth, operational } = route.config ?? {}
    checkedRoute.set(route, true)
    if (operational !== undefined) {
      matrix.push(...rowsOf(route, 'operational'))
      return
    }

    const name = `${[route.method].flat().join('|')} ${route.url}`
    const found = requirementsOfHooks(route)
    if (found.length > 0 && schemes.length === 0)
      check.fail('jwt', `set (or "session", or "apiKeys"): ${name} needs a scheme`, undefined)
    if (auth === false && found.length > 0)
      check.fail(`${name} config.auth`, 'left out beside app.authenticate', false)
    if (auth !== undefined && auth !== false) {
      const requirement = requirementOf(name, auth, options)
      addGuards(route, requirement)
      found.unshift(requirement)
    }
    if (found.length > 0) {
      matrix.push(...rowsOf(route, found))
      return
    }

    matrix.push(...rowsOf(route, auth === false ? 'public' : 'unmarked'))
    if (auth === undefined && !isPreflight(route)) unmarked.push(name)
  })

  if (options.defaultDeny) {
    fastify.addHook('onReady', (done) => {
      if (unmarked.length === 0) return done()
      const rule =
        'find an access rule on every route: config.auth, app.authenticate or app.authorize (config: { auth: false } for everyone)'
      done(invalidOption(`auth: "defaultDeny" must ${rule}, got none on ${unmarked.join(', ')}`))
    })
  }
  // Routes added before this plugin have no guards: reject their requests if the route or the app requires a rule.
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (checkedRoute.get(request) || request.is404) return done()
    const { auth, operational } = request.routeOptions.config
    if (operational !== undefined || auth === false) return done()
    if (auth === undefined && !options.defaultDeny) return done()
    const message = 'The route was added before the plugin that guards it'
    done(new AuthError(message, { code: 'AUTH_UNMARKED_ROUTE', statusCode: 403 }))
  })

  const anyUser = { roles: [], scopes: [], policies: [], owner: [], optional: false }
  const base: Requirement = { schemes, mode, ...anyUser }
  return {
    authenticate: createHook(base),
    authorize: (...roles) => {
      if (roles.length === 0) check.fail('authorize', 'called with at least one role', 'none')
      for (const role of roles) check.string('authorize', role)
      return createHook({ ...base, roles })
    },
    matrix: () => matrix.map((row) => ({ ...row }))
  }
}

/** `@fastify/cors` answers preflight requests on a route of its own. */
const isPreflight = ({ method, url }: RouteOptions): boolean =>
  method === 'OPTIONS' && (url === '*' || url === '/*')
