import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { resolveOptions, type ObservabilityOptions } from './options.ts'

const plugin: FastifyPluginAsync<ObservabilityOptions> = async (fastify, options) => {
  const { enabled } = resolveOptions(options)
  fastify.log.debug({ enabled }, 'observability registered')
}

/** Logs, ids, metrics, traces and error tracking for Fastify: one line a request, one record a route. */
export const observability: FastifyPluginAsync<ObservabilityOptions> = fp(plugin, {
  name: '@seaworthy/observability',
  fastify: '5.x'
})
