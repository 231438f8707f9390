import type {
  FastifyContextConfig,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  RouteOptions
} from 'fastify'
import type { Overridable } from '@seaworthy/contract'
import { optionChecks } from '@seaworthy/internal'
import type { ResolvedAuth } from '../options.ts'
import { AuthError } from '../core/errors.ts'
import type { SchemeName } from '../core/identity.ts'
import type { RoleName } from '../types/names.ts'
import type { AnyReply, AnyRequest } from '../types/requests.ts'
import type { GuardHook, Guards } from './guard.ts'
import { rowsOf, type MatrixRow } from './matrix.ts'
import { requirementOf, type Known, type Requirement, type RouteAuth } from './requirement.ts'

interface AuthRouteConfig {
  /** Who may use the route: `true` for all who prove who they are, `false` for everyone, or in detail. */
  auth?: Overridable<this, boolean | RouteAuth>
}

declare module 'fastify' {
  interface FastifyContextConfig extends AuthRouteConfig {}
}

/** A hook for a route that works with `done` and, called by hand, as a promise. */
export type AuthHook = {
  // A method, so that an app may decorate a function that takes all of `FastifyRequest`.
  hook(request: AnyRequest, reply: AnyReply, done: (error?: Error) => void): void
  hook(request: AnyRequest, reply: AnyReply): Promise<void>
}['hook']

export interface RouteRules {
  authenticate: AuthHook
  authorize(...roles: RoleName[]): AuthHook
  matrix(): MatrixRow[]
}

const phases = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const

type Done = (error?: Error) => void

/** Makes a callback hook callable as a promise too. */
function hook(run: GuardHook): AuthHook {
  return function authHook(request: FastifyRequest, reply: FastifyReply, third?: unknown, fourth?: Done) {
    // As `preParsing` it is given the body before `done`.
    const done = fourth ?? (third as Done | undefined)
    if (done) return run(request, reply, done)
    return new Promise<void>((resolve, reject) =>
      run(request, reply, (error) => (error ? reject(error) : resolve()))
    )
  } as AuthHook
}

/** Turns marks on routes into hooks, and keeps the table of who may use what. */
export function routeRules(
  fastify: FastifyInstance,
  options: ResolvedAuth,
  schemes: readonly SchemeName[],
  guards: Guards
): RouteRules {
  const check = optionChecks('auth')
  const known: Known = { schemes, policies: options.policies, mode: options.mode }
  const marks = new WeakMap<object, Requirement>()
  const table: MatrixRow[] = []
  const unmarked: string[] = []
  // In the route's config, which Fastify copies: it says that the route was looked at.
  const seen = Symbol('auth.seen')

  /** `app.authenticate` and `app.authorize(…)`: who asks, then what they may, in one hook. */
  const marked = (requirement: Requirement): AuthHook => {
    const identify = schemes.length > 0 ? guards.authenticate(requirement) : undefined
    const permit = guards.permit(requirement)
    const made = hook((request, reply, done) => {
      const next = (error?: Error): void => (error || !permit ? done(error) : permit(request, reply, done))
      if (request.identity !== null) return next()
      if (!identify) return done(new AuthError('AUTH_NOT_CONFIGURED', 500, 'No scheme is configured'))
      identify(request, reply, next)
    })
    marks.set(made, requirement)
    return made
  }
  const base: Requirement = {
    schemes,
    roles: [],
    scopes: [],
    policies: [],
    owner: [],
    optional: false,
    mode: options.mode
  }

  fastify.addHook('onRoute', (route) => {
    const { config } = route
    route.config = { ...config, [seen]: true } as FastifyContextConfig
    const name = `${[route.method].flat().join('|')} ${route.url}`
    if (config?.operational !== undefined) {
      table.push(...rowsOf(route, 'operational'))
      return
    }

    const found = markedHooks(route)
    if (found.length > 0 && schemes.length === 0) {
      check.fail('jwt', `given (or "session", or "apiKeys"): ${name} needs a way to authenticate`, undefined)
    }
    const auth = config?.auth
    if (auth === false && found.length > 0)
      check.fail(`${name} config.auth`, 'left out beside app.authenticate', false)
    if (auth !== undefined && auth !== false) found.unshift(guarded(route, requirementOf(name, auth, known)))
    if (found.length > 0) {
      table.push(...rowsOf(route, found))
      return
    }

    // What Fastify answers itself before a route (CORS preflight, 404) isn't among the routes.
    table.push(...rowsOf(route, auth === false ? 'public' : 'unmarked'))
    if (auth === undefined && !isPreflight(route)) unmarked.push(name)
  })

  const markedHooks = (route: RouteOptions): Requirement[] =>
    phases
      .flatMap((phase) => [route[phase] ?? []].flat() as object[])
      .flatMap((entry) => marks.get(entry) ?? [])

  /** Puts the demands of `config.auth` before the route's own hooks: these may rely on the user. */
  function guarded(route: RouteOptions, requirement: Requirement): Requirement {
    const add = (phase: 'onRequest' | 'preValidation' | 'preHandler', run: GuardHook | undefined): void => {
      if (run) route[phase] = [run, ...([route[phase] ?? []].flat() as GuardHook[])]
    }
    add('onRequest', guards.authenticate(requirement))
    add('preValidation', guards.permit(requirement))
    add('preHandler', guards.own(requirement))
    return requirement
  }

  if (options.defaultDeny) {
    fastify.addHook('onReady', (done) => {
      if (unmarked.length === 0) return done()
      const rule =
        'on every route: config.auth, app.authenticate or app.authorize (config: { auth: false } for everyone)'
      done(
        new RangeError(
          `auth: "defaultDeny" must find who may use it ${rule}, got none on ${unmarked.join(', ')}`
        )
      )
    })
  }
  // Routes that were there before this plugin were never looked at: nobody gets in where they, or the app, say who may.
  fastify.addHook('onRequest', (request, _reply, done) => {
    const config: FastifyContextConfig & { [seen]?: true } = request.routeOptions.config
    if (config[seen] || config.operational !== undefined || request.is404) return done()
    const open = config.auth === undefined ? !options.defaultDeny : config.auth === false
    if (open) return done()
    done(new AuthError('AUTH_UNMARKED_ROUTE', 403, 'The route was added before the plugin that guards it'))
  })

  return {
    authenticate: marked(base),
    authorize: (...roles) => {
      if (roles.length === 0) check.fail('authorize', 'called with at least one role', 'none')
      for (const role of roles) check.string('authorize', role)
      return marked({ ...base, roles })
    },
    matrix: () => table.map((row) => ({ ...row }))
  }
}

/** @fastify/cors answers preflights on a route of its own. */
const isPreflight = ({ method, url }: RouteOptions): boolean =>
  method === 'OPTIONS' && (url === '*' || url === '/*')
