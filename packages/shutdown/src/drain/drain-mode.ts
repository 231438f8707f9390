import { isClusterWorker } from '@seaworthy/internal'

/**
 * How long a shutdown has to wait for clients to move elsewhere:
 * - `full`: a load balancer routes to this process and needs time to learn that it stops.
 * - `listener`: other workers share the listener, or PM2 has one process and no balancer, so only clients with an open
 *   connection have to learn it.
 * - `none`: a developer waits for the prompt.
 */
export type DrainMode = 'full' | 'listener' | 'none'

/** The mode for this process and its environment. */
export function drainMode(): DrainMode {
  if (process.env.NODE_ENV === 'development' || isWatched()) return 'none'
  if (isClusterWorker() || process.env.pm_id !== undefined) return 'listener'
  // A pod may have a terminal too (`tty: true`).
  return process.stdout.isTTY && process.env.KUBERNETES_SERVICE_HOST === undefined ? 'none' : 'full'
}

/** Whether `node --watch` restarts the process at each change. */
const isWatched = (): boolean => process.env.WATCH_REPORT_DEPENDENCIES !== undefined
