// Parts that give way to plugins, decorators, handlers and routes of the app.
import './parts.ts'
import { randomBytes } from 'node:crypto'
import cookie from '@fastify/cookie'
import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import fastifyJwt from '@fastify/jwt'
import fastifyRateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import fp from 'fastify-plugin'
import t from 'tap'
import { seaworthy, type SeaworthyOptions } from '../src/index.ts'
import { build, jwt, stateOf } from './preset-app.ts'

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

const caching = fp(
  async (app) => {
    app.addHook('onSend', async (_request, reply) => {
      if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'public, max-age=60')
    })
  },
  { name: '@fastify/caching' }
)

t.test('Cache-Control is left to a caching plugin of the app, or it is said that it is not', async (t) => {
  const name = 'security.headers.cacheControl'
  const { app } = await build(t, {}, (app) => app.register(caching))
  app.get('/', async () => 'x')
  t.equal((await app.inject('/')).headers['cache-control'], 'public, max-age=60')
  t.match(stateOf(app, name), { state: 'backed off', reason: '"@fastify/caching" was registered before' })

  const warnings = async (options: SeaworthyOptions) => {
    const { app, lines } = await build(t, options)
    await app.register(caching)
    await app.ready()
    return lines.filter(({ msg }) => String(msg).includes('@fastify/caching')).length
  }
  t.equal(await warnings({}), 1)
  t.equal(await warnings({ security: { headers: { cacheControl: false } } }), 0)
  t.equal(await warnings({ security: false }), 0)
})

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
