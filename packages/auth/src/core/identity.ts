import type { Overridable } from '@seaworthy/contract'
import { subjectOf } from '@seaworthy/internal'

/**
 * The ways by which a request can be authenticated.
 *
 * @example
 * const scheme: SchemeName = 'apiKey'
 * app.get('/report', { config: { auth: { schemes: scheme } } }, async () => 'report')
 */
export type SchemeName = 'jwt' | 'apiKey' | 'session'

/**
 * The user of a request: the token's claims, the session's `user`, or the owner of an API key.
 * Add your own claims by declaration merging: `declare module '@seaworthy/auth' { interface AuthUser { email: string } }`.
 *
 * @example
 * declare module '@seaworthy/auth' {
 *   interface AuthUser {
 *     email?: string
 *   }
 * }
 * app.get('/me', { onRequest: app.authenticate }, async (request) => request.user.email)
 */
export interface AuthUser {
  /** The subject: a user's id. */
  sub: string
  /** Roles as tokens of this package carry them. */
  roles?: readonly string[]
  /** A single role, as some tokens carry it. */
  role?: string
  /** Any other claim. */
  [claim: string]: unknown
}

/**
 * The result of authentication.
 *
 * @example
 * app.get('/me', { onRequest: app.authenticate }, async ({ identity }) => `${identity?.subject} by ${identity?.scheme}`)
 */
export interface Identity {
  readonly scheme: SchemeName
  readonly user: AuthUser
  readonly subject: string | undefined
  /**
   * The issuer of the token. Subjects of two issuers are two users, even if they are equal. `undefined` for sessions and
   * API keys, whose users are the app's.
   */
  readonly issuer: string | undefined
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
  /**
   * **Seconds** since 1970 at which the user authenticated: the claim `auth_time`, for a session else its login.
   * `undefined` if that is not known.
   */
  readonly authTime: number | undefined
}

interface IdentityRequest {
  /** The result of authentication. `null` before it, and for a request without credentials on an optional route. */
  identity: Overridable<this, Identity | null>
}

declare module 'fastify' {
  interface FastifyRequest extends IdentityRequest {}
}

const toStrings = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return value === '' ? [] : [value]
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : []
}

/** The value at a dotted path: `realm_access.roles`. A name with dots, such as a URL, is found too. */
function valueAt(claims: Record<string, unknown>, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path]
  for (let dot = path.indexOf('.'); dot > 0; dot = path.indexOf('.', dot + 1)) {
    const head = path.slice(0, dot)
    const inner = Object.hasOwn(claims, head) ? claims[head] : undefined
    if (typeof inner !== 'object' || inner === null) continue
    const value = valueAt(inner as Record<string, unknown>, path.slice(dot + 1))
    if (value !== undefined) return value
  }
  return undefined
}

/** The claims of an issuer that have roles and scopes. */
export interface ClaimPaths {
  readonly issuer?: string | undefined
  readonly rolesClaim?: string | undefined
  readonly scopesClaim?: string | undefined
}

/** The claims of sessions and API keys. */
const defaultPaths: ClaimPaths = {}

/** The identity in a set of claims. Roles are compared whole: `roles: 'admin'` is one role, not a text to search in. */
export function identityOf(
  scheme: SchemeName,
  claims: Record<string, unknown>,
  { issuer, rolesClaim, scopesClaim }: ClaimPaths = defaultPaths
): Identity {
  const list = toStrings(rolesClaim === undefined ? claims.roles : valueAt(claims, rolesClaim))
  const roles = rolesClaim === undefined && list.length === 0 ? toStrings(claims.role) : list
  // `scp` is the claim of Entra (a text) and Okta (a list).
  const scope =
    scopesClaim === undefined ? (claims.scope ?? claims.scopes ?? claims.scp) : valueAt(claims, scopesClaim)
  const scopes = typeof scope === 'string' ? scope.split(' ').filter(Boolean) : toStrings(scope)
  const authTime = typeof claims.auth_time === 'number' ? claims.auth_time : undefined
  return { scheme, user: claims as AuthUser, subject: subjectOf(claims), issuer, roles, scopes, authTime }
}
