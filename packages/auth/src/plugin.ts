import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { invalidOption, isClusterWorker } from '@seaworthy/internal'
import { explainCollision } from './collisions.ts'
import { createAudit } from './core/audit.ts'
import { withCallbackDeadlines } from './core/callback-deadlines.ts'
import type { SchemeName } from './core/identity.ts'
import { createApi } from './create-api.ts'
import { explainCollisions } from './internals.ts'
import { describeSchemes } from './openapi/schemes.ts'
import { reportToReadiness, showToOperators } from './operators.ts'
import type { AuthOptions } from './options.ts'
import { createGuards } from './policy/guard.ts'
import { noteScope } from './policy/outside.ts'
import { createRouteRules } from './policy/routes.ts'
import { registrationPrefix } from './registration-prefix.ts'
import { resolveOptions, type ResolvedAuth } from './resolve-options.ts'
import { issuerScopeOf } from './revocation/issuer-scope.ts'
import { createRevocations, type Revocations } from './revocation/revocations.ts'
import type { Scheme } from './schemes/types.ts'
import { createAcceptKeys } from './rotation/rotate-keys.ts'
import { watchKeyFiles } from './rotation/watch-keys.ts'
import { storeFingerprint, warnOfSharedKeys } from './secret-fingerprints.ts'
import { memoryStore } from './stores/memory.ts'
import type { AuthStore } from './stores/store.ts'
import { registerTokens } from './tokens/register.ts'

const name = '@seaworthy/auth'
/** On each instance that has the plugin, also of another copy of this package. */
const registered = Symbol.for('seaworthy.auth.registered')

const plugin: FastifyPluginAsync<AuthOptions> = async (fastify, authOptions) => {
  const resolved = withCallbackDeadlines(resolveOptions(authOptions), fastify.log)
  assertOnce(fastify)
  const redisPrefix = authOptions.redisPrefix ?? registrationPrefix(fastify, resolved)
  const options = { ...resolved, redisPrefix }
  const schemes = new Map<SchemeName, Scheme>()
  const loaded = explainCollisions(fastify, explainCollision, (name) => {
    // Without a scheme these two can only fail, so nothing relies on them.
    const isReplaced = schemes.size === 0 && (name === 'authenticate' || name === 'authorize')
    if (isReplaced) logKept(fastify, name)
    return isReplaced
  })
  const { jwt, session, oauth2, realm, roles } = options
  const audit = createAudit(fastify, options.onAudit)
  const local = memoryStore()
  const store = options.redis ? await sharedStore(fastify, options, options.redis) : local
  const revocations = revocationsOf(fastify, options, store)
  const issuers = issuerScopeOf(options)
  const lifetime = loginLifetime(options)
  const logins = oauth2.some(({ logout }) => logout !== undefined)
    ? (await import('./revocation/provider-logins.ts')).createProviderLogins({
        store,
        revocations,
        issuers,
        audit,
        lifetime
      })
    : undefined
  const dependencies = { realm, store, revocations, audit, local, logins }

  fastify.decorateRequest('identity', null)
  const tokens = jwt && (await registerTokens(fastify, jwt, dependencies))
  const sessions =
    session &&
    (await (
      await import('./sessions/register.ts')
    ).registerSessions(fastify, session, {
      ...dependencies,
      revocations: jwt && revocations
    }))
  const apiKeys =
    options.apiKeys &&
    (await import('./api-keys/register.ts')).createApiKeys(fastify, options.apiKeys, { realm, audit })
  const csrf =
    options.csrf &&
    (await import('./csrf/register.ts')).registerCsrf(fastify, options.csrf, {
      audit,
      sessions: sessions?.sessions,
      tokenCookie: jwt?.cookie,
      explicit: [tokens?.headerScheme, apiKeys?.scheme]
    })

  for (const feature of [tokens, apiKeys, sessions])
    if (feature) schemes.set(feature.scheme.name, feature.scheme)
  const binding = tokens?.binding
  const { countForQuota } = apiKeys ?? {}
  const guards = createGuards({ schemes, roles, audit, realm, binding, countForQuota })
  const { policies, mode, defaultDeny } = options
  const { rolesGranting } = roles
  const hasDpop = binding !== undefined
  const ruleOptions = {
    schemes: [...schemes.keys()],
    policies,
    mode,
    defaultDeny,
    hasDpop,
    rolesGranting
  }
  const rules = createRouteRules(fastify, ruleOptions, guards)
  decorateUnlessPresent(fastify, 'authenticate', rules.authenticate)
  decorateUnlessPresent(fastify, 'authorize', rules.authorize)

  const acceptKeys = createAcceptKeys({
    jwt,
    session,
    tokens,
    sessions,
    audit,
    onRotated: (secret) => void storeFingerprint(store, options, secret)
  })
  const api = createApi({
    rotateKeys: async (keys) => (await acceptKeys(keys))(),
    login: options.login,
    log: fastify.log,
    store,
    local,
    audit,
    revocations,
    rules,
    issuers,
    lifetime,
    mint: tokens?.mint,
    verifier: tokens?.verifier,
    sessions: sessions?.sessions,
    apiKeys,
    csrf,
    described: describeSchemes(options)
  })
  fastify.decorate('auth', api)
  if (oauth2.length > 0) {
    const { registerOauth } = await import('./oauth/register.ts')
    const absoluteTimeout = session?.absoluteTimeout ?? 0
    await registerOauth(fastify, oauth2, {
      audit,
      sessions: sessions?.sessions,
      absoluteTimeout,
      store,
      logins
    })
  }
  if (store.shared) reportToReadiness(fastify, store)
  showToOperators(fastify, api, {
    store: () => {
      const problem = store.problem()
      const kind = store.shared ? 'redis' : 'memory'
      return problem ? { kind, up: false, reason: problem.message } : { kind, up: true }
    },
    on: { session: session !== undefined, jwt: jwt !== undefined }
  })
  warnOfMemoryPerWorker(fastify, options)
  watchKeyFiles(fastify, authOptions, acceptKeys)
  loaded()
  rules.loaded()

  fastify.addHook('onReady', async () => {
    await store.connect()
    await warnOfSharedKeys(store, fastify.log, options)
    if (jwt) await revocations.start()
  })
  fastify.addHook('onClose', (_app, done) => {
    revocations.stop()
    store.close()
    local.close()
    done()
  })
}

/** Two registrations in one scope, or in one below it, would guard its routes by different rules. */
function assertOnce(fastify: FastifyInstance): void {
  const isBelow = (scope: object): boolean => Object.prototype.isPrototypeOf.call(fastify, scope)
  if (fastify.hasDecorator(registered) || [...noteScope(fastify)].some(isBelow)) {
    const rule = 'registered once in a scope and those below it, got it twice'
    const remedy =
      'put the options of both into one registration, or register each in a scope beside the other'
    throw invalidOption(`auth: "${name}" must be ${rule}; ${remedy}`)
  }
  fastify.decorate<unknown>(registered, true)
}

async function sharedStore(
  { log }: FastifyInstance,
  { redisPrefix, storeTimeout }: ResolvedAuth,
  client: NonNullable<ResolvedAuth['redis']>
): Promise<AuthStore> {
  const { redisStore } = await import('./stores/redis.ts')
  return redisStore({ client, keyPrefix: redisPrefix, timeout: storeTimeout, log })
}

function revocationsOf(
  { log }: FastifyInstance,
  { jwt, session, revocation, redis, redisPrefix }: ResolvedAuth,
  store: AuthStore
): Revocations {
  const lifetime = jwt === undefined ? 0 : jwt.expiresInSeconds * 1000 + jwt.clockTolerance
  // A revocation must be kept for as long as the app's tokens can be valid.
  const options = { ...revocation, retention: Math.max(revocation.retention, lifetime) }
  const notifications = redis && { client: redis, channel: `${redisPrefix}revoked-channel` }
  return createRevocations(store, options, log, issuerScopeOf({ jwt, session }).primary, notifications)
}

/** Milliseconds that a session or family lives at most, also one of another process of the service. */
const loginLifetime = ({ jwt, session }: ResolvedAuth): number =>
  Math.max(session?.absoluteTimeout ?? 0, jwt?.refreshMaxAge ?? 90 * 86_400_000)

/** Without Redis, a login is known only to the worker process that made it. */
function warnOfMemoryPerWorker({ log }: FastifyInstance, { redis, session, jwt }: ResolvedAuth): void {
  const keepsLogins = session !== undefined || (jwt !== undefined && jwt.keys.length > 0)
  // PM2 sets NODE_APP_INSTANCE in each of its processes, in both of its modes.
  const isWorker = isClusterWorker() || process.env.NODE_APP_INSTANCE !== undefined
  if (redis !== undefined || !keepsLogins || !isWorker) return
  const what = 'this process is one of several workers, and logins and revocations are in the memory of each'
  log.warn(`auth: ${what}; users are logged out at random; set "redis", or run one process`)
}

/** Keeps a decorator of the app. */
function decorateUnlessPresent<K extends 'authenticate' | 'authorize'>(
  fastify: FastifyInstance,
  name: K,
  value: FastifyInstance[K]
): void {
  if (fastify.hasDecorator(name)) logKept(fastify, name)
  else fastify.decorate(name, value as never)
}

function logKept({ log }: FastifyInstance, name: string): void {
  log.info(`auth: the app has decorated "${name}"; keeping it`)
}

/**
 * JWT, sessions, OAuth2, API keys and roles for Fastify.
 *
 * @example
 * await app.register(auth, { jwt: { secret: process.env['JWT_SECRET']! } })
 * app.get('/me', { onRequest: app.authenticate }, async (request) => request.user)
 * app.delete('/users/:id', { onRequest: app.authorize('admin') }, async () => 'gone')
 */
export const auth: FastifyPluginAsync<AuthOptions> = fp(plugin, {
  name,
  fastify: '^5.3.0'
})
