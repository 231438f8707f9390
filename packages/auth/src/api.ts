import type { Overridable } from '@seaworthy/contract'
import type { ApiKeys } from './api-keys/lookup.ts'
import type { VerifyCredentials } from './logins/credentials.ts'
import type { MatrixRow } from './policy/matrix.ts'
import type { AuthHook } from './policy/routes.ts'
import type { Sessions } from './sessions/sessions.ts'
import type { TokenPair } from './tokens/mint.ts'
import type { RoleName } from './types/names.ts'
import type { AnyRequest } from './types/requests.ts'

/** What is ended by `app.auth.revoke`: a token, a login (session or refresh token), or all of a user's. */
export type Revocable =
  | { token: string }
  | { jti: string }
  | { session: string }
  | { refreshToken: string }
  | { user: string }

/** `app.auth`. What isn't configured throws when it is used, and says what to configure. */
export interface AuthApi {
  /** Starts a login: an access token with these claims and a refresh token. `sub` (or `id`) is needed. */
  issueTokens(claims: Record<string, unknown>): Promise<TokenPair>
  /** The next pair for a refresh token. @throws AuthError `AUTH_REFRESH_INVALID` (401). */
  refresh(refreshToken: string): Promise<TokenPair>
  /** Ends tokens and sessions, on all processes within a second. Rejects if Redis couldn't be told. */
  revoke(what: Revocable): Promise<void>
  /** Who may use which route. */
  matrix(): MatrixRow[]
  /** The matrix as text. */
  printMatrix(): string
  /** Hashes a password for keeping. */
  hashPassword(password: string): Promise<string>
  /** Whether a password fits its hash; as slow for users that don't exist (no hash). */
  verifyPassword(password: string, hash: string | null | undefined): Promise<boolean>
  /** Checks a login, with backoff by account and address. */
  verifyCredentials: VerifyCredentials
  /** Makes API keys. */
  readonly apiKeys: ApiKeys
  /** Lists and ends sessions. */
  readonly sessions: Sessions
  /** The token for `x-csrf-token`, kept in the session. */
  csrfToken(request: AnyRequest): string
}

interface AuthInstance {
  /** Tokens, sessions, passwords, keys, and the table of who may use what. */
  auth: Overridable<this, AuthApi>
  /** Refuses requests that don't prove who they are from; sets `request.user`. */
  authenticate: Overridable<this, AuthHook>
  /** Like `authenticate`, and one of these roles is needed. */
  authorize: Overridable<this, (...roles: RoleName[]) => AuthHook>
}

declare module 'fastify' {
  interface FastifyInstance extends AuthInstance {}
}
