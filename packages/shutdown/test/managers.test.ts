// Real programs that end the process by themselves: `fastify start`, Nest's shutdown hooks, and PM2 in fork mode.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { freePort, rawSocket, start, temporaryFolder, until } from '@seaworthy/testing'
import t, { type Test } from 'tap'
import { acceptedIn, lostOf } from './support/accepted.ts'
import { startClients } from './support/clients.ts'
import { rollingRestart } from './support/rolling-restart.ts'
import { launch, line, script } from './support/service.ts'

const require = createRequire(import.meta.url)
const fastifyCli = join(require.resolve('fastify-cli/package.json'), '../cli.js')
const plugin = join(import.meta.dirname, 'fixtures/as-plugin.ts')
const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`

/** The command that runs the plugin with `fastify start`. */
const fastifyStart =
  (port: number, ...args: string[]) =>
  (command: readonly string[]) => [
    ...command.slice(0, -1),
    fastifyCli,
    'start',
    '--port',
    `${port}`,
    '--options',
    ...args,
    plugin
  ]

const longGrace = (port: number) => fastifyStart(port, '--close-grace-delay', '30000')

t.test('fastify start with --close-grace-delay 30000 loses no request', async (t) => {
  const old = await rollingRestart(t, (route) => startClients(route, { connections: 20 }), 300, {
    options: { gracePeriod: 60_000 },
    boot: async (options, env) => launch(t, longGrace(await freePort()), options, env)
  })
  t.match(line(old, /shutdown: draining/), { reason: 'SIGTERM' })
  t.strictSame(
    old.logs().filter(({ level }) => Number(level) >= 40),
    []
  )
})

t.test(
  'fastify start without it warns at the start, and answers what takes less than its delay',
  async (t) => {
    const old = await launch(t, fastifyStart(await freePort()), {})
    await old.waitFor(/fastify start ends the process 500 ms after SIGTERM.*add --close-grace-delay/)
    const client = await rawSocket(t, old.port, get('/slow?ms=100'))
    await old.waitFor(/slow begins/)
    old.kill()
    t.equal((await old.exit).code, 0)
    t.match(client.received(), /200 OK[^]*"pid"/)
  }
)

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`${signal} that arrives twice at once is one signal for fastify start too`, async (t) => {
    const old = await launch(t, longGrace(await freePort()), { drainDelay: 0 })
    const client = await rawSocket(t, old.port, get('/slow?ms=900'))
    await old.waitFor(/slow begins/)
    old.kill(signal)
    await old.waitFor(/shutdown: draining/)
    old.kill(signal)
    t.equal((await old.exit).code, 0)
    t.match(client.received(), /200 OK[^]*"pid"/)
  })
}

t.test('what is cut makes the exit code 1 under fastify start too', async (t) => {
  const old = await launch(t, longGrace(await freePort()), { drainDelay: 0, timeout: 200 })
  await rawSocket(t, old.port, get('/slow?ms=60000'))
  await old.waitFor(/slow begins/)
  old.kill()
  t.equal((await old.exit).code, 1)
  t.match(line(old, /1 request, .* were cut/), { level: 40 })
})

for (const HOOKS of ['', 'yes']) {
  const what = HOOKS ? 'shutdown hooks, which the start names,' : 'onShutdown'
  t.test(`Nest with ${what} loses no request`, async (t) => {
    const nest = join(import.meta.dirname, 'fixtures/nest.mjs')
    const old = await rollingRestart(t, (route) => startClients(route, { connections: 20 }), 300, {
      env: { HOOKS },
      // Nest sends itself the signal again, to end as the system expects.
      isExitCodeOurs: !HOOKS,
      boot: (options, env) => launch(t, (command) => command, options, env, nest)
    })
    const named = line(old, /enableShutdownHooks of Nest destroys its modules while requests are served/)
    if (HOOKS) t.match(named, { level: 40 })
    else t.notOk(named)
    t.match(old.output(), /Nest destroys its modules/)
    const afterDrain = old.output().split('Nest destroys its modules')[1] ?? ''
    t.equal(/incoming request/.test(afterDrain), Boolean(HOOKS), 'whether requests come after that')
    t.notOk(line(old, /were cut/))
  })
}

/** A PM2 of the test's own, and the log of its services. */
function pm2(t: Test, variables: Record<string, string>) {
  const home = temporaryFolder(t, 'pm2')
  const inherited = Object.entries(process.env).filter(([name]) => !/^_?TAP/.test(name))
  const env: NodeJS.ProcessEnv = {
    ...Object.fromEntries(inherited),
    ...variables,
    PM2_HOME: home,
    HOME: home,
    NODE_OPTIONS: '--conditions=@seaworthy/source --disable-warning=ExperimentalWarning',
    _TAPJS_PROCESSINFO_EXCLUDE_: '/./'
  }
  const command = join(require.resolve('pm2/package.json'), '../bin/pm2')
  t.teardown(() => spawnSync(process.execPath, [command, 'kill'], { env, timeout: 60_000 }))
  const manage = async (...args: string[]) => {
    const running = start(t, process.execPath, [command, ...args], { env, cwd: home })
    const { code } = await running.exit
    if (code !== 0) throw new Error(running.output())
    return running.output()
  }
  const logs = join(home, 'logs')
  const files = () => readdirSync(logs).filter((name) => /-out\b/.test(name))
  const log = () =>
    files()
      .map((name) => readFileSync(join(logs, name), 'utf8'))
      .join('')
  return { manage, log }
}

t.test(
  'PM2 in fork mode restarts within its kill_timeout, and every accepted request is answered',
  async (t) => {
    const port = await freePort()
    const { manage, log } = pm2(t, { PORT: String(port), NODE_ENV: 'production', LOG_ACCEPTED: 'yes' })
    // Its default of 1600 ms is too short for a machine that is busy with other tests.
    const options = ['--name', 'app', '--interpreter', process.execPath, '--kill-timeout', '30000']
    await manage('start', script, ...options)
    const answers = () =>
      fetch(`http://127.0.0.1:${port}/`).then(
        ({ ok }) => ok,
        () => false
      )
    await until('the service', answers, 60_000)
    const clients = startClients({ port }, { connections: 10 })
    const slow = startClients({ port }, { connections: 10, path: '/slow?ms=800' })
    await until('the clients to be busy', () => clients.count.ok > 100 && slow.count.ok > 10, 60_000)
    await manage('restart', 'app')
    const before = clients.count.ok
    await until('the new process', () => clients.count.ok > before + 100, 60_000)
    const counts = [await clients.stop(), await slow.stop()]
    const answered = counts.reduce((sum, { ok }) => sum + ok, 0)
    await until('the whole log', () => acceptedIn(log()).size >= answered, 60_000)
    t.match(log(), /"msg":"shutdown: done"/)
    // Until the new process listens, there is none: connections are refused, and those not accepted yet are reset.
    const accepted = acceptedIn(log())
    t.strictSame(lostOf([...clients.failures, ...slow.failures], accepted), [])
    const others = counts.flatMap(({ failed }) => Object.keys(failed))
    t.notOk(
      others.some((result) => /^\d+$/.test(result)),
      'no request had another status than 200'
    )
    const logs = await manage('logs', '--nostream', '--lines', '200')
    t.match(logs, /exited with code \[0\]/)
    t.notMatch(logs, /SIGKILL/)
  }
)
