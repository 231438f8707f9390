import { isObject } from '@seaworthy/internal'
import type { RouteOptions } from 'fastify'

/** The stages in which a guard protects the handler. */
export const phases = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const

/** The stages that come after the handler, or beside it. */
const lateStages = new Set([
  'preSerialization',
  'onSend',
  'onResponse',
  'onError',
  'onTimeout',
  'onRequestAbort'
])

type IsGuard = (value: unknown) => boolean

/** Whether a hook of this stage protects no handler. */
export const isLateStage = (name: string): boolean => lateStages.has(name)

/** Whether a value is a guard, or a list that has one. */
const hasGuard = (value: unknown, isGuard: IsGuard): boolean =>
  Array.isArray(value) ? value.some((entry) => isGuard(entry)) : isGuard(value)

/** The names of an object whose values are guards. */
function namesWithGuards(object: object | undefined, isGuard: IsGuard): string[] {
  const entries = Object.entries(object ?? {})
  return entries.filter(([, value]) => hasGuard(value, isGuard)).map(([name]) => name)
}

/** Options of a route that are guards, but no hooks before its handler: `preSerialization`, `preHandlers`, `hooks.…`. */
export function uncalledGuards(route: RouteOptions, isGuard: IsGuard): string[] {
  const found: string[] = []
  for (const [name, value] of Object.entries(route)) {
    if (name === 'config' || (phases as readonly string[]).includes(name)) continue
    if (hasGuard(value, isGuard)) found.push(name)
    else if (isObject(value))
      found.push(...namesWithGuards(value, isGuard).map((inner) => `${name}.${inner}`))
  }
  return found
}

/** Keys of `config` that are guards: a hook of the app may call them, or none does. */
export const guardsInConfig = (route: RouteOptions, isGuard: IsGuard): string[] =>
  namesWithGuards(route.config, isGuard).map((name) => `config.${name}`)

/** Hooks and rules of a route that are `undefined`: a name that does not exist, such as `app.autenticate`. */
export function undefinedRules(route: RouteOptions): string[] {
  const found: string[] = phases.filter((name) => Object.hasOwn(route, name) && route[name] === undefined)
  const { config } = route
  if (config !== undefined && Object.hasOwn(config, 'auth') && config.auth === undefined)
    found.push('config.auth')
  return found
}

/** Options of `register()` that look like the guard of its routes: it does not know any of them. */
export function guardsOfRegister(options: unknown, isGuard: IsGuard): string[] {
  if (!isObject(options)) return []
  const found = namesWithGuards(options, isGuard)
  const { auth, config } = options as { auth?: unknown; config?: { auth?: unknown } | null }
  if (auth === true || (isObject(auth) && ('roles' in auth || 'scopes' in auth || 'schemes' in auth)))
    found.push('auth')
  if (isObject(config) && 'auth' in config && config.auth !== false) found.push('config.auth')
  return found
}
