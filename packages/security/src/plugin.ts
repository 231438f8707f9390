import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { concurrencyLimit } from './concurrency/plugin.ts'
import { cors } from './cors/plugin.ts'
import { headers } from './headers/plugin.ts'
import { resolveOptions, type SecurityOptions } from './options.ts'
import { rateLimit } from './rate-limit/plugin.ts'
import { securityServerOptions, warnAboutMissingServerOptions } from './server-options.ts'
import { securityStatus } from './status.ts'
import { logTrustProxy } from './trust-proxy.ts'
import { resolveTrustProxy } from './trusted-proxies.ts'
import { warnAboutUnconfiguredFeatures } from './unconfigured-features.ts'
import { validation } from './validation/plugin.ts'

const plugin: FastifyPluginAsync<SecurityOptions> = async (fastify, options) => {
  const resolved = resolveOptions(options)
  // The plugin takes the options of the constructor too, and checks them.
  securityServerOptions(options)
  const trustProxy = resolveTrustProxy(options.trustProxy)
  securityStatus(fastify).trustProxy = trustProxy

  warnAboutUnconfiguredFeatures(fastify, options)
  // In the order of a request's way: a rejected request has the headers, and CORS lets allowed origins read it.
  if (resolved.headers) await fastify.register(headers, resolved.headers)
  if (resolved.cors) await fastify.register(cors, resolved.cors)
  if (resolved.rateLimit) await fastify.register(rateLimit, resolved.rateLimit)
  if (resolved.concurrency) await fastify.register(concurrencyLimit, resolved.concurrency)
  if (resolved.validation) await fastify.register(validation, resolved.validation)

  fastify.addHook('onReady', (done) => {
    warnAboutMissingServerOptions(fastify)
    logTrustProxy(fastify, trustProxy)
    done()
  })
}

/**
 * Headers, CORS, rate limits and validation together. Each is also a plugin of its own.
 *
 * @example
 * const app = Fastify(securityServerOptions())
 * await app.register(security, { rateLimit: { max: 300, timeWindow: '1 minute' } })
 */
export const security: FastifyPluginAsync<SecurityOptions> = fp(plugin, {
  name: '@seaworthy/security',
  fastify: '^5.12.0'
})
