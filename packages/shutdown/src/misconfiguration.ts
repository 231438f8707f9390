import type { FastifyInstance } from 'fastify'
import { constructorOptions, missingInternals } from './internals.ts'
import type { ResolvedOptions } from './resolve-options.ts'

/** Logs at start what will not work: a short grace period, missing constructor options, missing private parts. */
export function warnMisconfiguration(
  fastify: FastifyInstance,
  { gracePeriod }: ResolvedOptions,
  budget: number
): void {
  const { log } = fastify
  if (gracePeriod !== undefined && budget >= gracePeriod) {
    log.warn(
      { budget, gracePeriod },
      `shutdown: may take ${budget} ms, but the platform kills after ${gracePeriod} ms; requests would be lost; ` +
        'raise the grace period, or lower drainDelay.max, timeout or closeTimeout'
    )
  } else log.debug({ budget, gracePeriod }, 'shutdown: fits into the grace period')

  const constructor = constructorOptions(fastify)
  if (constructor && constructor.return503OnClosing === undefined) {
    log.warn(
      'shutdown: app.close() will answer 503 on open connections; add Fastify({ ...shutdownServerOptions() })'
    )
  }
  const missing = missingInternals(fastify)
  if (missing.length > 0) {
    log.warn(
      { missing },
      `shutdown: private parts are missing: ${missing.join(', ')}; doing without; ` +
        'please report it with the versions of Node and Fastify'
    )
  }
}
