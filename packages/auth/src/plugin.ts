import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { managementPort, whenProvided } from '@seaworthy/contract'
import { createApi } from './create-api.ts'
import { createAudit } from './core/audit.ts'
import type { SchemeName } from './core/identity.ts'
import { resolveOptions, type AuthOptions } from './options.ts'
import { createGuards } from './policy/guard.ts'
import { routeRules } from './policy/routes.ts'
import { createRevocations } from './revocation/revocations.ts'
import type { Scheme } from './schemes/compile.ts'
import { memoryStore } from './stores/memory.ts'
import { redisStore } from './stores/redis.ts'
import './api.ts'

const plugin: FastifyPluginAsync<AuthOptions> = async (fastify, given) => {
  const options = resolveOptions(given)
  const { jwt, session, apiKeys, oauth2, csrf, realm, redis, redisPrefix } = options
  const audit = createAudit(fastify, options.onAudit)
  const local = memoryStore()
  const main = redis ? redisStore(redis, redisPrefix, options.storeTimeout) : local
  const revocation = {
    ...options.revocation,
    // An ended token must stay ended for as long as it could hold.
    retention: Math.max(options.revocation.retention, (jwt?.expiresIn ?? 0) + (jwt?.clockTolerance ?? 0))
  }
  const listen = redis && { client: redis, channel: `${redisPrefix}revoked-channel` }
  const revocations = createRevocations(main, revocation, fastify.log, listen)

  fastify.decorateRequest('identity', null)
  const schemes = new Map<SchemeName, Scheme>()
  const tokenParts =
    jwt &&
    (await (await import('./tokens/register.ts')).tokenPart(fastify, jwt, options, main, revocations, audit))
  const sessionParts =
    session &&
    (await (await import('./sessions/register.ts')).sessionPart(fastify, session, main, audit, realm))
  const keys = apiKeys && (await import('./api-keys/lookup.ts')).createApiKeys(apiKeys, realm)
  for (const part of [tokenParts, keys, sessionParts]) if (part) schemes.set(part.scheme.name, part.scheme)

  const cross = csrf && (await import('./csrf/csrf.ts')).createCsrf(csrf, apiKeys?.header, audit)
  if (cross) fastify.addHook('onRequest', cross.onRequest)

  const names = [...schemes.keys()]
  const rules = routeRules(fastify, options, names, createGuards(schemes, options.roles, audit, realm))
  decorateOnce(fastify, 'authenticate', rules.authenticate)
  decorateOnce(fastify, 'authorize', rules.authorize)
  const { tokens } = tokenParts ?? {}
  const { sessions } = sessionParts ?? {}
  const api = createApi({
    options,
    main,
    local,
    audit,
    revocations,
    rules,
    tokens,
    sessions,
    keys,
    csrf: cross,
    verifier: tokenParts?.verifier
  })
  fastify.decorate('auth', api)

  if (oauth2.length > 0)
    await (await import('./oauth/register.ts')).oauthPart(fastify, oauth2, audit, session !== undefined)

  whenProvided(fastify, managementPort, (management) => {
    management.route({
      method: 'GET',
      url: '/auth/matrix',
      handler: async (request, reply) =>
        request.headers.accept?.includes('text/plain')
          ? reply.type('text/plain').send(api.printMatrix())
          : api.matrix()
    })
  })
  if (jwt) fastify.addHook('onReady', (done) => void revocations.start().then(() => done(), done))
  fastify.addHook('onClose', (_app, done) => {
    revocations.stop()
    local.close()
    done()
  })
}

/** An app that has brought its own keeps it, where this plugin has nothing to put there. */
function decorateOnce<K extends 'authenticate' | 'authorize'>(
  fastify: FastifyInstance,
  name: K,
  value: FastifyInstance[K]
): void {
  if (fastify.hasDecorator(name)) fastify.log.info(`auth: the app has its own "${name}", which stays`)
  else fastify.decorate(name, value as never)
}

/** JWT, sessions, OAuth2, API keys and roles for Fastify. */
export const auth: FastifyPluginAsync<AuthOptions> = fp(plugin, {
  name: '@seaworthy/auth',
  fastify: '^5.3.0'
})
