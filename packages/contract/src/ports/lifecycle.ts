import { port, type Port } from './port.ts'

/** `running` → `draining` (serves, not ready) → `closing` (listeners closed) → `closed`. */
export type LifecycleState = 'running' | 'draining' | 'closing' | 'closed'

/** The phases of a shutdown, and what runs in them. Provided by shutdown. */
export interface Lifecycle {
  readonly state: LifecycleState
  /** Called once, synchronously, when draining starts. Errors are logged. */
  onDrain(fn: (reason: string) => void): void
  /** Starts the shutdown, once. A provider of an earlier version lacks it. */
  begin?(reason?: string): Promise<unknown>
  /** Closes a resource after the last response, in reverse order of registration. `timeout` in milliseconds. */
  onShutdown(name: string, fn: () => unknown, options?: { timeout?: number | undefined }): void
  /** Flushes telemetry and logs, after the resources. `timeout` in milliseconds. */
  onFlush(name: string, fn: () => unknown, options?: { timeout?: number | undefined }): void
}

export const lifecyclePort: Port<Lifecycle> = port<Lifecycle>('lifecycle.v1')
