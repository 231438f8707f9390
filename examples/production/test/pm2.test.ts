// The PM2 template under a real PM2: reloads without a failed request, and releases that don't boot.
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { freePort, start, startLoad, temporaryFolder, until, type Load } from '@seaworthy/testing'
import t, { type Test } from 'tap'
import { startPipelining } from '../../../packages/shutdown/test/support/clients.ts'
import { listenTimeout } from './managed-by-pm2.ts'
import { sharedDatabase } from './service.ts'

const require = createRequire(import.meta.url)
const example = join(import.meta.dirname, '..')
const preflight = join(example, '../../packages/shutdown/src/cli.ts')
const command = join(require.resolve('pm2/package.json'), '../bin/pm2')
const imported = (name: string) => JSON.stringify(import.meta.resolve(name))

/** A release: what PM2 is to start, in a folder of its own. */
type Release = (source: string) => void

const service = `
import Fastify from ${imported('fastify')}
import { seaworthy, serverOptions } from ${imported('fastify-seaworthy')}
const options = { auth: false, security: { rateLimit: false }, observability: { logging: { sampling: 0 } } }
const app = Fastify({ ...serverOptions(options), logger: false })
await app.register(seaworthy, options)
app.get('/', async () => ({ pid: process.pid }))
app.post('/', async (request) => ({ got: request.body }))
app.get('/slow', () => new Promise((resolve) => setTimeout(resolve, 1000, { pid: process.pid })))
await app.listen({ port: Number(process.env.PORT), host: process.env.HOST })
`

/** A PM2 of the test's own, with the template's settings; `source` is the first release. */
async function manager(t: Test, source: string, variables: Record<string, string> = {}) {
  const home = temporaryFolder(t, 'pm2')
  const folder = temporaryFolder(t, 'release')
  const port = await freePort()
  mkdirSync(join(folder, 'src'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  const release: Release = (text) => writeFileSync(join(folder, 'src/server.ts'), text)
  release(source)

  const template = JSON.stringify(join(example, 'ecosystem.config.cjs'))
  writeFileSync(
    join(folder, 'ecosystem.config.cjs'),
    `const [app] = require(${template}).apps
module.exports = { apps: [{ ...app, listen_timeout: ${listenTimeout}, instances: 2, env_production: { ...app.env_production, PORT: ${port} } }] }`
  )

  const env: NodeJS.ProcessEnv = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TAP'))),
    ...variables,
    PM2_HOME: home,
    HOME: home,
    NODE_OPTIONS: '--conditions=@seaworthy/source --disable-warning=ExperimentalWarning',
    _TAPJS_PROCESSINFO_EXCLUDE_: '/./'
  }
  const run = async (...args: string[]) => {
    const running = start(t, process.execPath, args, { cwd: folder, env })
    const { code } = await running.exit
    return { code, output: running.output() }
  }
  const pm2 = (...args: string[]) => run(command, ...args)
  t.teardown(() => spawnSync(process.execPath, [command, 'kill'], { cwd: folder, env, timeout: 60_000 }))

  const started = await pm2('start', 'ecosystem.config.cjs', '--env', 'production')
  if (started.code !== 0) throw new Error(started.output)

  return {
    port,
    release,
    /** The pids of the workers, when all of them serve. */
    async workers() {
      const { output } = await pm2('jlist')
      const list = JSON.parse(output.slice(output.indexOf('[{'))) as Worker[]
      return list.flatMap(({ pid, pm2_env: { status } }) => (status === 'online' ? [pid] : []))
    },
    reload: () => pm2('reload', 'harbour'),
    /** The line that the template names: PM2 is asked only if the release was ready. */
    async checkedReload(timeout = 60_000) {
      const tried = await run(preflight, 'preflight', '--timeout', `${timeout}`, 'src/server.ts')
      return tried.code === 0 ? pm2('reload', 'harbour') : tried
    },
    logs: async () => (await pm2('logs', '--nostream', '--lines', '50')).output
  }
}

interface Worker {
  pid: number
  pm2_env: { status: string }
}

/** Everything that a client may notice, until `stop`. */
function watch(port: number) {
  const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":"b"}' }
  // They leave the processors to the releases that start meanwhile.
  const think = 20
  const loads: Load[] = [
    startLoad(port, '/', { connections: 15, think }),
    startLoad(port, '/', { connections: 15, think, request: json }),
    startLoad(port, '/slow', { connections: 10 })
  ]
  const pipelining = startPipelining({ port }, { connections: 5, think })
  const busy = () => loads.every(({ result }) => (result.statuses[200] ?? 0) >= 10)
  return {
    busy: () => until('the clients to be busy', busy),
    async stop(t: Test) {
      const results = await Promise.all(loads.map((load) => load.stop()))
      const { ok, failed } = await pipelining.stop()
      for (const [index, { statuses, errors }] of results.entries()) {
        t.strictSame(Object.keys(statuses), ['200'], `${['GET', 'POST', 'slow'][index]}: only 200`)
        t.strictSame(errors, {}, `0 of ${statuses[200]} requests failed`)
      }
      t.strictSame(failed, {}, `0 of ${ok} pipelined requests failed`)
    }
  }
}

t.test('a reload under load replaces both workers and loses nothing', async (t) => {
  const { port, workers, reload, logs } = await manager(t, service)
  const before = await workers()
  t.equal(before.length, 2)
  const clients = watch(port)
  await clients.busy()
  const { code } = await reload()
  t.equal(code, 0)
  const after = await workers()
  t.equal(after.length, 2)
  t.strictSame(
    after.filter((pid) => before.includes(pid)),
    [],
    'both are new'
  )
  await clients.stop(t)
  const logText = await logs()
  t.equal(logText.match(/_old_\d\] exited with code \[0\]/g)?.length, 2, 'they ended by themselves')
  t.notMatch(logText, /SIGKILL/)
})

t.test('a release that does not become ready never reaches PM2: the old workers serve on', async (t) => {
  const { port, workers, release, checkedReload } = await manager(t, service)
  const before = await workers()
  const clients = watch(port)
  await clients.busy()

  for (const [what, source, timeout, reason] of [
    ['throws', 'throw new Error("this release does not boot")', 60_000, /does not boot/],
    ['hangs', 'setInterval(() => undefined, 1000)', 3000, /was not ready after 3000 ms/],
    ['does not parse', 'const = 1', 60_000, /SyntaxError/]
  ] as const) {
    release(source)
    const { code, output } = await checkedReload(timeout)
    t.equal(code, 1, `a release that ${what} is refused`)
    t.match(output, reason)
  }
  t.strictSame(await workers(), before, 'no worker was replaced')

  release(service)
  t.equal((await checkedReload()).code, 0, 'a release that works is not')
  t.strictSame(
    (await workers()).filter((pid) => before.includes(pid)),
    []
  )
  await clients.stop(t)
})

t.test('the example itself starts and reloads under the template', async (t) => {
  const variables = {
    ...(await sharedDatabase(t)),
    JWT_SECRET: randomBytes(48).toString('base64'),
    ADMIN_PASSWORD: 'correct horse battery staple',
    RATE_LIMIT_MAX: '100000000'
  }
  const source = `import ${JSON.stringify(pathToFileURL(join(example, 'src/server.ts')).href)}`
  const { port, workers, reload } = await manager(t, source, variables)
  const before = await workers()
  t.equal(before.length, 2)
  // Refused by the app itself, which is an answer: no user is logged in.
  const load = startLoad(port, '/recommendations', { connections: 10, think: 20 })
  await until('the clients to be busy', () => (load.result.statuses[401] ?? 0) >= 50)
  // Whether the command itself waits to the end is PM2's affair, and its patience ends on a busy machine.
  const { output } = await reload()
  await until(
    `both workers to be new\n${output}`,
    async () => {
      const now = await workers()
      return now.length === 2 && now.every((pid) => !before.includes(pid))
    },
    90_000
  )
  const { statuses, errors } = await load.stop()
  t.strictSame(Object.keys(statuses), ['401'], 'only the app answered')
  t.strictSame(errors, {}, `0 of ${statuses[401]} requests failed`)
})
