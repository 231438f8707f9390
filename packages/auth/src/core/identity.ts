/** How a request proves who it is from. */
export type SchemeName = 'jwt' | 'apiKey' | 'session'

/**
 * Who a request is from: the token's claims, the session's `user`, or what an API key stands for.
 * Add your own claims by declaration merging: `declare module '@seaworthy/auth' { interface AuthUser { email: string } }`.
 */
export interface AuthUser {
  /** The subject: a user's id. */
  sub: string
  /** Roles as tokens of this package carry them. */
  roles?: readonly string[]
  /** One role, as some tokens carry it. */
  role?: string
  /** Claims are the issuer's own. */
  [claim: string]: unknown
}

/** The outcome of a scheme. */
export interface Identity {
  readonly scheme: SchemeName
  readonly user: AuthUser
  readonly subject: string | undefined
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
}

const strings = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return value === '' ? [] : [value]
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : []
}

/** The subject of a set of claims: `sub`, or the `id` that hand-made tokens carry. */
export function subjectOf(claims: Record<string, unknown>): string | undefined {
  const value = claims.sub ?? claims.id
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

/** Reads `realm_access.roles`: a claim's path with dots. */
function at(claims: Record<string, unknown>, path: string): unknown {
  let value: unknown = claims
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Record<string, unknown>)[part]
  }
  return value
}

/** What the claims say. Roles are compared whole: `roles: "admin"` is one role, never letters to search in. */
export function identityOf(
  scheme: SchemeName,
  claims: Record<string, unknown>,
  rolesClaim?: string
): Identity {
  const listed = strings(rolesClaim === undefined ? claims.roles : at(claims, rolesClaim))
  const roles = rolesClaim === undefined && listed.length === 0 ? strings(claims.role) : listed
  const scope = claims.scope ?? claims.scopes
  const scopes = typeof scope === 'string' ? scope.split(' ').filter(Boolean) : strings(scope)
  return { scheme, user: claims as AuthUser, subject: subjectOf(claims), roles, scopes }
}
