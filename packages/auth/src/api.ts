import type { Overridable } from '@seaworthy/contract'
import type { ApiKeys } from './api-keys/create.ts'
import type { VerifyCredentials } from './logins/credentials.ts'
import type { OpenApiOptions, OpenApiTransform } from './openapi/options.ts'
import type { AuthHook } from './policy/auth-hook.ts'
import type { MatrixRow } from './policy/matrix.ts'
import type { Sessions } from './sessions/types.ts'
import type { TokenPair } from './tokens/mint.ts'
import type { NewKeys } from './rotation/rotate-keys.ts'
import type { RoleName } from './types/names.ts'
import type { AnyRequest } from './types/requests.ts'

/**
 * The argument of `app.auth.revoke`: a token, a login (session or refresh token), or everything of a user. `issuer` is
 * `request.identity.issuer`: ids of two issuers are not the same, even if they are equal. Without it the id is the app's
 * own, or that of the only issuer if the app issues no tokens.
 *
 * @example
 * const everywhere: Revocable = { user: 'ada' }
 * await app.auth.revoke(everywhere)
 */
export type Revocable =
  | { token: string }
  | { jti: string; issuer?: string | undefined }
  | { session: string; issuer?: string | undefined }
  | { refreshToken: string }
  | { user: string; issuer?: string | undefined }

/**
 * `app.auth`. A member whose option is not set throws when it is used, with the name of the option.
 *
 * @example
 * const { accessToken, refreshToken } = await app.auth.issueTokens({ sub: 'ada', roles: ['editor'] })
 * await app.auth.refresh(refreshToken)
 * await app.auth.revoke({ token: accessToken })
 */
export interface AuthApi {
  /**
   * Starts a login: an access token with these claims and a refresh token. `sub` (or `id`) is required. With the request
   * of the login, the tokens are bound to the key of its DPoP proof (`jwt.dpop`), and end with the login at an identity
   * provider (`oauth2.<name>.logout`).
   */
  issueTokens(claims: Record<string, unknown>, request?: AnyRequest): Promise<TokenPair>
  /**
   * Returns the next pair for a refresh token. One that is bound to a key needs the request, which proves it.
   *
   * @throws AuthError `AUTH_REFRESH_INVALID` (401).
   */
  refresh(refreshToken: string, request?: AnyRequest): Promise<TokenPair>
  /** Revokes tokens and ends sessions, on all processes within a second. Rejects if Redis does not confirm it. */
  revoke(what: Revocable): Promise<void>
  /**
   * Puts new keys first, as `jwt.secret`, `jwt.key`, `session.key` and `session.secret` do at the start. The ones before
   * verify what they have made, for as long as that is valid. Keys of the options that are in files rotate by themselves.
   *
   * @throws RangeError with the code `INVALID_OPTION` for a key that the options would not take; then no key changes.
   */
  rotateKeys(keys: NewKeys): Promise<void>
  /** The access rules of all routes. */
  matrix(): MatrixRow[]
  /** The matrix as text. */
  printMatrix(): string
  /**
   * The option `transform` of @fastify/swagger: security schemes, scopes, 401 and 403 by the same rules as the matrix.
   * `app.register(swagger, { openapi: { … }, ...app.auth.openApi() })`
   */
  openApi(options?: OpenApiOptions): { transform: OpenApiTransform }
  /** Hashes a password for storage. */
  hashPassword(password: string): Promise<string>
  /** Whether a password matches its hash. It takes as long for users that do not exist (no hash). */
  verifyPassword(password: string, hash: string | null | undefined): Promise<boolean>
  /** Whether a hash was made with another `login.cost` or `login.argon2id`, or by another program: hash the password again at the next login. */
  needsRehash(hash: string | null | undefined): boolean
  /** Whether a password is in the list `login.breached`. `false` if the list does not answer. */
  isBreachedPassword(password: string): Promise<boolean>
  /** Checks a login, with backoff by account and address. */
  verifyCredentials: VerifyCredentials
  /** Creates API keys. */
  readonly apiKeys: ApiKeys
  /** Lists and ends sessions. */
  readonly sessions: Sessions
  /** The token for `x-csrf-token`, which the session stores. */
  csrfToken(request: AnyRequest): string
}

interface AuthInstance {
  /** Tokens, sessions, passwords, API keys, and the access matrix. */
  auth: Overridable<this, AuthApi>
  /** Rejects requests without valid credentials. Sets `request.user`. */
  authenticate: Overridable<this, AuthHook>
  /** Like `authenticate`, and requires one of these roles. */
  authorize: Overridable<this, (...roles: (RoleName | readonly RoleName[])[]) => AuthHook>
}

declare module 'fastify' {
  interface FastifyInstance extends AuthInstance {}
}
