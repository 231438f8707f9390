import type { FastifyRequest } from 'fastify'
import type { ApiKeyOptions } from './api-keys/options.ts'
import type { AuditEvent } from './core/audit.ts'
import type { CsrfOptions } from './csrf/options.ts'
import type { LoginOptions } from './logins/options.ts'
import type { OAuthOptions } from './oauth/options.ts'
import type { Policies } from './policy/policies.ts'
import type { RolesOption } from './policy/roles.ts'
import type { RevocationOptions } from './revocation/options.ts'
import type { SessionOptions } from './sessions/options.ts'
import type { RedisClient } from './stores/redis-client.ts'
import type { JwtOptions } from './tokens/options.ts'

/**
 * Options of the auth plugin. A feature without options is not loaded.
 *
 * @example
 * const options: AuthOptions = {
 *   jwt: { secret: process.env['JWT_SECRET']! },
 *   roles: { admin: ['editor'], editor: [] },
 *   defaultDeny: true
 * }
 * await app.register(auth, options)
 */
export interface AuthOptions {
  /**
   * Tokens of the app and of identity providers. `false` leaves them to the app.
   *
   * @defaultValue none: no tokens
   */
  jwt?: JwtOptions | false

  /**
   * Sessions in an encrypted cookie, which the server can end. `false` leaves them to the app.
   *
   * @defaultValue none: no sessions
   */
  session?: SessionOptions | false

  /**
   * Logins through identity providers, by name: `{ google: { … }, github: { … } }`.
   *
   * @defaultValue none: no such logins
   */
  oauth2?: Record<string, OAuthOptions> | false

  /**
   * API keys.
   *
   * @defaultValue none: no API keys
   */
  apiKeys?: ApiKeyOptions | false

  /**
   * Roles and the roles that each includes: `{ admin: ['editor'], editor: [] }`, or only their names. A route with any
   * other role then stops the start.
   *
   * @defaultValue none: any name is a role
   * @throws RangeError for a cycle, and for an included role that does not exist.
   */
  roles?: RolesOption

  /**
   * Policies for routes, by name: `{ owner: (request, { identity }) => … }`.
   *
   * @defaultValue none: routes have only policies of their own
   */
  policies?: Policies

  /**
   * Revocation of tokens before they expire.
   *
   * @defaultValue The defaults of its members
   */
  revocation?: RevocationOptions

  /**
   * Rejects writes that another site makes a browser send.
   *
   * @defaultValue On with `session` and `jwt.cookie`
   */
  csrf?: CsrfOptions | false

  /**
   * Password logins: cost of the hash, backoff.
   *
   * @defaultValue The defaults of its members
   */
  login?: LoginOptions

  /**
   * Whether a route without an access rule stops the start. A rule is `config.auth`, `app.authenticate` or
   * `app.authorize(…)`, as a hook of the route or of its scope; public routes have `config: { auth: false }`. Probes and
   * metrics need no rule. A function of the app's that calls `app.authenticate` is not a rule.
   *
   * @defaultValue false
   */
  defaultDeny?: boolean

  /**
   * `report` allows requests that roles, scopes and policies would deny, and logs and counts them as `would_deny`;
   * routes that `defaultDeny` would stop the start for are logged. Authentication is always enforced. `config.auth.mode` sets it for one route.
   *
   * @defaultValue 'enforce'
   */
  mode?: 'enforce' | 'report'

  /**
   * The realm in `WWW-Authenticate`: letters, digits, spaces and `._:/-`.
   *
   * @defaultValue 'api'
   */
  realm?: string

  /**
   * An ioredis client. Processes then share revocations, refresh tokens, sessions and failed logins.
   *
   * @defaultValue none: each process has its own, in memory
   */
  redis?: RedisClient

  /**
   * The prefix of every key in Redis. It differs for each service, so that services on one Redis do not end each other's
   * logins. Keep the braces: they keep the keys on one node of a cluster. Without this option a second registration in the
   * app has `2:` behind it, unless the two have a secret in common.
   *
   * @defaultValue `seaworthy:{auth:NAME}:`, where NAME is `jwt.issuer`, else `OTEL_SERVICE_NAME`, else the name of the
   * service's package
   */
  redisPrefix?: string

  /**
   * The timeout of a call to Redis. Milliseconds, 10 to 10000.
   *
   * @defaultValue 250
   */
  storeTimeout?: number

  /**
   * How long the app's functions `jwt.refreshClaims`, `apiKeys.find` and `oauth2.<name>.onLogin` may take. Afterwards the
   * request gets 503 `AUTH_CALLBACK_TIMEOUT`; the function itself is not stopped. Keep it below `jwt.refreshGrace`, so that
   * a client can repeat a refresh. Milliseconds, 10 to 300000.
   *
   * @defaultValue 5000
   */
  callbackTimeout?: number

  /**
   * Called for each decision and change, besides log and metrics; its errors are logged. No event has a token, cookie or
   * password.
   *
   * @defaultValue none: only log and metrics
   */
  onAudit?: (event: AuditEvent, request: FastifyRequest | undefined) => void
}
