import { isDeepStrictEqual } from 'node:util'
import { invalidOption, scopesOf, shortList } from '@seaworthy/internal'
import type { FastifyInstance, RouteOptions } from 'fastify'
import { isPreflight } from './early-routes.ts'
import { rulesInOtherWords } from './misplaced.ts'
import { watchOutside } from './outside.ts'
import type { RouteRule } from './requirement.ts'
import { guardsInConfig, guardsOfRegister, uncalledGuards, undefinedRules } from './uncalled-guards.ts'

/** A route whose hooks are complete. */
export interface CheckedRoute {
  readonly name: string
  readonly route: Pick<RouteOptions, 'method' | 'url'>
  readonly options: RouteOptions
  readonly scope: object
  /** `config.auth`, as the guards have it. */
  readonly auth: unknown
  readonly rule: RouteRule
}

export interface ReadyChecksOptions {
  routes(): readonly CheckedRoute[]
  /** Whether the app has added routes to the scope of the plugin. */
  hasOwnRoutes(): boolean
  /** Keys that look like rules, each with the routes that have it. */
  readonly misplaced: Map<string, string[]>
  isGuard(value: unknown): boolean
  readonly hasSchemes: boolean
  readonly defaultDeny: boolean
  readonly mode: 'enforce' | 'report'
}

/** Looks, when all routes are there, for those that are open although they seem to have a guard. */
export function checkWhenReady(fastify: FastifyInstance, options: ReadyChecksOptions): void {
  const { misplaced, isGuard, hasSchemes } = options
  /** Scopes whose `register()` has options that look like guards. */
  const registered = new Map<object, readonly string[]>()
  const outside = watchOutside(fastify)

  fastify.addHook('onRegister', (instance, registerOptions: unknown) => {
    const names = guardsOfRegister(registerOptions, isGuard)
    if (names.length > 0) registered.set(instance, names)
  })

  fastify.addHook('onReady', (done) => {
    const routes = options.routes().filter(({ rule }) => rule !== 'operational')
    const late = routes.find(
      ({ options: { config }, auth }) => Boolean(config?.auth) && !isDeepStrictEqual(config?.auth, auth)
    )
    if (late !== undefined)
      return done(
        invalidOption(
          `auth: "${late.name} config.auth" must be set before this plugin reads it, got one of a later onRoute hook; add that hook before this plugin is registered`
        )
      )
    const open = routes.filter(({ rule, route }) => rule === 'unmarked' && !isPreflight(route))
    for (const { name, options: route } of open) {
      const [place] = uncalledGuards(route, isGuard)
      if (place === undefined) continue
      const rule = 'free of guards: Fastify calls none there before the handler; use onRequest or config.auth'
      return done(
        invalidOption(`auth: "${name} ${place}" must be ${rule}, got app.authenticate or app.authorize(…)`)
      )
    }

    const ofRegister = new Map<string, string[]>()
    const absent = new Map<string, string[]>()
    const note = (map: Map<string, string[]>, key: string, name: string): void =>
      void map.set(key, [...(map.get(key) ?? []), name])
    for (const { name, options: route, scope } of open) {
      if (route.method === 'HEAD') continue
      const keys = new Set([
        ...guardsInConfig(route, isGuard),
        ...(hasSchemes ? rulesInOtherWords(route) : [])
      ])
      for (const key of keys) if (!misplaced.get(key)?.includes(name)) note(misplaced, key, name)
      if (hasSchemes && !isOfFastify(scope)) for (const key of undefinedRules(route)) note(absent, key, name)
      for (const each of scopesOf(scope))
        for (const key of registered.get(each) ?? []) note(ofRegister, key, name)
    }
    warnOfOpen({ misplaced, absent, ofRegister })
    outside.report(options.hasOwnRoutes())
    checkDefaultDeny(open, done)
  })

  function warnOfOpen(
    found: Record<'misplaced' | 'absent' | 'ofRegister', ReadonlyMap<string, string[]>>
  ): void {
    const { log } = fastify
    for (const [key, routes] of found.misplaced) {
      const what = `"${key}" limits no access on ${shortList(routes)}; it is not read`
      log.warn(`auth: ${what}; put the rule into config.auth if it is one`)
    }
    for (const [key, routes] of found.absent) {
      const what = `"${key}" is undefined on ${shortList(routes)}; these are open without another guard`
      log.warn(`auth: ${what}; see whether the name of its value exists`)
    }
    for (const [key, routes] of found.ofRegister) {
      const what = `"${key}" in the options of register() guards nothing; ${shortList(routes)} are open`
      log.warn(`auth: ${what}; add the hook inside of the plugin, or set config.auth of its routes`)
    }
  }

  function checkDefaultDeny(open: readonly CheckedRoute[], done: (error?: Error) => void): void {
    if (!options.defaultDeny || open.length === 0) return done()
    const unmarked = open.map(({ name }) => name).join(', ')
    const rule =
      'find an access rule on every route: config.auth, app.authenticate or app.authorize (config: { auth: false } for everyone)'
    if (options.mode === 'enforce')
      return done(invalidOption(`auth: "defaultDeny" must ${rule}, got none on ${unmarked}`))
    const what = `"defaultDeny" would stop the start: ${unmarked} have no access rule`
    fastify.log.warn(
      `auth: ${what}; they are open, because the mode is 'report'; add config.auth, or config: { auth: false } for everyone`
    )
    done()
  }
}

/** Plugins of Fastify, such as @fastify/http-proxy, pass on hooks that the app may leave out. */
const isOfFastify = (scope: object): boolean =>
  String((scope as { pluginName?: unknown }).pluginName).startsWith('@fastify/')
