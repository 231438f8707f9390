import { join } from 'node:path'
import { start, startNode, type RunningProcess } from '@seaworthy/testing'
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

/** Puts a program in front of the command that starts the service: an init, npm, a supervisor. */
export type Launcher = (command: readonly string[]) => readonly string[]

/** Starts the service under test behind another program, in a process group of its own. */
export async function launch(
  t: Test,
  launcher: Launcher,
  options: ShutdownOptions = {},
  env: Record<string, string> = {},
  file: string = script
): Promise<Service> {
  const flags = ['--conditions=@seaworthy/source', '--disable-warning=ExperimentalWarning']
  const command = launcher([process.execPath, ...flags, file])
  const inherited = Object.entries(process.env).filter(([name]) => !/^_?TAP|^NODE_OPTIONS$|^npm_/.test(name))
  const running = start(t, '/usr/bin/env', command, {
    detached: true,
    env: { ...Object.fromEntries(inherited), NODE_ENV: '', ...env, OPTIONS: JSON.stringify(options) }
  })
  t.teardown(() => {
    try {
      process.kill(-running.pid, 'SIGKILL')
    } catch {
      // All of them have ended.
    }
  })
  const [, port] = await running.waitFor(/^port (\d+)/m)
  return Object.defineProperty(running as Service, 'port', { value: Number(port) })
}

/** A log line by its message. */
export const line = (running: RunningProcess, message: RegExp): Record<string, unknown> | undefined =>
  running.logs().find(({ msg }) => message.test(String(msg)))
