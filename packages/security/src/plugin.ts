import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { cors } from './cors/plugin.ts'
import { tell } from './status.ts'
import { headers } from './headers/plugin.ts'
import { resolveOptions, type SecurityOptions } from './options.ts'
import { rateLimit } from './rate-limit/plugin.ts'
import { securityServerOptions, warnWhereMissing } from './server-options.ts'
import { sayTrust } from './trust-proxy.ts'
import { validation } from './validation/plugin.ts'

const plugin: FastifyPluginAsync<SecurityOptions> = async (fastify, options) => {
  const parts = resolveOptions(options)
  const { trustProxy } = securityServerOptions(options)
  tell(fastify, { trustProxy })

  // In the order in which a request meets them: even a refusal has its headers, and is readable where CORS allows it.
  if (parts.headers) await fastify.register(headers, parts.headers)
  if (parts.cors) await fastify.register(cors, parts.cors)
  if (parts.rateLimit) await fastify.register(rateLimit, parts.rateLimit)
  if (parts.validation) await fastify.register(validation, parts.validation)

  fastify.addHook('onReady', (done) => {
    warnWhereMissing(fastify)
    sayTrust(fastify, trustProxy)
    done()
  })
}

/** Headers, CORS, rate limits and validation together. Each is also a plugin of its own. */
export const security: FastifyPluginAsync<SecurityOptions> = fp(plugin, {
  name: '@seaworthy/security',
  fastify: '^5.10.0'
})
