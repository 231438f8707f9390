import type { FastifyBaseLogger } from 'fastify'
import { managerChannel } from './pm2.ts'
import { systemdNotifier } from './systemd.ts'

/** The programs that started this process and wait for its state: PM2, systemd, both or none. */
export interface Supervisors {
  ready(): void
  /** @param budget - Milliseconds that the shutdown may take. */
  stopping(budget: number): void
  /** Resolves when all notifications are on their way. */
  started(): Promise<void>
  close(): void
}

/** Connects to the supervisors that are enabled. `undefined` detects them. */
export function connectSupervisors(
  { pm2, systemd }: { pm2: boolean | undefined; systemd: boolean | undefined },
  log: FastifyBaseLogger,
  onShutdown: () => void
): Supervisors {
  const manager = managerChannel(pm2, onShutdown)
  const notifier = systemdNotifier(systemd, log)

  return {
    ready() {
      manager?.ready()
      notifier?.ready()
    },
    stopping: (budget) => notifier?.stopping(budget),
    started: () => notifier?.started() ?? Promise.resolve(),
    close() {
      manager?.close()
      notifier?.close()
    }
  }
}
