import { serviceName } from '@seaworthy/internal'
import type { FastifyRequest } from 'fastify'
import { resolveApiKeys, type ApiKeyOptions, type ResolvedApiKeys } from './api-keys/options.ts'
import type { AuditEvent, AuditListener } from './core/audit.ts'
import { callbackTimeoutOf, defaultCallbackTimeout } from './core/callback-deadlines.ts'
import { ofFastifyJwtAtTop, refuseMoved } from './core/moved-options.ts'
import { check, optionsOf } from './core/option-checks.ts'
import { resolveCsrf, type CsrfOptions, type ResolvedCsrf } from './csrf/options.ts'
import { resolveLogin, type LoginOptions, type ResolvedLogin } from './logins/options.ts'
import { resolveOauth, type OAuthOptions, type ResolvedProvider } from './oauth/options.ts'
import type { Policies } from './policy/policies.ts'
import { compileRoles, type Roles, type RolesOption } from './policy/roles.ts'
import { resolveRevocation, type ResolvedRevocation, type RevocationOptions } from './revocation/options.ts'
import { resolveSession, type ResolvedSession, type SessionOptions } from './sessions/options.ts'
import type { RedisClient } from './stores/redis-client.ts'
import { checkHashTag, redisOf } from './stores/redis-options.ts'
import { jwtDefaults, resolveJwt, type JwtOptions, type ResolvedJwt } from './tokens/options.ts'

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
   * logins. Keep the braces: they keep the keys on one node of a cluster.
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
   * Called for each decision and change, besides log and metrics. No event has a token, cookie or password.
   *
   * @defaultValue none: only log and metrics
   */
  onAudit?: (event: AuditEvent, request: FastifyRequest | undefined) => void
}

export interface ResolvedAuth {
  readonly jwt: ResolvedJwt | undefined
  readonly session: ResolvedSession | undefined
  readonly oauth2: readonly ResolvedProvider[]
  readonly apiKeys: ResolvedApiKeys | undefined
  readonly roles: Roles
  readonly policies: Policies
  readonly revocation: ResolvedRevocation
  readonly csrf: ResolvedCsrf | undefined
  readonly login: ResolvedLogin
  readonly defaultDeny: boolean
  readonly mode: 'enforce' | 'report'
  readonly realm: string
  readonly redis: RedisClient | undefined
  readonly redisPrefix: string
  readonly storeTimeout: number
  readonly callbackTimeout: number
  readonly onAudit: AuditListener | undefined
}

export const authDefaults = {
  defaultDeny: false,
  mode: 'enforce',
  realm: 'api',
  redisPrefix: 'seaworthy:{auth}:',
  storeTimeout: 250,
  callbackTimeout: defaultCallbackTimeout
} as const satisfies AuthOptions

const names = Object.keys({
  ...authDefaults,
  jwt: true,
  session: true,
  oauth2: true,
  apiKeys: true,
  roles: true,
  policies: true,
  revocation: true,
  csrf: true,
  login: true,
  redis: true,
  onAudit: true
} satisfies Record<keyof AuthOptions, unknown>)

/** Applies the defaults and stops the start for options that cannot work. */
export function resolveOptions(options: AuthOptions): ResolvedAuth {
  refuseMoved('', options, '@fastify/jwt', ofFastifyJwtAtTop)
  check.keys('', options, names)
  const jwtOptions = optionsOf('jwt', options.jwt)
  const sessionOptions = optionsOf('session', options.session)
  const apiKeys = optionsOf('apiKeys', options.apiKeys)
  const jwt = jwtOptions && resolveJwt(jwtOptions)
  const session = sessionOptions && resolveSession(sessionOptions)
  if (options.onAudit !== undefined) check.fn('onAudit', options.onAudit)
  const { realm = authDefaults.realm, policies = {}, mode = authDefaults.mode } = options
  if (typeof realm !== 'string' || !/^[\w .:/-]+$/.test(realm))
    check.fail('realm', 'letters, digits, spaces and ._:/-', realm)
  for (const [name, policy] of Object.entries(policies)) check.fn(`policies.${name}`, policy)

  const redis = redisOf(options.redis)
  const redisPrefix = check.string('redisPrefix', options.redisPrefix ?? redisPrefixOf(jwt))
  if (redis !== undefined) checkHashTag(redis, redisPrefix)

  return {
    jwt,
    session,
    oauth2: resolveOauth(optionsOf('oauth2', options.oauth2) ?? {}),
    apiKeys: apiKeys && resolveApiKeys(apiKeys),
    roles: compileRoles(options.roles),
    policies,
    revocation: resolveRevocation(options.revocation ?? {}),
    csrf: csrfOf(options, session !== undefined, jwt?.cookie !== undefined),
    login: resolveLogin(options.login ?? {}),
    defaultDeny: check.boolean('defaultDeny', options.defaultDeny ?? authDefaults.defaultDeny),
    mode: check.oneOf('mode', mode, ['enforce', 'report']),
    realm,
    redis,
    redisPrefix,
    storeTimeout: check.integer('storeTimeout', options.storeTimeout ?? authDefaults.storeTimeout, {
      min: 10,
      max: 10_000,
      unit: 'milliseconds'
    }),
    callbackTimeout: callbackTimeoutOf(options.callbackTimeout),
    onAudit: options.onAudit
  }
}

/** The protection is on if a cookie can authenticate, and cannot be off for tokens in a cookie. */
function csrfOf(
  { csrf }: AuthOptions,
  hasSessions: boolean,
  hasTokenCookie: boolean
): ResolvedCsrf | undefined {
  if (csrf === false && hasTokenCookie)
    check.fail('csrf', 'on with "jwt.cookie": a browser sends the cookie for any site', false)
  if (csrf === false || (!hasSessions && !hasTokenCookie)) return undefined
  return resolveCsrf(optionsOf('csrf', csrf) ?? {})
}

/** The keys have the service's name. Encoded, because braces in it would move keys to other nodes of a cluster. */
function redisPrefixOf(jwt: ResolvedJwt | undefined): string {
  const hasIssuer = jwt !== undefined && jwt.issuer !== jwtDefaults.issuer
  const name = hasIssuer ? jwt.issuer : serviceName()
  return name === undefined ? authDefaults.redisPrefix : `seaworthy:{auth:${encodeURIComponent(name)}}:`
}
