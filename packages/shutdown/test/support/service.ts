import { join } from 'node:path'
import { startNode, type RunningProcess } from '@seaworthy/testing'
import type { Test } from 'tap'
import type { ShutdownOptions } from '../../src/index.ts'

/** The service under test. */
export const script: string = join(import.meta.dirname, '../fixtures/app.ts')

export interface Service extends RunningProcess {
  readonly port: number
}

/** Starts the service under test, and waits until it listens. */
export async function service(
  t: Test,
  options: ShutdownOptions = {},
  env: Record<string, string> = {}
): Promise<Service> {
  const running = startNode(t, script, { env: { NODE_ENV: '', ...env, OPTIONS: JSON.stringify(options) } })
  const [, port] = await running.waitFor(/^port (\d+)/m)
  return Object.defineProperty(running as Service, 'port', { value: Number(port) })
}

/** A log line by its message. */
export const line = (running: RunningProcess, message: RegExp): Record<string, unknown> | undefined =>
  running.logs().find(({ msg }) => message.test(String(msg)))
