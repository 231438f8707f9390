// A PM2 of a test's own, and requests that its workers take in turns.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { freePort, requestOnce, start, temporaryFolder } from '@seaworthy/testing'
import type { Test } from 'tap'

const require = createRequire(import.meta.url)
const example = join(import.meta.dirname, '..')
const command = join(require.resolve('pm2/package.json'), '../bin/pm2')

/** The name of a module for the source of a service, which is in a folder of its own. */
export const imported = (name: string): string => JSON.stringify(import.meta.resolve(name))

/** Milliseconds in which a worker is ready on any machine: beside other work, longer than the template's own. */
export const listenTimeout = 300_000

interface Managed {
  port: number
  pm2(...args: string[]): Promise<void>
}

interface ManagedOptions {
  /** The source of the service. */
  service: string
  instances: number
  variables?: Record<string, string>
}

/** Starts the service in workers of PM2's cluster mode, with the template's settings. */
export async function managed(
  t: Test,
  { service, instances, variables = {} }: ManagedOptions
): Promise<Managed> {
  const home = temporaryFolder(t, 'pm2')
  const folder = temporaryFolder(t, 'release')
  const port = await freePort()
  mkdirSync(join(folder, 'src'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'src/server.ts'), service)
  writeFileSync(
    join(folder, 'ecosystem.config.cjs'),
    `const [app] = require(${JSON.stringify(join(example, 'ecosystem.config.cjs'))}).apps
const env_production = { ...app.env_production, ...${JSON.stringify({ ...variables, PORT: `${port}` })} }
module.exports = { apps: [{ ...app, listen_timeout: ${listenTimeout}, instances: ${instances}, env_production }] }`
  )
  const env: NodeJS.ProcessEnv = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TAP'))),
    PM2_HOME: home,
    HOME: home,
    NODE_OPTIONS: '--conditions=@seaworthy/source --disable-warning=ExperimentalWarning',
    _TAPJS_PROCESSINFO_EXCLUDE_: '/./'
  }
  t.teardown(() => spawnSync(process.execPath, [command, 'kill'], { cwd: folder, env, timeout: 60_000 }))
  const pm2 = async (...args: string[]) => {
    const running = start(t, process.execPath, [command, ...args], { cwd: folder, env })
    const { code } = await running.exit
    if (code !== 0) throw new Error(running.output())
  }
  await pm2('start', 'ecosystem.config.cjs', '--env', 'production')
  return { port, pm2 }
}

/** The body of a response, on a new connection, so that the workers take turns. */
export const ask = async (port: number, path: string, method?: string, body?: object): Promise<string> =>
  (await requestOnce(port, path, { method, body, timeout: 5000 })).body
