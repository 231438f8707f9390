import type { FastifyInstance } from 'fastify'
import { runningAgent } from '../apm/running-agent.ts'
import { lifecyclePort, provided } from '@seaworthy/contract'
import type { ErrorTracker } from './tracker.ts'

const flushTimeout = 2000

/** Errors and the agent's data, at the same time. */
export async function flushAll(tracker: ErrorTracker, timeout: number = flushTimeout): Promise<void> {
  await Promise.all([tracker.flush(timeout), runningAgent()?.flush(timeout)])
}

/**
 * The last line and the last event of a process that dies of an uncaught error. A plugin that ends the service does
 * this itself; without one, the process still ends with code 1, a moment later.
 */
export function watchCrashes(fastify: FastifyInstance, tracker: ErrorTracker): void {
  let dying = false
  const onUncaught = (thrown: unknown, origin: string) => {
    // pino empties its stream for a fatal line before it goes on.
    fastify.log.fatal({ err: thrown }, origin)
    tracker.capture(thrown, { source: origin })
    // Somebody else decides about the process.
    if (dying || process.listenerCount('uncaughtException') > 1) return
    dying = true
    const exit = () => process.exit(1)
    void flushAll(tracker).then(exit, exit)
  }

  fastify.addHook('onReady', (done) => {
    const lifecycle = provided(fastify, lifecyclePort)
    if (lifecycle === undefined) process.on('uncaughtException', onUncaught)
    else lifecycle.onFlush('observability', async () => flushAll(tracker))
    done()
  })
  fastify.addHook('onClose', async () => {
    process.off('uncaughtException', onUncaught)
    if (provided(fastify, lifecyclePort) === undefined) await flushAll(tracker)
  })
}
