import type { Vendor } from './vendors.ts'

/** The agent that runs in this process. One per process, so it is where each copy of this package finds it. */
export interface ApmHandle {
  readonly vendor: Vendor
  /** Sends out what the agent has gathered. Never rejects. */
  flush(timeout: number): Promise<void>
}

const key = Symbol.for('seaworthy.apm.v1')

export const runningAgent = (): ApmHandle | undefined =>
  (globalThis as Record<symbol, unknown>)[key] as ApmHandle | undefined

export function announce(handle: ApmHandle): void {
  Object.defineProperty(globalThis, key, { value: handle })
}
