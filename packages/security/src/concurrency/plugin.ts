import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { ConcurrencyOptions } from './options.ts'

const plugin: FastifyPluginAsync<ConcurrencyOptions> = async (fastify, options) =>
  (await import('./limit-concurrency.ts')).limitConcurrency(fastify, options)

/**
 * Limits how many requests of one user, address or tenant run at the same time, alone or together with other processes.
 *
 * @example
 * await app.register(concurrencyLimit, { max: 10 })
 * app.post('/reports', { config: { concurrency: { max: 2 } } }, async () => 'done')
 */
export const concurrencyLimit: FastifyPluginAsync<ConcurrencyOptions> = fp(plugin, {
  name: '@seaworthy/security/concurrency-limit',
  fastify: '^5.12.0'
})
