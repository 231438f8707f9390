import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { shutdown, shutdownServerOptions, type ShutdownOptions } from '../src/index.ts'

async function registered(t: Test, options: object) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(shutdown, { exit: false, ...options } as ShutdownOptions)
  return app
}

t.test('refuses an unknown option, and suggests a similar one', async (t) => {
  await t.rejects(registered(t, { timout: 1 }), {
    code: 'INVALID_OPTION',
    message: 'shutdown: "timout" is not an option, did you mean "timeout"?'
  })
})

for (const [options, message] of [
  [{ timeout: -1 }, /"timeout" must be a whole number of milliseconds from 0 to 3600000, got -1/],
  [{ resourceTimeout: 0 }, /"resourceTimeout" must be/],
  [{ closeTimeout: 1.5 }, /"closeTimeout" must be/],
  [{ flushTimeout: '1' }, /"flushTimeout" must be .*got '1'/],
  [{ streamGrace: NaN }, /"streamGrace" must be .*got NaN/],
  [{ gracePeriod: 0 }, /"gracePeriod" must be/],
  [{ drainDelay: -1 }, /"drainDelay" must be/],
  [{ drainDelay: '2s' }, /"drainDelay" must be a number of milliseconds or \{ min, max \}, got '2s'/],
  [{ drainDelay: { min: 10, max: 5 } }, /"drainDelay.max" must be at least "drainDelay.min" \(10\), got 5/],
  [{ drainDelay: { mni: 10 } }, /"drainDelay.mni" is not an option, did you mean "min"/],
  [{ signals: ['SIGKILL'] }, /"signals" must be a list of signals that can be caught/],
  [{ fatal: { timeout: -1 } }, /"fatal.timeout" must be/],
  [{ exit: true }, /"exit" must be a function/],
  [{ pm2: 'yes' }, /"pm2" must be true or false/],
  [{ systemd: 1 }, /"systemd" must be true or false/]
] as const) {
  t.test(`refuses ${JSON.stringify(options)}`, async (t) => {
    await t.rejects(registered(t, options), { name: 'RangeError', code: 'INVALID_OPTION', message })
  })
}

t.test('an option that is undefined has its default', async (t) => {
  const app = await registered(t, { timeout: undefined, drainDelay: undefined, signals: undefined })
  t.equal(app.shutdown.state, 'running')
})

t.test('the budget is the sum of all limits, with the timeouts of resources', async (t) => {
  const app = await registered(t, {
    drainDelay: { min: 100, max: 1000 },
    timeout: 2000,
    closeTimeout: 3000,
    flushTimeout: 500
  })
  t.equal(app.shutdown.budget, 6500)
  app.shutdown.onShutdown('slow', () => undefined, { timeout: 4000 })
  t.equal(app.shutdown.budget, 10_500)
})

/** Runs `fn` with these variables alone, of those that tell of a platform. */
async function withEnvironment(t: Test, variables: Record<string, string>, argv: string[] = []) {
  const { env, argv: realArgv } = process
  t.teardown(() => Object.assign(process, { env, argv: realArgv }))
  const inherited = Object.entries(env).filter(
    ([name]) => !/^(?:NODE_ENV|INVOCATION_ID|NOTIFY_SOCKET|.*_SERVICE_HOST)$/.test(name)
  )
  Object.assign(process, { env: { ...Object.fromEntries(inherited), NODE_ENV: 'production', ...variables } })
  if (argv.length > 0) process.argv = [process.execPath, ...argv]
}

const cli = '/app/node_modules/.bin/fastify'
for (const [what, variables, grace, argv] of [
  ['docker stop, where nothing tells of a platform', {}, 10_000, []],
  ['Kubernetes', { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, 30_000, []],
  [
    'the set one before that',
    { KUBERNETES_SERVICE_HOST: 'x', TERMINATION_GRACE_PERIOD_SECONDS: '12' },
    12_000,
    []
  ],
  ['PM2', { pm_id: '0' }, 1600, []],
  ["PM2's kill_timeout", { pm_id: '0', kill_timeout: '4000' }, 4000, []],
  ['Fly', { FLY_APP_NAME: 'a' }, 5000, []],
  ['fastify start', {}, 500, [cli, 'start', 'app.js']],
  ['fastify start with a delay', {}, 8000, [cli, 'start', '--close-grace-delay', '8000', 'app.js']],
  [
    'fastify start with a delay in the environment',
    { FASTIFY_CLOSE_GRACE_DELAY: '6000' },
    6000,
    [cli, 'start']
  ]
] as const) {
  t.test(`the defaults fit into the grace period of ${what}`, async (t) => {
    await withEnvironment(t, variables, [...argv])
    const { shutdown } = await registered(t, {})
    t.ok(shutdown.budget < grace && shutdown.budget > grace * 0.75, `${shutdown.budget} of ${grace}`)
    const set = await registered(t, { timeout: grace / 2 })
    t.ok(set.shutdown.budget < grace && set.shutdown.budget > grace / 2, 'with an option too')
    const unfit = await registered(t, { timeout: 60_000 })
    t.ok(unfit.shutdown.budget > 60_000, 'an option is never shortened')
  })
}

t.test(
  'systemd is notified of the time that it takes, and a developer waits: no default is shortened',
  async (t) => {
    await withEnvironment(t, { NOTIFY_SOCKET: '/nowhere' })
    t.equal((await registered(t, {})).shutdown.budget, 32_000)
    t.not((await registered(t, { systemd: false })).shutdown.budget, 32_000)
    await withEnvironment(t, { NODE_ENV: 'development' })
    t.equal((await registered(t, {})).shutdown.budget, 17_000)
  }
)

t.test('under PM2 in fork mode there is no balancer to wait for', async (t) => {
  await withEnvironment(t, { pm_id: '0', kill_timeout: '60000' })
  t.equal((await registered(t, {})).shutdown.budget, 17_000)
})

t.test('a minimum of the delay above the default maximum raises it', async (t) => {
  await withEnvironment(t, {})
  const { shutdown } = await registered(t, { drainDelay: 6000 })
  t.ok(shutdown.budget > 6000 && shutdown.budget < 10_000, `${shutdown.budget}`)
})

t.test('two apps in a process shut down separately, and begin() resolves with one exit code', async (t) => {
  const codes: number[] = []
  const exit = (code: number) => void codes.push(code)
  const [one, two] = await Promise.all([
    registered(t, { exit, drainDelay: 0 }),
    registered(t, { exit, drainDelay: 0 })
  ])
  await Promise.all([one, two].map((app) => app.listen({ port: 0, host: '127.0.0.1' })))
  const first = one.shutdown.begin('test')
  t.equal(first, one.shutdown.begin('again'))
  t.equal(await first, 0)
  t.equal(two.shutdown.state, 'running')
  t.strictSame(codes, [], 'the process continues for the other one')
  t.equal(await two.shutdown.begin('test'), 0)
  t.strictSame(codes, [0])
})

t.test('a signal of one app is the first one for another app, whose signal comes later', async (t) => {
  const codes: number[] = []
  const exit = (code: number) => void codes.push(code)
  const [one, two] = await Promise.all([
    registered(t, { exit, drainDelay: 0, signals: ['SIGHUP'] }),
    registered(t, { exit, drainDelay: 0, signals: ['SIGUSR2'] })
  ])
  await Promise.all([one, two].map((app) => app.listen({ port: 0, host: '127.0.0.1' })))
  process.emit('SIGHUP', 'SIGHUP')
  t.equal(two.shutdown.state, 'running')
  process.emit('SIGUSR2', 'SIGUSR2')
  t.not(two.shutdown.state, 'running')
  t.strictSame(await Promise.all([one.shutdown.begin('test'), two.shutdown.begin('test')]), [0, 0])
  t.strictSame(codes, [0])
})

/** The warnings that an app logs when it starts to listen. */
async function warnings(t: Test, serverOptions: object, version?: string): Promise<string[]> {
  const lines: { level: number; msg: string }[] = []
  const stream = {
    write: (text: string) => void lines.push(JSON.parse(text) as { level: number; msg: string })
  }
  const app = Fastify({ ...serverOptions, logger: { stream } })
  t.teardown(() => app.close())
  if (version) Object.defineProperty(app, 'version', { value: version })
  await app.register(shutdown, { exit: false })
  await app.listen({ port: 0, host: '127.0.0.1' })
  return lines.flatMap(({ level, msg }) => (level >= 40 ? msg : []))
}

t.test('a listener of signal-exit 3 is none that ends the process', async (t) => {
  const emitter = { count: 1 }
  const listener = () => {
    const listeners = process.listeners('SIGTERM')
    if (listeners.length === emitter.count) process.exit(1)
  }
  process.on('SIGTERM', listener)
  t.teardown(() => process.off('SIGTERM', listener))
  t.notMatch((await warnings(t, shutdownServerOptions())).join(), /another listener/)
})

t.test('the start warns when the constructor lacks shutdownServerOptions', async (t) => {
  t.match(await warnings(t, {}), [/app\.close\(\) will answer 503.*shutdownServerOptions/])
  t.strictSame(await warnings(t, shutdownServerOptions()), [])
})

for (const version of ['4.29.1', '5.8.5', '5.9.0', '5.10.3']) {
  t.test(`Fastify ${version} is refused with a readable error`, async (t) => {
    await t.rejects(warnings(t, shutdownServerOptions(), version), {
      message: `fastify-plugin: @seaworthy/shutdown - expected '^5.11.0' fastify version, '${version}' is installed`
    })
  })
}

t.test('server options contain only what they set, and fit http2, https and logger', async (t) => {
  t.same(shutdownServerOptions(), { return503OnClosing: false })
  const apps = [
    Fastify({ ...shutdownServerOptions(), http2: true }),
    Fastify({ ...shutdownServerOptions(), https: {} }),
    Fastify({ ...shutdownServerOptions(), logger: false })
  ] as unknown as FastifyInstance[]
  for (const app of apps) {
    await app.register(shutdown, { exit: false, logLevel: 'warn' })
    await app.ready()
    await app.close()
  }
})
