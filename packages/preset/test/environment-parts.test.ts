// The options of the parts that come from variables of the environment.
import './parts.ts'
import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { Secret } from '@seaworthy/internal'
import type { ManagementOptions } from '@seaworthy/observability'
import { fromEnv, seaworthy, serverOptions } from '../src/index.ts'
import { problemsOf, secret } from './environment.ts'

t.test('Redis is configured by its URL or by its parts, and not by both', async (t) => {
  const redisOf = (env: NodeJS.ProcessEnv) => fromEnv(env).redis as object
  t.strictSame(redisOf({ REDIS_URL: 'redis://cache' }), { host: 'cache', port: 6379, db: 0, tls: false })
  t.strictSame(redisOf({ REDIS_URL: 'rediss://ada:p%40ss@cache.example:6380/2' }), {
    host: 'cache.example',
    port: 6380,
    db: 2,
    tls: true,
    username: 'ada',
    password: new Secret('p@ss')
  })
  t.match(redisOf({ REDIS_URL: 'redis://[::1]:7000' }), { host: '::1', port: 7000 })
  t.match(redisOf({ REDIS_HOST: 'cache', REDIS_PORT: '7000' }), { host: 'cache', port: 7000 })

  for (const env of [
    { REDIS_URL: 'http://secret-host' },
    { REDIS_URL: 'redis://' },
    { REDIS_URL: 'redis://secret-host/first' },
    { REDIS_URL: 'redis://secret-host:99999' },
    { REDIS_URL: 'redis://ada:%zz@secret-host' },
    { REDIS_URL: 'redis://secret-host', REDIS_HOST: 'other' }
  ]) {
    const error = t.throws(() => fromEnv(env), { code: 'ERR_ENVIRONMENT', message: /REDIS_URL/ }) as Error
    t.notMatch(inspect(error), 'secret-host', 'the value is not shown')
  }
})

t.test('SEAWORTHY_OFF switches parts off, and suggests a name for an unknown part', async (t) => {
  const config = fromEnv({ SEAWORTHY_OFF: 'auth, security.cors', CORS_ORIGIN: 'https://a.example' })
  t.equal(config.auth, false)
  t.match(config.security, { cors: false })
  t.match(problemsOf({ SEAWORTHY_OFF: 'helth' }), [/did you mean health\?$/])
})

t.test('details, buffer and the watch over the event loop are switched on by variables', async (t) => {
  const observability = (env: NodeJS.ProcessEnv) => fromEnv(env).observability as Record<string, unknown>
  t.strictSame(observability({}), { level: 'info', logging: {} })
  t.match(observability({ LOG_DETAILS: '1', LOG_BUFFER: 'on', BLOCKED_LOOP_THRESHOLD: '200' }), {
    logging: { details: {}, buffer: {} },
    blockedLoop: { threshold: 200 }
  })
  t.match(
    observability({
      LOG_DETAILS: 'true',
      LOG_DETAILS_LEVEL: 'trace',
      LOG_DETAILS_MAX_BYTES: '2048',
      LOG_BUFFER: 'true',
      LOG_BUFFER_BYTES: '4096',
      LOG_BUFFER_INTERVAL: '50'
    }),
    { logging: { details: { level: 'trace', maxBytes: 2048 }, buffer: { bytes: 4096, interval: 50 } } }
  )
  t.match(observability({ LOG_DETAILS: 'false' }), { logging: { details: false } })
  t.strictSame(
    problemsOf({ LOG_DETAILS_LEVEL: 'loud', LOG_BUFFER_BYTES: '10', BLOCKED_LOOP_THRESHOLD: '1' }),
    [
      'LOG_DETAILS_LEVEL must be one of trace, debug, info, warn, error, fatal',
      'LOG_BUFFER_BYTES must be a whole number from 256 to 16000',
      'BLOCKED_LOOP_THRESHOLD must be a whole number of milliseconds from 20 to 60000, or a time such as 30s'
    ]
  )
  t.match(problemsOf({ LOG_BUFFER_BYTES: '8192' }), ['LOG_BUFFER_BYTES needs LOG_BUFFER'])
  const app = Fastify(serverOptions(fromEnv({ LOG_DETAILS: '1', LOG_BUFFER: '1' })))
  t.teardown(() => app.close())
  await app.register(seaworthy, fromEnv({ LOG_DETAILS: '1', LOG_BUFFER: '1', NODE_ENV: 'development' }))
  await app.ready()
})

t.test('the configuration prints none of its secrets, nor do the options made from it', async (t) => {
  const text = () => randomBytes(24).toString('base64url')
  const [jwt, passphrase, salt, redis, dsn, management, metrics] = Array.from({ length: 7 }, text) as [
    string,
    ...string[]
  ]
  const config = fromEnv({
    JWT_SECRET: jwt,
    SESSION_SECRET: passphrase,
    SESSION_SALT: salt!.slice(0, 16),
    REDIS_URL: `redis://:${redis}@cache`,
    SENTRY_DSN: `https://${dsn}@sentry.example/1`,
    MANAGEMENT_PORT: '9464',
    MANAGEMENT_TOKEN: management,
    METRICS_TOKEN: metrics
  })
  const secrets = [jwt, passphrase, salt!.slice(0, 16), redis, dsn, management, metrics]
  const copy = {
    ...config,
    auth: { ...(config.auth as object) },
    observability: { ...(config.observability as object) }
  }
  for (const value of [config, copy, serverOptions(config)]) {
    const printed = `${inspect(value, { depth: 9, showHidden: true })}${JSON.stringify(value)}`
    t.strictSame(
      secrets.filter((secret) => printed.includes(secret!)),
      []
    )
  }
})

t.test('an app starts with the secrets of the environment', async (t) => {
  const config = fromEnv({
    JWT_SECRET: secret,
    SESSION_SECRET: randomBytes(32).toString('base64'),
    METRICS_TOKEN: secret
  })
  const app = Fastify(serverOptions(config))
  t.teardown(() => app.close())
  await app.register(seaworthy, { ...config, shutdown: { exit: false } })
  t.equal((await app.inject('/metrics')).statusCode, 401)
  const headers = { authorization: `Bearer ${secret}` }
  t.equal((await app.inject({ url: '/metrics', headers })).statusCode, 200)
})

t.test('a session key may be in hex', async (t) => {
  const bytes = randomBytes(32)
  const { auth } = fromEnv({ SESSION_SECRET: bytes.toString('hex') })
  t.match(auth, { session: { key: {} } })
  const { key } = (auth as { session: { key: { reveal(): string } } }).session
  t.equal(key.reveal(), bytes.toString('base64'))
})

t.test('grace period, name and version of the service have variables', async (t) => {
  const { shutdown, observability } = fromEnv({
    GRACE_PERIOD: '45000',
    OTEL_SERVICE_NAME: 'orders',
    SERVICE_VERSION: '1.2.3'
  })
  t.match(shutdown, { gracePeriod: 45_000 })
  t.match(observability, { metrics: { buildInfo: { name: 'orders', version: '1.2.3' } } })
})

t.test("every option of the operators' listener has a variable", async (t) => {
  const { observability } = fromEnv({
    MANAGEMENT_PORT: '9464',
    MANAGEMENT_HOST: '0.0.0.0',
    MANAGEMENT_TOKEN: 'a-token-of-16-letters',
    MANAGEMENT_ALLOW: '10.0.0.0/8',
    MANAGEMENT_HOSTS: 'ops.example.com, ops',
    MANAGEMENT_READ_ONLY: '1',
    MANAGEMENT_ALLOW_SHUTDOWN: 'true',
    MANAGEMENT_RECENT_REQUESTS: 'no'
  })
  const { management } = observability as { management: ManagementOptions }
  t.match(management, {
    hosts: ['ops.example.com', 'ops'],
    readOnly: true,
    allowShutdown: true,
    recentRequests: false
  })
  // TLS has Node's options, in code.
  const names: Required<Record<Exclude<keyof ManagementOptions, 'tls'>, true>> = {
    port: true,
    host: true,
    token: true,
    allow: true,
    hosts: true,
    readOnly: true,
    allowShutdown: true,
    recentRequests: true
  }
  t.strictSame(Object.keys(management).toSorted(), Object.keys(names).toSorted())
  t.strictSame(problemsOf({ MANAGEMENT_READ_ONLY: 'true' }), ['MANAGEMENT_READ_ONLY needs MANAGEMENT_PORT'])
  t.match(problemsOf({ MANAGEMENT_PORT: '9464', MANAGEMENT_HOSTS: 'https://ops.example.com' }), [
    /^MANAGEMENT_HOSTS must be names of hosts, without schemes/
  ])
})

for (const [name, guard] of [
  ['config.auth', () => ({ config: { auth: true as const } })],
  ['app.authorize', (app: FastifyInstance) => ({ onRequest: app.authorize('admin') })]
] as const) {
  t.test(`a route with ${name} and without JWT_SECRET stops the start with the variable`, async (t) => {
    const config = fromEnv({ LOG_LEVEL: 'silent' })
    const app = Fastify(serverOptions(config)) as unknown as FastifyInstance
    t.teardown(() => app.close())
    await app.register(seaworthy, config)
    t.throws(() => app.get('/admin', guard(app), async () => 'secret'), {
      message: /GET \/admin.*JWT_SECRET|JWT_SECRET.*GET \/admin/
    })
  })
}
