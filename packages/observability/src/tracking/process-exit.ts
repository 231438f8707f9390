import type { FastifyInstance } from 'fastify'
import { lifecyclePort, provided } from '@seaworthy/contract'
import { runningAgent } from '../apm/running-agent.ts'
import type { ErrorTracker } from './tracker.ts'

/** Milliseconds. */
export const defaultFlushTimeout = 2000

/** Sends the captured errors and the agent's data, at the same time. */
export async function flushAll(tracker: ErrorTracker, timeout: number = defaultFlushTimeout): Promise<void> {
  await Promise.all([tracker.flush(timeout), runningAgent()?.flush(timeout)])
}

/**
 * Logs and reports an uncaught error before the process exits with code 1. A plugin that ends the service (a `lifecycle`)
 * does this itself, and gets the flush as its last step.
 */
export function handleProcessExit(fastify: FastifyInstance, tracker: ErrorTracker): void {
  let exiting = false
  const onUncaught = (thrown: unknown, origin: string) => {
    // With another listener, that one decides about the process.
    const exits = process.listenerCount('uncaughtException') === 1
    const action = exits ? 'the process exits with code 1' : 'another listener decides about the process'
    // pino writes a fatal line synchronously.
    fastify.log.fatal({ err: thrown }, `observability: ${origin}; the error is reported; ${action}`)
    tracker.capture(thrown, { source: origin })
    if (exiting || !exits) return
    exiting = true
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
