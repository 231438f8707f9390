import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { resolveOptions, type AuthOptions } from './options.ts'

const plugin: FastifyPluginAsync<AuthOptions> = async (fastify, options) => {
  const { enabled } = resolveOptions(options)
  fastify.log.debug({ enabled }, 'auth registered')
}

/** JWT, sessions, OAuth2, API keys and roles for Fastify. */
export const auth: FastifyPluginAsync<AuthOptions> = fp(plugin, {
  name: '@seaworthy/auth',
  fastify: '5.x'
})
