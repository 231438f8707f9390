import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { resolveOptions, type HealthOptions } from './options.ts'

const plugin: FastifyPluginAsync<HealthOptions> = async (fastify, options) => {
  const { enabled } = resolveOptions(options)
  fastify.log.debug({ enabled }, 'health registered')
}

/** Liveness, readiness and startup probes for Fastify. */
export const health: FastifyPluginAsync<HealthOptions> = fp(plugin, {
  name: '@seaworthy/health',
  fastify: '5.x'
})
