import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { invalidOption } from '@seaworthy/internal'
import { explainCollision } from './collisions.ts'
import { createAudit, type Audit } from './core/audit.ts'
import { withCallbackDeadlines } from './core/callback-deadlines.ts'
import type { SchemeName } from './core/identity.ts'
import { createApi } from './create-api.ts'
import { explainLoadFailure } from './explain-load-failure.ts'
import { explainCollisions } from './internals.ts'
import { createLoginState, warnOfMemoryPerWorker, type LoginState } from './login-state.ts'
import { describeSchemes } from './openapi/schemes.ts'
import { reportToReadiness, showToOperators } from './operators.ts'
import type { AuthOptions } from './options.ts'
import { createGuards } from './policy/guard.ts'
import { noteScope } from './policy/outside.ts'
import { createRouteRules, type RouteRules } from './policy/routes.ts'
import { registerFeatures, type Features } from './register-features.ts'
import { registrationPrefix } from './registration-prefix.ts'
import { resolveOptions, type ResolvedAuth } from './resolve-options.ts'
import type { ProviderLogins } from './revocation/provider-logins.ts'
import { createAcceptKeys } from './rotation/rotate-keys.ts'
import { watchKeyFiles } from './rotation/watch-keys.ts'
import type { Scheme } from './schemes/types.ts'
import { storeFingerprint, warnOfSharedKeys } from './secret-fingerprints.ts'

const name = '@seaworthy/auth'
/** On each instance that has the plugin, also of another copy of this package. */
const registered = Symbol.for('seaworthy.auth.registered')

const plugin: FastifyPluginAsync<AuthOptions> = async (fastify, authOptions) => {
  try {
    await register(fastify, authOptions)
  } catch (error) {
    throw explainLoadFailure(error)
  }
}

async function register(fastify: FastifyInstance, authOptions: AuthOptions): Promise<void> {
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
  const audit = createAudit(fastify, options.onAudit)
  const state = await createLoginState(fastify, options)
  const logins = await createLogins(options, state, audit)
  fastify.decorateRequest('identity', null)
  const features = await registerFeatures(fastify, options, { ...state, audit, logins }, schemes)
  const rules = createRules(fastify, options, features, audit, schemes)
  decorateUnlessPresent(fastify, 'authenticate', rules.authenticate)
  decorateUnlessPresent(fastify, 'authorize', rules.authorize)

  const { tokens, sessions, apiKeys, csrf } = features
  const { jwt, session, oauth2, login } = options
  const { store, local, revocations } = state

  const acceptKeys = createAcceptKeys({
    jwt,
    session,
    tokens,
    sessions,
    audit,
    onRotated: (secret) => void storeFingerprint(store, options, secret)
  })
  const api = createApi({
    ...state,
    rotateKeys: async (keys) => (await acceptKeys(keys))(),
    login,
    log: fastify.log,
    audit,
    rules,
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

/** The record of which logins a provider ends by itself; loaded only where one can. */
async function createLogins(
  { oauth2 }: ResolvedAuth,
  { store, revocations, issuers, lifetime }: LoginState,
  audit: Audit
): Promise<ProviderLogins | undefined> {
  if (oauth2.every(({ logout }) => logout === undefined)) return undefined
  const { createProviderLogins } = await import('./revocation/provider-logins.ts')
  return createProviderLogins({ store, revocations, issuers, audit, lifetime })
}

/** The rules of routes, applied by the guards of the schemes that there are. */
function createRules(
  fastify: FastifyInstance,
  { realm, roles, policies, mode, defaultDeny }: ResolvedAuth,
  { tokens, apiKeys }: Features,
  audit: Audit,
  schemes: ReadonlyMap<SchemeName, Scheme>
): RouteRules {
  const binding = tokens?.binding
  const guards = createGuards({
    schemes,
    roles,
    audit,
    realm,
    binding,
    countForQuota: apiKeys?.countForQuota
  })
  const ruleOptions = {
    schemes: [...schemes.keys()],
    policies,
    mode,
    defaultDeny,
    hasDpop: binding !== undefined,
    rolesGranting: roles.rolesGranting
  }
  return createRouteRules(fastify, ruleOptions, guards)
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
