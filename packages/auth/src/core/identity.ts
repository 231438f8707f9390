import type { Overridable } from '@seaworthy/contract'
import { subjectOf } from '@seaworthy/internal'

/** The ways by which a request can be authenticated. */
export type SchemeName = 'jwt' | 'apiKey' | 'session'

/**
 * The user of a request: the token's claims, the session's `user`, or the owner of an API key.
 * Add your own claims by declaration merging: `declare module '@seaworthy/auth' { interface AuthUser { email: string } }`.
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

/** The result of authentication. */
export interface Identity {
  readonly scheme: SchemeName
  readonly user: AuthUser
  readonly subject: string | undefined
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
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

/** The value at a dotted path: `realm_access.roles`. */
function valueAt(claims: Record<string, unknown>, path: string): unknown {
  let value: unknown = claims
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}

/** The identity in a set of claims. Roles are compared whole: `roles: 'admin'` is one role, not a text to search in. */
export function identityOf(
  scheme: SchemeName,
  claims: Record<string, unknown>,
  rolesClaim?: string
): Identity {
  const list = toStrings(rolesClaim === undefined ? claims.roles : valueAt(claims, rolesClaim))
  const roles = rolesClaim === undefined && list.length === 0 ? toStrings(claims.role) : list
  const scope = claims.scope ?? claims.scopes
  const scopes = typeof scope === 'string' ? scope.split(' ').filter(Boolean) : toStrings(scope)
  return { scheme, user: claims as AuthUser, subject: subjectOf(claims), roles, scopes }
}
