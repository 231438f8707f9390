import type { AtLeastOne } from '@seaworthy/contract'
import { nearest, optionChecks } from '@seaworthy/internal'
import type { SchemeName } from '../core/identity.ts'
import type { PolicyName, RoleName, ScopeName } from '../types/names.ts'
import type { Policies, Policy } from './policies.ts'

/** One scheme, any of several (a list is the same), or all of them. */
export type SchemeExpression =
  | SchemeName
  | readonly SchemeExpression[]
  | { readonly any: readonly SchemeExpression[] }
  | { readonly all: readonly SchemeExpression[] }

/** Who may use a route. Every part that is given must hold. */
export interface AuthRule {
  /** How it must be proved who asks. Default: any configured scheme. */
  schemes?: SchemeExpression
  /** One of these roles, or one that includes it. */
  roles?: RoleName | readonly RoleName[]
  /** All of these scopes. */
  scopes?: ScopeName | readonly ScopeName[]
  /** All of these policies, by name or in place, before validation. */
  policies?: PolicyName | Policy | readonly (PolicyName | Policy)[]
  /** Policies that need the validated input: whether the thing asked for is the user's. */
  owner?: PolicyName | Policy | readonly (PolicyName | Policy)[]
  /** Lets requests without any credentials in, with `request.user` null. Bad credentials are still refused. */
  optional?: boolean
  /** See `mode` of the plugin's options, which is the default. */
  mode?: 'enforce' | 'report'
}

/** Who may use a route, with one demand at least: a key that does not exist is an error. */
export type RouteAuth = AtLeastOne<AuthRule>

export interface NamedPolicy {
  readonly name: string
  readonly decide: Policy
}

/** A route's demands in one form. */
export interface Requirement {
  readonly schemes: SchemeExpression
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
  readonly policies: readonly NamedPolicy[]
  readonly owner: readonly NamedPolicy[]
  readonly optional: boolean
  readonly mode: 'enforce' | 'report'
}

const check = optionChecks('auth')
const keys = ['schemes', 'roles', 'scopes', 'policies', 'owner', 'optional', 'mode']

export interface Known {
  readonly schemes: readonly SchemeName[]
  readonly policies: Policies
  readonly mode: 'enforce' | 'report'
}

/** `config.auth`, checked: an unknown scheme or policy stops the start. */
export function requirementOf(route: string, given: true | RouteAuth, known: Known): Requirement {
  const auth: AuthRule = given === true ? {} : given
  const at = `${route} config.auth`
  if (typeof auth !== 'object' || auth === null) return check.fail(at, 'true, false or an object', auth)
  check.keys(at, auth, keys)
  const schemes = auth.schemes ?? known.schemes
  if (known.schemes.length === 0)
    check.fail(at, 'used with a scheme ("jwt", "session" or "apiKeys" in the options)', 'none')
  checkSchemes(`${at}.schemes`, schemes, known.schemes)
  return {
    schemes,
    roles: names(`${at}.roles`, auth.roles),
    scopes: names(`${at}.scopes`, auth.scopes),
    policies: policies(`${at}.policies`, auth.policies, known.policies),
    owner: policies(`${at}.owner`, auth.owner, known.policies),
    optional: check.boolean(`${at}.optional`, auth.optional ?? false),
    mode: check.oneOf(`${at}.mode`, auth.mode ?? known.mode, ['enforce', 'report'])
  }
}

function checkSchemes(at: string, given: SchemeExpression, known: readonly SchemeName[]): void {
  if (typeof given === 'string') {
    if (!known.includes(given)) check.fail(at, `one of the configured schemes (${known.join(', ')})`, given)
    return
  }
  const parts = branches(given)
  if (!Array.isArray(parts) || parts.length === 0)
    return check.fail(at, 'a scheme, a list, { any } or { all }', given)
  for (const entry of parts) checkSchemes(at, entry, known)
}

/** The parts of an expression that isn't a name. */
export const branches = (given: Exclude<SchemeExpression, string>): readonly SchemeExpression[] =>
  'all' in given ? given.all : 'any' in given ? given.any : given

/** `any(jwt, all(apiKey, session))`, for the matrix. */
export function shownSchemes(given: SchemeExpression): string {
  if (typeof given === 'string') return given
  const parts = branches(given)
  if (parts.length === 1) return shownSchemes(parts[0]!)
  return `${'all' in given ? 'all' : 'any'}(${parts.map(shownSchemes).join(', ')})`
}

function names(at: string, given: string | readonly string[] | undefined): readonly string[] {
  if (given === undefined) return []
  const list = typeof given === 'string' ? [given] : given
  // An empty list would read as "nobody" and act as "anybody".
  if (!Array.isArray(list) || list.length === 0) return check.fail(at, 'a name or a list of names', given)
  return list.map((name) => check.string(at, name))
}

function policies(at: string, given: AuthRule['policies'], known: Policies): readonly NamedPolicy[] {
  if (given === undefined) return []
  const list = Array.isArray(given) ? (given as readonly (string | Policy)[]) : [given as string | Policy]
  return list.map((entry) => {
    if (typeof entry === 'function') return { name: entry.name || 'inline', decide: entry }
    const decide = Object.hasOwn(known, entry) ? known[entry] : undefined
    if (decide) return { name: entry, decide }
    const near = nearest(entry, Object.keys(known))
    return check.fail(
      at,
      `a policy of "policies"${near === undefined ? '' : ` (did you mean "${near}"?)`}`,
      entry
    )
  })
}

/** Whether anything has to be decided once it is known who asks. */
export const restricts = ({ roles, scopes, policies, owner }: Requirement): boolean =>
  roles.length + scopes.length + policies.length + owner.length > 0
