import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { resolveOptions, type ErrorsOptions } from './options.ts'

const plugin: FastifyPluginAsync<ErrorsOptions> = async (fastify, options) => {
  const { enabled } = resolveOptions(options)
  fastify.log.debug({ enabled }, 'errors registered')
}

/** One error shape for a whole Fastify app: RFC 9457 problem details or JSON, safe by default. */
export const errors: FastifyPluginAsync<ErrorsOptions> = fp(plugin, {
  name: '@seaworthy/errors',
  fastify: '5.x'
})
