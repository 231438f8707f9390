import type { AtLeastOne, Overridable } from '@seaworthy/contract'
import type { SchemeName } from '../core/identity.ts'
import { check, didYouMean, toList } from '../core/option-checks.ts'
import { checkSchemes } from '../schemes/expression.ts'
import type { SchemeExpression } from '../schemes/types.ts'
import type { PolicyName, RoleName, ScopeName } from '../types/names.ts'
import type { Policies, Policy } from './policies.ts'
import { stepUpOf, type StepUp } from './step-up.ts'

/**
 * The access rule of a route. A request must meet all its members.
 *
 * @example
 * const rule: AuthRule = { schemes: { any: ['session', 'jwt'] }, roles: 'editor', scopes: ['posts:write'] }
 */
export interface AuthRule {
  /**
   * The schemes that can authenticate the request.
   *
   * @defaultValue Any configured scheme
   */
  schemes?: SchemeExpression
  /**
   * Roles of which one is required, or a role that includes one.
   *
   * @defaultValue none: no role is required
   */
  roles?: RoleName | readonly RoleName[]
  /**
   * Scopes that are all required.
   *
   * @defaultValue none: no scope is required
   */
  scopes?: ScopeName | readonly ScopeName[]
  /**
   * Policies that must all allow the request, by name or as functions. They run before validation.
   *
   * @defaultValue none: no policy is evaluated
   */
  policies?: PolicyName | Policy | readonly (PolicyName | Policy)[]
  /**
   * Policies that need the validated input, such as whether the requested object belongs to the user.
   *
   * @defaultValue none: no policy is evaluated
   */
  owner?: PolicyName | Policy | readonly (PolicyName | Policy)[]
  /**
   * The authentication context that the user must have had: one of these values of the claim `acr`. Otherwise the request
   * gets 401 with the challenge of RFC 9470, which names them.
   *
   * @defaultValue none: any
   */
  acr?: string | readonly string[]
  /**
   * The methods by which the user must have authenticated, such as `mfa` or `hwk`: all of these are in the claim `amr`.
   *
   * @defaultValue none: any
   */
  amr?: string | readonly string[]
  /**
   * How long ago the user may have authenticated at most, by the claim `auth_time` or the login of the session; an API key
   * never has. **Seconds**, as in OpenID Connect, or a text with a unit (`'5m'`). From 1 second to 366 days.
   *
   * @defaultValue none: any time
   */
  maxAge?: number | string
  /**
   * Whether the request needs a token that is bound to a key, with its proof (DPoP, RFC 9449): a session or an API key
   * is not enough.
   *
   * @defaultValue false
   * @throws RangeError without `jwt.dpop`.
   */
  dpopRequired?: boolean
  /**
   * Allows requests without credentials, with `request.user` null. Invalid credentials are still rejected.
   *
   * @defaultValue false
   */
  optional?: boolean
  /**
   * Like the plugin's option `mode`.
   *
   * @defaultValue The plugin's option `mode`
   */
  mode?: 'enforce' | 'report'
}

/**
 * The access rule of a route, with one member at least: a key that does not exist is an error.
 *
 * @example
 * const writers: RouteAuth = { roles: ['admin', 'editor'] }
 * app.put('/posts/:id', { config: { auth: writers } }, async () => 'saved')
 */
export type RouteAuth = AtLeastOne<AuthRule>

interface AuthRouteConfig {
  /** The access rule: `true` for all authenticated users, `false` for everyone, or an object for more. */
  auth?: Overridable<this, boolean | RouteAuth>
}

declare module 'fastify' {
  interface FastifyContextConfig extends AuthRouteConfig {}
}

export interface NamedPolicy {
  readonly name: string
  readonly evaluate: Policy
}

/** A checked {@link AuthRule} with its defaults. */
export interface Requirement {
  readonly schemes: SchemeExpression
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
  readonly policies: readonly NamedPolicy[]
  readonly owner: readonly NamedPolicy[]
  readonly stepUp: StepUp | undefined
  readonly dpopRequired: boolean
  readonly optional: boolean
  readonly mode: 'enforce' | 'report'
}

/** The requirements of a route's hooks, of its scope's and of its `config.auth`, or that there are none. */
export type RouteRule = 'public' | 'operational' | 'unmarked' | readonly Requirement[]

/** The plugin's options that a rule refers to. */
export interface RuleContext {
  readonly schemes: readonly SchemeName[]
  readonly policies: Policies
  readonly mode: 'enforce' | 'report'
  /** Whether tokens can be bound to a key. */
  readonly hasDpop: boolean
}

const ruleNames = Object.keys({
  schemes: true,
  roles: true,
  scopes: true,
  policies: true,
  owner: true,
  acr: true,
  amr: true,
  maxAge: true,
  dpopRequired: true,
  optional: true,
  mode: true
} satisfies Record<keyof AuthRule, true>)

/** Checks `config.auth` of a route. An unknown scheme or policy stops the start. */
export function requirementOf(route: string, auth: true | RouteAuth, context: RuleContext): Requirement {
  const rule: AuthRule = auth === true ? {} : auth
  const option = `${route} config.auth`
  check.object(option, rule, 'true, false or an object')
  check.keys(option, rule, ruleNames)
  if (context.schemes.length === 0)
    check.failWith(
      option,
      'used with a scheme ("jwt", "session" or "apiKeys" in the options; JWT_SECRET or SESSION_SECRET for fromEnv())',
      'none'
    )
  const schemes = rule.schemes ?? context.schemes
  checkSchemes(`${option}.schemes`, schemes, context.schemes)
  return {
    schemes,
    roles: namesOf(`${option}.roles`, rule.roles),
    scopes: namesOf(`${option}.scopes`, rule.scopes),
    policies: policiesOf(`${option}.policies`, rule.policies, context.policies),
    owner: policiesOf(`${option}.owner`, rule.owner, context.policies),
    stepUp: stepUpOf(option, rule),
    dpopRequired: dpopOf(`${option}.dpopRequired`, rule.dpopRequired ?? false, context),
    optional: check.boolean(`${option}.optional`, rule.optional ?? false),
    mode: check.oneOf(`${option}.mode`, rule.mode ?? context.mode, ['enforce', 'report'])
  }
}

function dpopOf(option: string, value: unknown, { hasDpop }: RuleContext): boolean {
  const required = check.boolean(option, value)
  return required && !hasDpop ? check.failWith(option, 'used with the option "jwt.dpop"', 'none') : required
}

function namesOf(option: string, value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return []
  const list = toList<string>(value)
  // An empty list would look like "no access" and mean "no requirement".
  if (!Array.isArray(list) || list.length === 0) return check.fail(option, 'a name or a list of names', value)
  return list.map((name) => check.string(option, name))
}

function policiesOf(option: string, value: AuthRule['policies'], policies: Policies): readonly NamedPolicy[] {
  if (value === undefined) return []
  const list = toList<string | Policy>(value)
  if (list.length === 0) check.failWith(option, 'a policy or a list of policies', 'an empty list')
  return list.map((entry) => {
    if (typeof entry === 'function') return { name: entry.name || 'inline', evaluate: entry }
    const evaluate = Object.hasOwn(policies, entry) ? policies[entry] : undefined
    if (evaluate) return { name: entry, evaluate }
    return check.fail(option, `a policy of "policies"${didYouMean(entry, Object.keys(policies))}`, entry)
  })
}

/** Whether authenticated requests can still be denied. */
export const isRestricted = ({ roles, scopes, policies, owner, stepUp }: Requirement): boolean =>
  stepUp !== undefined || roles.length + scopes.length + policies.length + owner.length > 0
