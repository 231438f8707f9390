import { isObject } from '@seaworthy/internal'
import type { RouteOptions } from 'fastify'
import { phases } from './uncalled-guards.ts'

/** A key that looks like an access rule, in a place where Fastify and the plugin do not read it. */
export interface Misplaced {
  /** Keys that can only be meant as `config.auth`: they stop the start. */
  readonly certain: readonly string[]
  /** Keys that may belong to other plugins: a warning is enough. */
  readonly possible: readonly string[]
}

const members = ['roles', 'role', 'scopes', 'scope', 'permissions', 'policies', 'schemes'] as const
const isMember = (name: string): boolean => (members as readonly string[]).includes(name)
/** `authorize`, `requireAuth`, `authenticated`, but not `author` and `oauth2`. */
const aboutAuth = /auth(?!or(?!i[sz]))/i
const otherAuth = /oauth/i
/** `allowedRoles`, `requiredScope`, `permission`, `guards`, `loginRequired`, `isPrivate`. */
const aboutAccess =
  /roles?$|scopes?$|permission|polic(?:y|ies)$|guards?$|rbac|^acl$|^access(?:_?(?:level|control|rules?))?$|login_?required|require[sd]?_?login|logged_?in|private|protect|secured?$|^jwt$|^session$|^api_?keys?$|require[sd]?_?users?|dpop/i
const aboutPublic = /^(?:is_?)?public$/i

/** Whether a name is `auth` with one letter too many, too few, wrong, or two that changed places. */
export function isMisspeltAuth(name: string): boolean {
  const word = name.toLowerCase()
  if (word === 'auth') return name !== 'auth'
  return word !== 'oauth' && word !== 'path' && isMisspelt(word, 'auth')
}

/** Whether a word has one letter too many, too few or wrong, or two that changed places. */
function isMisspelt(word: string, right: string): boolean {
  if (word.length === right.length)
    return sorted(word) === sorted(right) ? word !== right : differences(word, right) === 1
  const [long, short] = word.length > right.length ? [word, right] : [right, word]
  if (long.length - short.length > 1) return false
  return long.split('').some((_letter, index) => long.slice(0, index) + long.slice(index + 1) === short)
}

const sorted = (word: string): string => word.split('').toSorted().join('')
const differences = (word: string, right: string): number =>
  word.split('').filter((letter, index) => letter !== right.charAt(index)).length

/** Fastify ignores options of routes and keys of `config` that it does not know: a guard there is none. */
export function misplacedRules(route: RouteOptions): Misplaced {
  const config: Record<string, unknown> = { ...route.config }
  const beside = route as unknown as Record<string, unknown>
  const certain: string[] = []
  const possible: string[] = []
  const sort = (place: string, name: string, value: unknown): void => {
    if (value === undefined || value === false || value === null) return
    if (isMisspeltAuth(name)) certain.push(place + name)
    else if (isMember(name) || (aboutAuth.test(name) && !otherAuth.test(name))) possible.push(place + name)
  }
  // A route with `false` is public by decision.
  if (config.auth === false) return { certain, possible }
  if (beside.auth !== undefined) certain.push('auth')
  for (const name of Object.keys(route)) if (name !== 'auth') sort('', name, beside[name])
  for (const name of Object.keys(config)) if (name !== 'auth') sort('config.', name, config[name])
  return { certain, possible }
}

/**
 * Keys of a route without a rule that may be meant as one, by other words than {@link misplacedRules} knows, or one level
 * below: `config.allowedRoles`, `conf.auth`.
 */
export function rulesInOtherWords(route: RouteOptions): string[] {
  const found: string[] = []
  const look = (place: string, name: string, value: unknown): void => {
    if (value === undefined || value === null) return
    if (aboutPublic.test(name) ? value === false : value !== false && isAboutAccess(name))
      found.push(place + name)
    else if (isObject(value)) {
      const { auth, config } = value as { auth?: unknown; config?: unknown }
      if (auth) found.push(`${place}${name}.auth`)
      else if (isObject(config) && config.auth) found.push(`${place}${name}.config.auth`)
    }
  }
  for (const [name, value] of Object.entries(route)) if (!isOfFastify(name)) look('', name, value)
  if (documentsSecurity(route)) found.push('schema.security')
  for (const [name, value] of Object.entries({ ...route.config })) look('config.', name, value)
  return found
}

/** Whether a route without any hook has the schemes of OpenAPI, which only describe. */
function documentsSecurity(route: RouteOptions): boolean {
  const { security } = (route.schema ?? {}) as { security?: unknown }
  if (!Array.isArray(security) || !security.some((each) => isObject(each) && Object.keys(each).length > 0))
    return false
  return phases.every((phase) => [route[phase] ?? []].flat().length === 0)
}

const isAboutAccess = (name: string): boolean =>
  aboutAccess.test(name) || members.some((member) => isMisspelt(name.toLowerCase(), member))

/** Options that Fastify reads, and may have such words in them. */
const isOfFastify = (name: string): boolean => name === 'config' || name === 'constraints'
