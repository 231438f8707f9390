import type { Vendor } from './vendors.ts'

/** The agent that runs in this process. */
export interface ApmHandle {
  readonly vendor: Vendor
  /** Sends the data that the agent has gathered, within `timeout` **milliseconds**. Never rejects. */
  flush(timeout: number): Promise<void>
}

// There is one agent per process, and each copy of this package finds it here.
const key = Symbol.for('seaworthy.apm.v1')

export const runningAgent = (): ApmHandle | undefined =>
  (globalThis as Record<symbol, unknown>)[key] as ApmHandle | undefined

export function announceAgent(handle: ApmHandle): void {
  Object.defineProperty(globalThis, key, { value: handle })
}
