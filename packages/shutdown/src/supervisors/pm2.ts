import { underManager } from '../drain/drain-mode.ts'

/** Speaks with a process manager over the channel: `ready` when listening, `shutdown` asks to end. */
export interface ManagerChannel {
  ready(): void
  close(): void
}

/** @param enabled - `undefined` finds out. Without a channel there is nobody to speak with. */
export function managerChannel(
  enabled: boolean | undefined,
  onShutdown: () => void
): ManagerChannel | undefined {
  if (!process.send || !(enabled ?? underManager())) return undefined

  const listen = (message: unknown) => {
    if (message === 'shutdown') onShutdown()
  }
  process.on('message', listen)
  return {
    ready: () => void (process.connected && process.send?.('ready')),
    close: () => void process.off('message', listen)
  }
}
