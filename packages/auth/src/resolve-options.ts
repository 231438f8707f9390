import { serviceName } from '@seaworthy/internal'
import { resolveApiKeys, type ResolvedApiKeys } from './api-keys/options.ts'
import type { AuditListener } from './core/audit.ts'
import { callbackTimeoutOf, defaultCallbackTimeout } from './core/callback-deadlines.ts'
import { movedFromFastifyJwtTop, assertNoMovedOptions } from './core/moved-options.ts'
import { check, optionsOf } from './core/option-checks.ts'
import { resolveCsrf, type ResolvedCsrf } from './csrf/options.ts'
import { resolveLogin, type ResolvedLogin } from './logins/options.ts'
import { resolveOauth, type ResolvedProvider } from './oauth/options.ts'
import type { AuthOptions } from './options.ts'
import type { Policies } from './policy/policies.ts'
import { compileRoles, type Roles } from './policy/roles.ts'
import { resolveRevocation, type ResolvedRevocation } from './revocation/options.ts'
import { resolveSession, type ResolvedSession } from './sessions/options.ts'
import type { RedisClient } from './stores/redis-client.ts'
import { checkHashTag, redisOf } from './stores/redis-options.ts'
import { jwtDefaults, resolveJwt, type ResolvedJwt } from './tokens/options.ts'

/** The options with their defaults. */
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
  assertNoMovedOptions('', options, '@fastify/jwt', movedFromFastifyJwtTop)
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
  for (const [name, value] of Object.entries({
    policies,
    login: options.login,
    revocation: options.revocation
  }))
    if (value !== undefined) check.object(name, value)
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
  if (csrf === false) return undefined
  const resolved = resolveCsrf(optionsOf('csrf', csrf) ?? {})
  return hasSessions || hasTokenCookie ? resolved : undefined
}

/** The keys have the service's name. Encoded, because braces in it would move keys to other nodes of a cluster. */
function redisPrefixOf(jwt: ResolvedJwt | undefined): string {
  const hasIssuer = jwt !== undefined && jwt.issuer !== jwtDefaults.issuer
  const name = hasIssuer ? jwt.issuer : serviceName()
  return name === undefined ? authDefaults.redisPrefix : `seaworthy:{auth:${encodeURIComponent(name)}}:`
}
