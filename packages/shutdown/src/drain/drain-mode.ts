import cluster from 'node:cluster'

/**
 * Whether anybody has to be told before the service stops listening.
 * `full`: a balancer routes here. `listener`: other workers share the listener, so leaving it is enough, and only
 * clients that hold a connection are told. `none`: a developer waits for the prompt.
 */
export function delayed(): 'full' | 'listener' | 'none' {
  if (process.env.NODE_ENV === 'development') return 'none'
  if (cluster.isWorker) return 'listener'
  // A pod may have a terminal too (`tty: true`).
  return process.stdout.isTTY && process.env.KUBERNETES_SERVICE_HOST === undefined ? 'none' : 'full'
}

/** Whether a process manager speaks with this process over its channel. */
export const underManager = (): boolean => cluster.isWorker || process.env.pm_id !== undefined
