import type { FastifyInstance } from 'fastify'
import { internal } from './internals.ts'
import type { ResolvedOptions } from './options.ts'

/** Says once, at the start, what will not work as it should. */
export function say(fastify: FastifyInstance, { gracePeriod }: ResolvedOptions, budget: number): void {
  const { log } = fastify
  if (gracePeriod !== undefined && budget >= gracePeriod) {
    log.warn(
      { budget, gracePeriod },
      `shutdown: may take ${budget} ms, but the platform kills after ${gracePeriod} ms: ` +
        'give it a longer grace period, or lower drainDelay.max, timeout or closeTimeout'
    )
  } else log.debug({ budget, gracePeriod }, 'shutdown: fits into the grace period')

  const given = internal(fastify, 'fastify.options') as { return503OnClosing?: boolean } | undefined
  if (given && given.return503OnClosing === undefined) {
    log.warn(
      'shutdown: app.close() will answer 503 on open connections: add Fastify({ ...shutdownServerOptions() })'
    )
  }
}
