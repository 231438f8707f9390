import './parts.ts'
import { randomBytes } from 'node:crypto'
import cookie from '@fastify/cookie'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import fastifyJwt from '@fastify/jwt'
import fastifyRateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import { fromEnv, seaworthy, serverOptions, type SeaworthyOptions } from '../src/index.ts'

const jwt = { secret: 'kq3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJ' }

/** Builds an app with the preset, and keeps its log lines. */
async function build(
  t: Test,
  options: SeaworthyOptions = {},
  before: (app: FastifyInstance) => unknown = () => undefined,
  constructed: FastifyServerOptions = {}
) {
  const lines: Record<string, unknown>[] = []
  const base = serverOptions(options) as FastifyServerOptions
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const logger = typeof base.logger === 'object' ? { ...base.logger, stream } : { stream }
  const app = Fastify({
    ...base,
    logger,
    ...constructed
  } as FastifyServerOptions) as unknown as FastifyInstance
  t.teardown(() => app.close())
  await before(app)
  await app.register(seaworthy, options)
  return { app, lines }
}

const stateOf = (app: FastifyInstance, part: string) =>
  app.seaworthy.report().parts.find((entry) => entry.part === part)

t.test('without options every part is on, and the report has the reason', async (t) => {
  const { app, lines } = await build(t)
  app.get('/hello', async () => ({ hello: 'world' }))
  await app.ready()

  const { parts, missing } = app.seaworthy.report()
  t.strictSame(
    parts.filter(({ part }) => !part.includes('.')).map(({ part, state, reason }) => [part, state, reason]),
    ['observability', 'errors', 'shutdown', 'health', 'resilience', 'security', 'auth'].map((part) => [
      part,
      'on',
      'default'
    ])
  )
  t.strictSame(missing, [])
  t.equal(lines.filter(({ msg }) => String(msg).startsWith('seaworthy: on: ')).length, 1, 'one start line')

  const answer = await app.inject('/hello')
  t.equal(answer.statusCode, 200)
  t.match(answer.headers, { 'x-correlation-id': /./, 'x-content-type-options': 'nosniff' })
  t.equal((await app.inject('/health/live')).statusCode, 200)
  t.match((await app.inject('/metrics')).body, /^http_requests_total\{.*route="\/hello".*\} 1$/m)
  t.match((await app.inject('/nothing')).json(), { statusCode: 404, correlationId: /./ })
})

t.test('a part that is off leaves no header, route, decorator or metric behind', async (t) => {
  const off = {
    observability: false,
    errors: false,
    shutdown: false,
    health: false,
    resilience: false,
    security: false,
    auth: false
  }
  const { app } = await build(t, off)
  await app.ready()

  for (const name of [
    'observability',
    'shutdown',
    'health',
    'resilience',
    'security',
    'auth',
    'authenticate'
  ]) {
    t.notOk(app.hasDecorator(name), `no app.${name}`)
  }
  for (const url of ['/metrics', '/health/live']) t.equal((await app.inject(url)).statusCode, 404)
  t.notOk((await app.inject('/')).headers['x-content-type-options'])
})

for (const [name, options, plugin] of [
  ['security.cors', { origin: 'https://own.example' }, cors],
  ['security.headers', { xPoweredBy: false }, helmet]
] as const) {
  t.test(`backs off from ${name} where the app registered its own before`, async (t) => {
    const { app } = await build(t, {}, (app) => app.register(plugin as typeof cors, options as object))
    await app.ready()
    t.match(stateOf(app, name), { state: 'backed off', reason: /was registered before/ })
  })
}

t.test("an app's own CORS options win", async (t) => {
  const { app } = await build(t, {}, (app) => app.register(cors, { origin: 'https://own.example' }))
  app.get('/', async () => 'x')
  const { headers } = await app.inject({ url: '/', headers: { origin: 'https://own.example' } })
  t.equal(headers['access-control-allow-origin'], 'https://own.example')
})

t.test(
  'a helmet and a limiter that the app registers later replace ours, each with one warning',
  async (t) => {
    const { app, lines } = await build(t, { security: { rateLimit: { max: 2, timeWindow: '1 minute' } } })
    app.get('/early', async () => 'x')
    await app.register(helmet, { xFrameOptions: { action: 'deny' }, contentSecurityPolicy: false })
    await app.register(fastifyRateLimit, { max: 3, timeWindow: '1 minute' })
    await app.register(cors, { origin: 'https://own.example' })
    app.get('/', async () => 'x')
    app.get('/own', { config: { rateLimit: { max: 1, timeWindow: '1 minute' } } }, async () => 'x')
    await app.listen({ port: 0 })
    const url = app.listeningOrigin
    const statuses = async (path: string, count: number) => {
      const found = []
      // oxlint-disable-next-line no-await-in-loop -- a limit counts in order
      for (let i = 0; i < count; i++) found.push((await fetch(url + path)).status)
      return found
    }

    const { headers } = await fetch(url, { headers: { origin: 'https://own.example' } })
    t.equal(headers.get('x-frame-options'), 'DENY')
    t.notOk(headers.has('content-security-policy'), 'none of ours is left')
    t.notOk(headers.has('permissions-policy'))
    t.equal(headers.get('access-control-allow-origin'), 'https://own.example')
    t.strictSame(await statuses('/', 3), [200, 200, 429], "the app's limit is 3")
    t.strictSame(await statuses('/own', 2), [200, 429])
    t.strictSame(
      await statuses('/early', 3),
      [200, 200, 429],
      'a route that the later limiter does not cover keeps ours'
    )

    for (const [part, plugin] of [
      ['security.headers', '@fastify/helmet'],
      ['security.rateLimit', '@fastify/rate-limit']
    ] as const) {
      t.match(stateOf(app, part), { state: 'backed off', reason: `"${plugin}" was registered later` })
      const [, key] = part.split('.')
      const warned = lines.filter(({ level, msg }) => level === 40 && String(msg).includes(plugin))
      t.match(warned, [{ msg: `{ security: { ${key}: false } }` }])
    }
    t.match(
      lines.find(({ msg }) => String(msg).startsWith('seaworthy: on: ')),
      { msg: /backed off: .*helmet.*later/ }
    )
    t.match(stateOf(app, 'security.cors'), { state: 'off', reason: 'no options given' })
    t.same(await statuses('/nowhere', 4), [404, 404, 404, 404], 'unknown paths are theirs to limit')
  }
)

t.test('where headers have given way, the pages of tools have none of ours either', async (t) => {
  const { app } = await build(t, {})
  await app.register(helmet, { contentSecurityPolicy: false })
  await app.register(swagger)
  await app.register(swaggerUi, { routePrefix: '/docs' })
  app.get('/chosen', { config: { helmet: { xFrameOptions: { action: 'deny' } } } }, async () => 'x')
  const { headers } = await app.inject('/docs/json')
  t.notOk('permissions-policy' in headers || 'content-security-policy' in headers)
  t.equal((await app.inject('/chosen')).headers['x-frame-options'], 'DENY')
})

t.test('a limiter in a child scope is named, because both limits apply', async (t) => {
  const { app, lines } = await build(t, {})
  for (const prefix of ['/a', '/b'])
    await app.register(
      async (scope) => {
        await scope.register(fastifyRateLimit, { max: 1000 })
        scope.get('/', async () => 'x')
      },
      { prefix }
    )
  await app.ready()
  const warned = lines.filter(
    ({ level, msg }) => level === 40 && /a scope of the app registers/.test(String(msg))
  )
  t.equal(warned.length, 1)
  t.match(warned, [{ msg: '{ security: { rateLimit: false } }' }])
})

t.test('in a child scope both the plugin of the app and ours apply', async (t) => {
  const { app } = await build(t)
  await app.register(async (scope) => {
    await scope.register(helmet, { xFrameOptions: { action: 'sameorigin' } })
    scope.get('/page', async () => 'x')
  })
  app.get('/', async () => 'x')
  t.equal((await app.inject('/page')).headers['x-frame-options'], 'SAMEORIGIN')
  t.equal((await app.inject('/')).headers['x-content-type-options'], 'nosniff')
  t.equal(stateOf(app, 'security.headers'), undefined)
})

t.test('registering a plugin to which a part cannot give way is rejected with its name', async (t) => {
  const { app } = await build(t, {})
  t.throws(() => app.register(seaworthy), { message: /fastify-seaworthy/ })
})

for (const [how, plugin] of [
  ['later', cors],
  ['later imported', import('@fastify/cors')]
] as const)
  t.test(`to a ${how} @fastify/cors the cors of security gives way`, async (t) => {
    const { app } = await build(t, { security: { cors: { origin: 'https://a.example' } } })
    await app.register(plugin, { origin: ['https://b.example'] })
    for (const [origin, expected] of [
      ['https://a.example', undefined],
      ['https://b.example', 'https://b.example']
    ]) {
      const { headers } = await app.inject({ url: '/', headers: { origin } })
      t.equal(headers['access-control-allow-origin'], expected)
    }
    t.match(stateOf(app, 'security.cors'), { state: 'backed off', reason: /was registered later/ })
  })

t.test('plugins that the auth part registers are rejected only where it has registered them', async (t) => {
  const session = { key: randomBytes(32) }
  const { app } = await build(t, { auth: { jwt, session } })
  for (const [plugin, words] of [
    [fastifyJwt, /auth\.jwt/],
    [cookie, /"@fastify\/cookie".*register it before/]
  ] as const) {
    t.throws(() => void app.register(plugin as never), { message: words })
  }
  const { app: importing } = await build(t, { auth: { jwt, session } })
  await t.rejects(async () => importing.register(import('@fastify/jwt') as never), { message: /auth\.jwt/ })
  t.throws(() => app.decorate('authenticate', async () => undefined), {
    message: /"authenticate".*"auth".*\{ auth: false \}/
  })
  t.throws(() => app.decorateRequest('identity', null), { message: /"identity".*"auth"/ })
  t.throws(
    () => app.decorate('seaworthy', null as never),
    { code: 'FST_ERR_DEC_ALREADY_PRESENT' },
    'other conflicts keep their error'
  )

  const bare = await build(t, { auth: { apiKeys: { find: async () => undefined } } })
  await bare.app.register(cookie)
  await bare.app.register(fastifyJwt, { secret: jwt.secret })
  bare.app.get('/', async (request) => (await request.jwtVerify<{ sub: string }>()).sub)
  const token = bare.app.jwt.sign({ sub: 'ada' })
  const answer = await bare.app.inject({ url: '/', headers: { authorization: `Bearer ${token}` } })
  t.equal(answer.body, 'ada', "the app's own tokens work beside the part's other schemes")
  t.match(stateOf(bare.app, 'auth.jwt'), { state: 'off', reason: 'no options given' })
})

t.test('a part backs off from a decorator of the app, unless its options are set', async (t) => {
  const mine = { matrix: () => 'mine' }
  const { app } = await build(t, {}, (app) => app.decorate('auth', mine as never))
  await app.ready()
  t.equal(app.auth, mine)
  t.match(stateOf(app, 'auth'), { state: 'backed off', reason: /decorator "auth"/ })

  await t.rejects(
    build(t, { auth: { jwt } }, (app) => app.decorate('auth', mine as never)),
    { message: /decorator "auth".*Remove it, or pass \{ auth: false \}/ }
  )
})

t.test('the switch in the error works', async (t) => {
  const { app } = await build(t, { security: { cors: false } })
  await app.register(cors, { origin: 'https://own.example' })
  await app.ready()
  t.match(stateOf(app, 'security.cors'), { state: 'off', reason: 'switched off' })
})

t.test("an app's error handler, 404 handler and probes are respected", async (t) => {
  const { app } = await build(t, {}, (app) => {
    app.setErrorHandler((_error, _request, reply) => reply.code(418).send('mine'))
    app.setNotFoundHandler((_request, reply) => reply.code(404).send('not found in the app'))
    app.get('/health/live', async () => 'alive by the app')
    app.get('/metrics', async () => 'metrics of the app')
  })
  app.get('/fail', async () => {
    throw new Error('x')
  })
  await app.ready()
  t.equal((await app.inject('/fail')).body, 'mine')
  t.equal((await app.inject('/unknown')).body, 'not found in the app')
  t.equal((await app.inject('/health/live')).body, 'alive by the app')
  t.equal((await app.inject('/metrics')).body, 'metrics of the app')
  t.equal((await app.inject('/health/ready')).statusCode, 200)
})

t.test('two apps in one process have separate metrics and close separately', async (t) => {
  const [one, two] = [await build(t), await build(t)]
  for (const { app } of [one, two]) app.get('/', async () => 'x')
  await one.app.inject('/')
  t.match(
    (await one.app.inject('/metrics')).body,
    /http_requests_total\{[^}]*route="\/"[^}]*status_code="200"[^}]*\} 1/
  )
  t.notMatch(
    (await two.app.inject('/metrics')).body,
    /http_requests_total\{[^}]*route="\/"[^}]*status_code="200"[^}]*\} [1-9]/
  )
  await one.app.close()
  t.equal((await two.app.inject('/')).statusCode, 200)
})

t.test('an app without serverOptions works, and the report lists the missing options', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(seaworthy)
  app.get('/', async () => 'x')
  t.equal((await app.inject('/')).statusCode, 200)
  const { missing } = app.seaworthy.report()
  t.ok(missing.length > 0)
  t.match(missing.join(' '), /serverOptions/)
})

t.test('tokens are issued and checked, and errors of roles have the same shape', async (t) => {
  const { app } = await build(t, { auth: { jwt } })
  app.get('/me', { onRequest: [app.authenticate] }, async (request) => request.user)
  app.delete('/users/:id', { onRequest: [app.authorize('admin')] }, async () => 'gone')
  const { accessToken } = await app.auth.issueTokens({ sub: '7', roles: ['user'] })
  const headers = { authorization: `Bearer ${accessToken}` }
  t.match((await app.inject({ url: '/me', headers })).json(), { sub: '7' })
  const refused = await app.inject({ method: 'DELETE', url: '/users/1', headers })
  t.match(refused.json(), { statusCode: 403, error: 'Forbidden', correlationId: /./ })
  t.match((await app.inject('/me')).headers, { 'www-authenticate': /Bearer/ })
})

for (const [options, message] of [
  [{ helth: true }, 'seaworthy: "helth" is not an option, did you mean "health"?'],
  [{ health: 'yes' }, 'seaworthy: "health" must be false, true or an object of options, got a string'],
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

t.test(
  'the page of operators shows parts and configuration, without secrets, and only to operators',
  async (t) => {
    const { app } = await build(t, {
      auth: { jwt: { ...jwt, issuer: 'https://issuer.example', audience: 'api' } },
      security: { cors: { origin: ['https://app.example'], credentials: true }, headers: false },
      observability: { management: { port: 0, token: 'an-operators-token-of-32-characters' } }
    })
    await app.ready()
    const { management } = app.observability
    const authorization = 'Bearer an-operators-token-of-32-characters'
    const seen = await management!.inject({ url: '/status', headers: { authorization } })
    const { parts, configuration } = seen.json<{ parts: object; configuration: object }>()

    t.strictSame(parts, app.seaworthy.report())
    t.match(configuration, {
      auth: { jwt: { secret: '[redacted]', issuer: 'https://issuer.example', audience: 'api' } },
      security: { cors: { origin: ['https://app.example'], credentials: true }, headers: false },
      observability: { management: { token: '[redacted]' } }
    })
    const page = await management!.inject({ url: '/', headers: { authorization } })
    for (const text of [jwt.secret, 'an-operators-token']) {
      t.notOk(seen.body.includes(text) || page.body.includes(text), `${text} is not shown`)
    }
    t.equal((await management!.inject('/')).statusCode, 401, 'without the token nothing is shown')
    for (const url of ['/', '/status'])
      t.equal((await app.inject(url)).statusCode, 404, 'the public port has no page')
  }
)

/** With NODE_ENV=production for the time of the test. */
const inProduction = (t: Test) => inEnvironment(t, 'production')

function inEnvironment(t: Test, name: string) {
  const { NODE_ENV } = process.env
  process.env.NODE_ENV = name
  t.teardown(() => {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = NODE_ENV
  })
}

for (const [options, isPublic] of [
  [{}, true],
  [{ observability: { metrics: { path: '/m' } } }, true],
  [{ observability: { metrics: { allow: ['10.0.0.0/8'] } } }, false],
  [{ observability: { metrics: { token: 'q'.repeat(20) } } }, false],
  [{ observability: { metrics: false } }, false],
  [{ observability: { management: { port: 0 } } }, false],
  [{ observability: false }, false]
] as [SeaworthyOptions, boolean][]) {
  t.test(`metrics are ${isPublic ? '' : 'not '}called public with ${JSON.stringify(options)}`, async (t) => {
    inProduction(t)
    const { app, lines } = await build(t, options)
    await app.ready()
    const warned = lines.filter(({ level, msg }) => level === 40 && /METRICS_TOKEN/.test(String(msg)))
    t.equal(warned.length, isPublic ? 1 : 0)
  })
}

for (const [name, isPublic] of [
  ['staging', true],
  ['Production ', true],
  ['test', false],
  ['development', false],
  ['', false]
] as const) {
  t.test(`with NODE_ENV=${name} metrics are ${isPublic ? '' : 'not '}called public`, async (t) => {
    inEnvironment(t, name)
    const { app, lines } = await build(t, {})
    await app.ready()
    t.equal(lines.filter(({ msg }) => /METRICS_TOKEN/.test(String(msg))).length, isPublic ? 1 : 0)
  })
}

t.test('without a logger the missing constructor options are a warning of the process', async (t) => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => void warnings.push(warning)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(seaworthy)
  await app.ready()
  const complete = Fastify({ ...serverOptions(), logger: false } as FastifyServerOptions)
  t.teardown(() => complete.close())
  await complete.register(seaworthy)
  await complete.ready()
  await new Promise((resolve) => setImmediate(resolve))
  const ours = warnings.filter(({ name }) => name === 'SeaworthyWarning')
  t.match(ours, [{ code: 'SEAWORTHY_SERVER_OPTIONS', message: /Fastify\(serverOptions\(\)\)/ }])
})

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

t.test('options of fastify-cli and of register reach the preset and its parts without harm', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const passed = { skipOverride: true, prefix: '/api', logLevel: 'warn' } as SeaworthyOptions
  await app.register(seaworthy, passed)
  await app.ready()
  t.ok(app.hasDecorator('seaworthy'))
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
  [{ security: { max: 5 } }, 'security.rateLimit.max'],
  [{ security: { contentSecurityPolicy: false } }, 'security.headers.contentSecurityPolicy'],
  [{ auth: { secret: 'x' } }, 'auth.jwt.secret'],
  [{ observability: { slowThreshold: 5 } }, 'observability.logging.slowThreshold']
] as const) {
  t.test(`an option at the wrong level names its place: ${place}`, async (t) => {
    t.throws(() => serverOptions(options as never), { code: 'INVALID_OPTION', message: `write "${place}"` })
  })
}

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
    const lines: Record<string, unknown>[] = []
    const stream = { write: (line: string) => void lines.push(JSON.parse(line)) }
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
    const lines: Record<string, unknown>[] = []
    const stream = { write: (line: string) => void lines.push(JSON.parse(line)) }
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
