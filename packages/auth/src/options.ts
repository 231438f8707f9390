import type { FastifyRequest } from 'fastify'
import { optionChecks } from '@seaworthy/internal'
import { resolveApiKeys, type ApiKeyOptions } from './api-keys/options.ts'
import { resolveJwt, type JwtOptions, type ResolvedJwt } from './tokens/options.ts'
import { resolveLogin, type LoginOptions } from './logins/options.ts'
import { resolveOauth, type OAuthOptions, type ResolvedProvider } from './oauth/options.ts'
import {
  resolveCsrf,
  resolveSession,
  type CsrfOptions,
  type ResolvedCsrf,
  type ResolvedSession,
  type SessionOptions
} from './sessions/options.ts'
import type { AuditEvent } from './core/audit.ts'
import type { Policies } from './policy/policies.ts'
import { compileRoles, type Roles, type RolesOption } from './policy/roles.ts'
import type { RedisClient } from './stores/redis-client.ts'

/** Options of the auth plugin. What is left out is not loaded. */
export interface AuthOptions {
  /** Tokens: the app's own, and those of identity providers. `false` leaves them to the app. */
  jwt?: JwtOptions | false

  /** Sessions in an encrypted cookie that the server can end. `false` leaves them to the app. */
  session?: SessionOptions | false

  /** Logins through identity providers, by name: `{ google: { … }, github: { … } }`. */
  oauth2?: Record<string, OAuthOptions> | false

  /** API keys. */
  apiKeys?: ApiKeyOptions | false

  /**
   * Roles, and which others each includes: `{ admin: ['editor'], editor: [] }`, or just their names. With it, a role
   * that a route names and that isn't here stops the start. Without it any name is a role.
   */
  roles?: RolesOption

  /** Named decisions for routes: `{ owner: (request, { identity }) => … }`. */
  policies?: Policies

  /** Ending tokens before they expire. */
  revocation?: RevocationOptions

  /** Refuses writes that another site makes a browser send. On with `session` and `jwt.cookie`. */
  csrf?: CsrfOptions | false

  /** Password logins: cost of the hash, backoff. */
  login?: LoginOptions

  /**
   * A route that doesn't say who may use it stops the start: mark it with `config.auth`, `app.authenticate` or
   * `app.authorize(…)`; public ones with `config: { auth: false }`. Probes and metrics need no mark. A hook on a whole
   * scope is none: it is not seen from the route.
   *
   * @defaultValue false
   */
  defaultDeny?: boolean

  /**
   * `report` lets through what roles, scopes and policies would refuse, and logs and counts it as `would_deny`.
   * Authentication is always enforced. A route may set its own with `config.auth.mode`.
   *
   * @defaultValue 'enforce'
   */
  mode?: 'enforce' | 'report'

  /**
   * The realm in `WWW-Authenticate`.
   *
   * @defaultValue 'api'
   */
  realm?: string

  /** An ioredis client: revocations, refresh tokens, sessions and login failures are then shared by all processes. */
  redis?: RedisClient

  /**
   * What the keys in Redis start with. Keep the braces: they keep the keys on one node of a cluster.
   *
   * @defaultValue 'seaworthy:{auth}:'
   */
  redisPrefix?: string

  /**
   * How long Redis may take for one answer, in **milliseconds**. 10 to 10000.
   *
   * @defaultValue 250
   */
  storeTimeout?: number

  /** Told of each decision and change, besides log and metrics. Never with a token, cookie or password. */
  onAudit?: (event: AuditEvent, request: FastifyRequest | undefined) => void
}

/** Options of revocation. */
export interface RevocationOptions {
  /**
   * When Redis can't be asked for longer than `maxStaleness`: `local` goes on with the revocations that this process
   * knows, `closed` answers 503 to whoever brings a token.
   *
   * @defaultValue 'local'
   */
  onStoreError?: 'local' | 'closed'

  /**
   * How often the processes ask Redis for revocations, in **milliseconds**, besides being told at once. 50 to 1000.
   *
   * @defaultValue 500
   */
  pollInterval?: number

  /**
   * How old the knowledge of revocations may be before `onStoreError` applies, in **milliseconds**.
   *
   * @defaultValue 2000
   */
  maxStaleness?: number

  /**
   * How long revocations are kept, in **seconds**: at least as long as the longest token of any issuer holds.
   *
   * @defaultValue 86400
   */
  retention?: number
}

export interface ResolvedAuth {
  jwt: ResolvedJwt | undefined
  session: ResolvedSession | undefined
  oauth2: readonly ResolvedProvider[]
  apiKeys: Required<ApiKeyOptions> | undefined
  roles: Roles
  policies: Policies
  revocation: Required<RevocationOptions>
  csrf: ResolvedCsrf | undefined
  login: Required<LoginOptions>
  defaultDeny: boolean
  mode: 'enforce' | 'report'
  realm: string
  redis: RedisClient | undefined
  redisPrefix: string
  storeTimeout: number
  onAudit: AuthOptions['onAudit']
}

const check = optionChecks('auth')
const names = [
  'jwt', 'session', 'oauth2', 'apiKeys', 'roles', 'policies', 'revocation', 'csrf', 'login', 'defaultDeny', 'mode',
  'realm', 'redis', 'redisPrefix', 'storeTimeout', 'onAudit'
] // prettier-ignore

/** An object, `undefined` for `false` and what is not given. */
function part<T extends object>(option: string, value: T | false | undefined): T | undefined {
  if (value === undefined || value === false) return undefined
  return typeof value === 'object' && value !== null ? value : check.fail(option, 'an object or false', value)
}

/** Fills in the defaults and refuses what cannot work. The only place that does either. */
export function resolveOptions(options: AuthOptions): ResolvedAuth {
  check.keys('', options, names)
  const jwt = part('jwt', options.jwt)
  const session = part('session', options.session)
  const apiKeys = part('apiKeys', options.apiKeys)
  const resolvedJwt = jwt && resolveJwt(jwt)
  const resolvedSession = session && resolveSession(session)
  const withCookies = resolvedSession !== undefined || resolvedJwt?.cookie !== undefined
  if (resolvedJwt?.cookie !== undefined && options.csrf === false) {
    check.fail('csrf', 'on where "jwt.cookie" is given: a browser sends the cookie for any site', false)
  }
  if (options.onAudit !== undefined) check.fn('onAudit', options.onAudit)
  const { realm = 'api', policies = {} } = options
  if (typeof realm !== 'string' || !/^[\w .:/-]+$/.test(realm))
    check.fail('realm', 'letters, digits, spaces and ._:/-', realm)
  for (const [name, policy] of Object.entries(policies)) check.fn(`policies.${name}`, policy)
  if (options.redis !== undefined && typeof options.redis?.eval !== 'function')
    check.fail('redis', 'an ioredis client', options.redis)

  return {
    jwt: resolvedJwt,
    session: resolvedSession,
    oauth2: resolveOauth(part('oauth2', options.oauth2) ?? {}),
    apiKeys: apiKeys && resolveApiKeys(apiKeys),
    roles: compileRoles(options.roles),
    policies,
    revocation: resolveRevocation(options.revocation ?? {}),
    csrf: withCookies && options.csrf !== false ? resolveCsrf(part('csrf', options.csrf) ?? {}) : undefined,
    login: resolveLogin(options.login ?? {}),
    defaultDeny: check.boolean('defaultDeny', options.defaultDeny ?? false),
    mode: check.oneOf('mode', options.mode ?? 'enforce', ['enforce', 'report']),
    realm,
    redis: options.redis,
    redisPrefix: check.string('redisPrefix', options.redisPrefix ?? 'seaworthy:{auth}:'),
    storeTimeout: check.integer('storeTimeout', options.storeTimeout ?? 250, {
      min: 10,
      max: 10_000,
      unit: 'milliseconds'
    }),
    onAudit: options.onAudit
  }
}

function resolveRevocation(options: RevocationOptions): Required<RevocationOptions> {
  check.keys('revocation', options, ['onStoreError', 'pollInterval', 'maxStaleness', 'retention'])
  const { onStoreError = 'local', pollInterval = 500, maxStaleness = 2000, retention = 86_400 } = options
  return {
    onStoreError: check.oneOf('revocation.onStoreError', onStoreError, ['local', 'closed']),
    pollInterval: check.integer('revocation.pollInterval', pollInterval, {
      min: 50,
      max: 1000,
      unit: 'milliseconds'
    }),
    maxStaleness: check.integer('revocation.maxStaleness', maxStaleness, { min: 100, unit: 'milliseconds' }),
    retention: check.integer('revocation.retention', retention, { min: 1, unit: 'seconds' })
  }
}
