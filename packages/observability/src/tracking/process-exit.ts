import type { FastifyInstance } from 'fastify'
import { lifecyclePort, provided } from '@seaworthy/contract'
import { withTimeout } from '@seaworthy/internal'
import { runningAgent } from '../apm/running-agent.ts'
import { loadedSentryClients } from '../internals/index.ts'
import { joinProcessEnd } from './process-end.ts'
import type { ErrorTracker } from './tracker.ts'
import { safeError } from '../logging/safe-error.ts'

/** Milliseconds. */
export const defaultFlushTimeout = 2000

/** Sends the captured errors, those of a Sentry that the app has started itself, and the agent's data. */
export async function flushAll(tracker: ErrorTracker, timeout: number = defaultFlushTimeout): Promise<void> {
  const sentry = loadedSentryClients().map(async (client) =>
    withTimeout(timeout, async () => client.flush(timeout)).catch(() => undefined)
  )
  await Promise.all([tracker.flush(timeout), runningAgent()?.flush(timeout), ...sentry])
}

/**
 * Logs and reports an uncaught error before the process exits with code 1. A plugin that ends the service (a `lifecycle`)
 * does this itself, and gets the flush as its last step.
 */
export function handleProcessExit(
  fastify: FastifyInstance,
  tracker: ErrorTracker,
  flush: () => Promise<void>
): void {
  let leave = () => {}
  const app = {
    report(thrown: unknown, origin: string, exits: boolean) {
      const action = exits ? 'the process exits with code 1' : 'another listener decides about the process'
      // pino writes a fatal line synchronously.
      fastify.log.fatal(
        { err: safeError(thrown) },
        `observability: ${origin}; the error is reported; ${action}`
      )
      tracker.capture(thrown, { source: origin })
    },
    flush
  }

  fastify.addHook('onReady', (done) => {
    const lifecycle = provided(fastify, lifecyclePort)
    if (lifecycle === undefined) leave = joinProcessEnd(app)
    else lifecycle.onFlush('observability', async () => flush())
    done()
  })
  fastify.addHook('onClose', async () => {
    leave()
    if (provided(fastify, lifecyclePort) === undefined) await flush()
  })
}
