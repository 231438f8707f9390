// Registrations that are wrong, in another place, or without options of the constructor.
import './parts.ts'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import t from 'tap'
import { fromEnv, seaworthy, serverOptions, type SeaworthyOptions } from '../src/index.ts'
import { build, keptLines } from './preset-app.ts'

for (const [options, message] of [
  [{ helth: true }, 'seaworthy: "helth" is not an option, did you mean "health"?'],
  [{ health: 'yes' }, 'seaworthy: "health" must be false, true or an object of options, got a string'],
  [{ health: [] }, 'seaworthy: "health" must be false, true or an object of options, got an array'],
  [{ redis: { host: '' } }, 'seaworthy: "redis.host" must be a non-empty string, got \'\'']
] as const) {
  t.test(`rejects ${JSON.stringify(options)}`, async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    await t.rejects(async () => app.register(seaworthy, options as never), {
      code: 'INVALID_OPTION',
      message
    })
  })
}

t.test('a call with the options, in place of a registration, says how to register it', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close().catch(() => undefined))
  const called = seaworthy as unknown as (options: SeaworthyOptions) => Promise<never>
  app.register(called({ auth: false }))
  await t.rejects(Promise.resolve(app.ready()), {
    code: 'INVALID_OPTION',
    message: /app\.register\(seaworthy, options\)/
  })
})

t.test('a second registration without await is named', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close().catch(() => undefined))
  app.register(seaworthy)
  app.register(seaworthy)
  await t.rejects(Promise.resolve(app.ready()), { message: /^seaworthy: it is registered already/ })
})

t.test('SEAWORTHY_OFF opens no route that has a guard', async (t) => {
  const config = fromEnv({ SEAWORTHY_OFF: 'security.cors, auth', LOG_LEVEL: 'silent' })
  const start = async (options: SeaworthyOptions, route: object) => {
    const app = Fastify(serverOptions(config)) as unknown as FastifyInstance
    t.teardown(() => app.close().catch(() => undefined))
    await app.register(seaworthy, options)
    app.get('/admin', route, async () => 'secret')
    app.get('/open', { config: { auth: false } }, async () => 'open')
    await app.ready()
  }
  for (const route of [
    { config: { auth: { roles: ['admin'] } } },
    { onRequest: (config as { authenticate?: never }).authenticate }
  ])
    await t.rejects(start(config, route), {
      code: 'INVALID_OPTION',
      message: /SEAWORTHY_OFF switches off "auth".* GET \/admin, which/
    })
  await start(config, {})
  const { env: _env, ...inCode } = config
  await start(inCode, { config: { auth: { roles: ['admin'] } } })
})

t.test('a secret in the place of options is not repeated', async (t) => {
  const secret = 'redis://:hunter2hunter2@cache'
  for (const key of ['redis', 'auth', 'security', 'errors'] as const) {
    const app = Fastify()
    const error = await app.register(seaworthy, { [key]: secret } as object).then(
      () => undefined,
      (cause: Error) => cause
    )
    t.match(error?.message, new RegExp(`"${key}" must be .*, got a string$`))
    await app.close()
  }
})

for (const [options, place] of [
  [{ rateLimit: { max: 5 } }, 'security.rateLimit'],
  [{ cors: { origin: 'https://a.example' } }, 'security.cors'],
  [{ jwt: { secret: 'x' } }, 'auth.jwt'],
  [{ helmet: {} }, 'security.headers'],
  [{ security: { csp: false } }, 'security.headers.contentSecurityPolicy'],
  [{ security: { max: 5 } }, 'security.rateLimit.max'],
  [{ security: { contentSecurityPolicy: false } }, 'security.headers.contentSecurityPolicy'],
  [{ auth: { secret: 'x' } }, 'auth.jwt.secret'],
  [{ observability: { slowThreshold: 5 } }, 'observability.logging.slowThreshold']
] as const) {
  t.test(`an option at the wrong level names its place: ${place}`, async (t) => {
    t.throws(() => serverOptions(options as never), { code: 'INVALID_OPTION', message: `write "${place}"` })
  })
}

t.test('a misspelt option at the wrong level names its place too', async (t) => {
  for (const [name, place] of [
    ['rateLimt', 'security.rateLimit'],
    ['corss', 'security.cors'],
    ['slowTreshold', 'observability.logging.slowThreshold']
  ] as const) {
    const message = `seaworthy: "${name}" is not an option, did you mean "${place}"?`
    t.throws(() => serverOptions({ [name]: {} } as never), { code: 'INVALID_OPTION', message })
  }
  const near = 'seaworthy: "healt" is not an option, did you mean "health"?'
  t.throws(() => serverOptions({ healt: {} } as never), { message: near }, 'a part is nearer')
})

t.test(
  'options of the constructor that only register has are an error, and so is a forgotten TRUST_PROXY',
  async (t) => {
    for (const security of [{ bodyLimit: 5 }, { trustProxy: ['10.0.0.0/8'] }, { requestTimeout: 5000 }]) {
      const app = Fastify()
      t.teardown(() => app.close())
      const [name] = Object.keys(security)
      await t.rejects(async () => app.register(seaworthy, { security }), {
        code: 'INVALID_OPTION',
        message: new RegExp(`"security\\.${name}".*Fastify\\(serverOptions\\(options\\)\\)`)
      })
      const { app: right } = await build(t, { security })
      await right.ready()
    }
  }
)

t.test(
  'times that look like seconds, and a platform whose proxies are not trusted, are questioned',
  async (t) => {
    process.env.FLY_APP_NAME = 'orders'
    t.teardown(() => delete process.env.FLY_APP_NAME)
    const { app, lines } = await build(t, { shutdown: { timeout: 30 } })
    await app.ready()
    const warned = lines.filter(({ level }) => level === 40).map(({ msg }) => msg)
    t.equal(warned.length, 2)
    t.ok(warned.some((msg) => /"shutdown\.timeout" is 30 milliseconds; .* write 30000/.test(String(msg))))
    t.ok(warned.some((msg) => /Fly\.io has a proxy .*TRUST_PROXY/.test(String(msg))))

    const trusting = await build(t, { security: { trustProxy: ['10.0.0.0/8'] } })
    await trusting.app.ready()
    t.strictSame(
      trusting.lines.filter(({ msg }) => String(msg).includes('TRUST_PROXY')),
      []
    )
  }
)

const inScope = (options: SeaworthyOptions) => async (scope: FastifyInstance) => {
  await scope.register(seaworthy, options)
  scope.get('/inside', async () => 'inside')
}

for (const [when, before, after] of [
  ['before', true, false],
  ['after', false, true]
] as const) {
  t.test(`in a scope of the app, a route that was added outside ${when} it stops the start`, async (t) => {
    const app = Fastify(serverOptions({ observability: { logger: false } })) as unknown as FastifyInstance
    t.teardown(() => app.close())
    const add = () =>
      app.get('/admin/:id', { config: { auth: { roles: ['admin'] } } }, async () => 'nothing guards it')
    if (before) add()
    await app.register(inScope({}))
    if (after) add()
    await t.rejects(Promise.resolve(app.ready()), {
      code: 'INVALID_OPTION',
      message: /routes outside \(GET \/admin\/:id\) have no .*guards.*\{ encapsulate: true \}/
    })
  })
}

t.test(
  'in a scope of the app that has all routes, as fastify-cli makes it, it starts in silence',
  async (t) => {
    const { lines, stream } = keptLines()
    const app = Fastify({ ...(serverOptions() as FastifyServerOptions), logger: { stream } })
    t.teardown(() => app.close())
    app.register(inScope({ security: { cors: { origin: ['https://a.example'] } } }))
    await app.ready()
    t.strictSame(
      lines.filter(({ level }) => Number(level) >= 40),
      []
    )
    t.equal((await app.inject('/health/live')).statusCode, 200)
  }
)

t.test('routes outside of its scope are allowed where that is intended, and named in adoption', async (t) => {
  for (const [options, warned] of [
    [{ encapsulate: true }, 0],
    [{ adopt: true }, 1]
  ] as const) {
    const { lines, stream } = keptLines()
    const app = Fastify({ ...(serverOptions() as FastifyServerOptions), logger: { stream } })
    t.teardown(() => app.close())
    app.register(inScope(options))
    app.get('/outside', async () => 'outside')
    await app.ready()
    t.equal(lines.filter(({ msg }) => /routes outside/.test(String(msg))).length, warned)
    const headers = async (url: string) => (await app.inject(url)).headers
    t.ok((await headers('/inside'))['x-content-type-options'])
    t.notOk((await headers('/outside'))['x-content-type-options'])
  }
})
