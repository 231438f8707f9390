import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { resolveOptions, type ResilienceOptions } from './options.ts'

const plugin: FastifyPluginAsync<ResilienceOptions> = async (fastify, options) => {
  const { enabled } = resolveOptions(options)
  fastify.log.debug({ enabled }, 'resilience registered')
}

/** Breakers, retries, bulkheads, deadlines and load shedding for Fastify. */
export const resilience: FastifyPluginAsync<ResilienceOptions> = fp(plugin, {
  name: '@seaworthy/resilience',
  fastify: '5.x'
})
