import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '@seaworthy/testing'
import type { Test } from 'tap'
import type { ShutdownOptions } from '../../src/index.ts'
import type { Clients, Route } from './clients.ts'
import { service, type Service } from './service.ts'

export interface RollingRestart {
  options?: ShutdownOptions
  env?: Record<string, string>
  /** How many responses the clients get before the shutdown starts. */
  busy?: number
  /** Starts the service that is shut down. */
  boot?: (options: ShutdownOptions, env: Record<string, string>) => Promise<Service>
  /** Whether the exit code of what was started is the service's: npm has one of its own. */
  isExitCodeOurs?: boolean
  /** Milliseconds between the new route and the signal: a pod's `preStop` sleep. */
  preStop?: number
  /** Sends the signal. */
  stop?: (old: Service) => void
}

/** Shuts down the first of two services under load; new connections go to the second after `moved` milliseconds. */
export async function rollingRestart(
  t: Test,
  start: (route: Route) => Clients,
  moved: number,
  {
    options = {},
    env = {},
    busy = 200,
    boot = (all, more) => service(t, all, more),
    isExitCodeOurs = true,
    preStop = 0,
    stop = (old) => old.kill('SIGTERM')
  }: RollingRestart = {}
): Promise<Service> {
  const all = { drainDelay: { min: 1000, max: 15_000 }, timeout: 30_000, ...options }
  const [old, next] = await Promise.all([boot(all, env), service(t, all, env)])
  const route = { port: old.port }
  const clients = start(route)
  await until('clients to be busy', () => clients.count.ok >= busy, 60_000)

  if (preStop > 0) {
    route.port = next.port
    await sleep(preStop)
  }
  stop(old)
  await old.waitFor(/shutdown: draining/)
  await sleep(moved)
  route.port = next.port
  const { code } = await old.exit
  const before = clients.count.ok
  await until('clients to go on elsewhere', () => clients.count.ok >= before + busy / 2, 60_000)
  const count = await clients.stop()
  t.strictSame(count.failed, {}, `0 of ${count.ok} requests failed`)
  if (isExitCodeOurs) t.equal(code, 0, 'exit code')
  return old
}
