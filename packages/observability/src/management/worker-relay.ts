import cluster from 'node:cluster'
import type { FastifyBaseLogger } from 'fastify'
import type { ManagementServer } from './listener.ts'
import type { RelayedAction } from './operator-actions.ts'
import { WorkerRelay } from './relay.ts'

/** The relay as the plugin uses it. */
export interface Relay {
  listen(): Promise<void>
  close(): Promise<void>
}

/**
 * Connects the operators' listeners of all workers of a service. `undefined` for a process of its own.
 *
 * @param group - The name under which workers share their metrics, if they do.
 */
export function workerRelay(
  log: FastifyBaseLogger,
  management: ManagementServer,
  group: string | undefined
): Relay | undefined {
  if (!cluster.isWorker && group === undefined) return undefined
  const { actions, options } = management
  // Workers of node:cluster share the port, and two apps of one script do not.
  const name = `operators ${group ?? ''} ${cluster.isWorker ? options.port : ''}`
  const answer = async (message: unknown): Promise<unknown> => {
    await management.whenLoaded()
    const { action } = message as { action?: RelayedAction }
    return action === undefined ? undefined : actions.run(action)
  }
  let relay: WorkerRelay | undefined
  return {
    async listen() {
      try {
        relay = new WorkerRelay(name, answer)
        await relay.listen()
        actions.relay = relay
      } catch (error) {
        actions.relay = null
        log.warn(
          { err: error },
          'observability: the workers cannot reach each other; actions on the management listener are refused; set TMPDIR to a writable folder with a short path'
        )
      }
    },
    close: async () => relay?.close()
  }
}
