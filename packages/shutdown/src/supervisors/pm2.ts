import { isClusterWorker } from '@seaworthy/internal'

/** The channel to a process manager: sends `ready`, and receives `shutdown`. */
export interface ManagerChannel {
  ready(): void
  close(): void
}

/**
 * Connects to PM2 or another parent process.
 *
 * @param enabled - `undefined` detects PM2 and cluster workers.
 * @returns `undefined` when it is disabled, or when this process has no channel.
 */
export function managerChannel(
  enabled: boolean | undefined,
  onShutdown: () => void
): ManagerChannel | undefined {
  if (!process.send || !(enabled ?? hasProcessManager())) return undefined

  const onMessage = (message: unknown) => {
    if (message === 'shutdown') onShutdown()
  }
  process.on('message', onMessage)
  return {
    ready: () => void (process.connected && process.send?.('ready')),
    close: () => void process.off('message', onMessage)
  }
}

/** PM2 sets `pm_id`, also in its fork mode. */
const hasProcessManager = (): boolean => isClusterWorker() || process.env.pm_id !== undefined
