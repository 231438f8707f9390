import './parts.ts'
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { join } from 'node:path'
import { temporaryFolder } from '@seaworthy/testing'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { Secret } from '@seaworthy/internal'
import type { ManagementOptions } from '@seaworthy/observability'
import { environmentExample, fromEnv, seaworthy, serverOptions } from '../src/index.ts'

/** All problems of the environment. */
function problemsOf(...args: Parameters<typeof fromEnv>): readonly string[] {
  try {
    fromEnv(...args)
    return []
  } catch (error) {
    return (error as { problems: string[] }).problems
  }
}

const secret = 'kq3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJ'

t.test('an empty environment has every default', async (t) => {
  const { env, listen } = fromEnv({})
  t.match(env, { NODE_ENV: 'production', LOG_LEVEL: 'info', REDIS_PORT: 6379 })
  t.strictSame(listen, { host: '127.0.0.1', port: 3000 })
})

t.test('text becomes numbers and booleans', async (t) => {
  const { env } = fromEnv({ PORT: '8080', REDIS_TLS: 'true', SENTRY_TRACES_SAMPLE_RATE: '0.25' })
  t.match(env, { PORT: 8080, REDIS_TLS: true, SENTRY_TRACES_SAMPLE_RATE: 0.25 })
})

t.test('the error names every wrong variable with its rule, and never its value', async (t) => {
  const wrong = { PORT: 'eighty', LOG_LEVEL: 'loud', JWT_SECRET: 'hunter2' }
  t.throws(() => fromEnv(wrong), { code: 'ERR_ENVIRONMENT' })
  t.strictSame(problemsOf(wrong).toSorted(), [
    'JWT_SECRET must be text of at least 32 characters',
    'LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent',
    'PORT must be a whole number from 0 to 65535'
  ])
  for (const value of Object.values(wrong)) t.notMatch(inspect(problemsOf(wrong)), value)
})

t.test('an empty variable is unset', async (t) => {
  const { env } = fromEnv({ PORT: '', JWT_SECRET: '' })
  t.equal(env.PORT, 3000)
  t.equal(env.JWT_SECRET, undefined)
})

t.test('the value of NAME_FILE is read from the file, without the line break at its end', async (t) => {
  const folder = temporaryFolder(t)
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'jwt')
  writeFileSync(file, `${secret}\n`)
  t.equal(fromEnv({ JWT_SECRET_FILE: file }).env.JWT_SECRET?.reveal(), secret)
})

t.test('an unreadable file and a variable that is set twice are problems', async (t) => {
  t.match(problemsOf({ JWT_SECRET_FILE: '/nowhere/jwt' }), ['JWT_SECRET_FILE must name a readable file'])
  t.match(problemsOf({ JWT_SECRET: secret, JWT_SECRET_FILE: '/nowhere/jwt' }), [
    'JWT_SECRET and JWT_SECRET_FILE are both set: keep one'
  ])
})

t.test('a misspelt variable gets a suggestion', async (t) => {
  t.match(problemsOf({ JTW_SECRET: secret }), ['JTW_SECRET is not a variable, did you mean JWT_SECRET?'])
  t.doesNotThrow(() => fromEnv({ HOSTS: 'a', POST: 'b', JWT_SECRET: secret, PATH: '/bin' }))
})

t.test('no string, JSON, inspection or template prints a secret', async (t) => {
  const { env } = fromEnv({ JWT_SECRET: secret })
  const wrapped = env.JWT_SECRET
  const printed = [
    String(wrapped),
    JSON.stringify(env),
    inspect(env, { depth: 9, showHidden: true }),
    `${wrapped}`
  ]
  for (const text of printed) t.notMatch(text, secret)
  t.equal(wrapped?.reveal(), secret)
})

t.test('the variables of the app are checked and typed with the others', async (t) => {
  const schema = {
    properties: {
      DB_HOST: { type: 'string' },
      DB_PASSWORD: { type: 'string', secret: true },
      DB_POOL_MAX: { type: 'integer', minimum: 1, default: 10 }
    },
    required: ['DB_HOST']
  } as const
  const { env } = fromEnv({ DB_HOST: 'db', DB_PASSWORD: 'pw' }, { schema })
  const host: string = env.DB_HOST
  const max: number = env.DB_POOL_MAX
  t.strictSame([host, max, env.DB_PASSWORD?.reveal()], ['db', 10, 'pw'])
  t.match(problemsOf({}, { schema }), ['DB_HOST is required: text'])
})

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

t.test('problems of the environment are printed once, without a stack', async (t) => {
  const error = t.throws(() => fromEnv({ PORT: 'x' })) as Error
  t.equal(inspect(error).match(/PORT must be/g)?.length, 1)
  t.notMatch(inspect(error), /^ *at /m)
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

t.test('the example has every variable and no usable secret', async (t) => {
  const text = environmentExample({
    properties: { DB_HOST: { type: 'string', description: 'The database.' } }
  })
  t.match(text, /^# The database\.\n# DB_HOST=$/m)
  t.match(text, /^PORT=3000$/m)
  t.match(text, /^# JWT_SECRET=$/m)
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

t.test("Kubernetes' service links are no values", async (t) => {
  const links = {
    REDIS_PORT: 'tcp://10.0.0.7:6379',
    MANAGEMENT_PORT: 'udp://10.0.0.8:53',
    PORT: 'tcp://10.0.0.9:80'
  }
  const { env } = fromEnv({
    REDIS_HOST: 'redis',
    REDIS_PORT_6379_TCP_PROTO: 'tcp',
    REDIS_SERVICE_PORT: '6379',
    ...links
  })
  t.match(env, { REDIS_PORT: 6379, PORT: 3000 })
  t.equal(env.MANAGEMENT_PORT, undefined)
  const schema = { properties: { DB_PORT: { type: 'integer' } }, required: ['DB_PORT'] } as const
  t.match(problemsOf({ DB_PORT: 'tcp://10.0.0.7:5432' }, { schema }), ['DB_PORT is required: a whole number'])
  t.match(problemsOf({ PORT: 'tcp://' }), [/^PORT must be/])
})

t.test('a level may be written in upper case', async (t) => {
  t.equal(fromEnv({ LOG_LEVEL: 'WARN' }).env.LOG_LEVEL, 'warn')
})

t.test("a plural of a variable's name warns, because it may be a variable of other code", async (t) => {
  const warnings: string[] = []
  const onWarning = ({ message }: Error) => void warnings.push(message)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  t.doesNotThrow(() => fromEnv({ CORS_ORIGINS: 'https://a.example', LOG_LEVELS: 'x' }))
  await new Promise((resolve) => setImmediate(resolve))
  t.match(warnings, [/CORS_ORIGINS, did you mean CORS_ORIGIN\?/, /LOG_LEVELS/])
})

t.test('lists, addresses and variables that belong together are checked with all others', async (t) => {
  const problems = problemsOf({
    TRUST_PROXY: '10.0.0.0/8, nonsense',
    CORS_ORIGIN: 'https://a.example, app.example.com/path',
    RATE_LIMIT_WINDOW: 'soon',
    HOST: 'http://0.0.0.0',
    REDIS_HOST: 'tcp://10.0.0.1:6379',
    MANAGEMENT_TOKEN: 'a token of 16 letters',
    METRICS_ALLOW: 'everybody',
    SESSION_SECRET: 'no key of 32 bytes, and too long for one',
    PORT: 'x'
  })
  const names = problems.map((problem) => problem.slice(0, problem.indexOf(' '))).toSorted()
  t.strictSame(names, [
    'CORS_ORIGIN',
    'HOST',
    'MANAGEMENT_TOKEN',
    'METRICS_ALLOW',
    'PORT',
    'RATE_LIMIT_WINDOW',
    'REDIS_HOST',
    'SESSION_SECRET',
    'TRUST_PROXY'
  ])
  t.notMatch(problems.join(), /nonsense|everybody|soon|app\.example\.com\/path/, 'never a value')
  t.strictSame(problemsOf({ MANAGEMENT_PORT: '3000' }), ['MANAGEMENT_PORT must be another port than PORT'])
  t.match(problemsOf({ MANAGEMENT_PORT: '9464', MANAGEMENT_HOST: '0.0.0.0' }), [/set MANAGEMENT_TOKEN or/])
  t.doesNotThrow(() =>
    fromEnv({
      TRUST_PROXY: 'loopback,10.0.0.0/8,fd00::/8',
      CORS_ORIGIN: 'https://a.example,http://localhost:5173',
      HOST: '::',
      RATE_LIMIT_WINDOW: '30 seconds'
    })
  )
})

t.test('a session key may be in hex', async (t) => {
  const bytes = randomBytes(32)
  const { auth } = fromEnv({ SESSION_SECRET: bytes.toString('hex') })
  t.match(auth, { session: { key: {} } })
  const { key } = (auth as { session: { key: { reveal(): string } } }).session
  t.equal(key.reveal(), bytes.toString('base64'))
})

t.test('a rule of the app cannot change the kind of a variable that the parts read', async (t) => {
  const schema = (rule: object) => ({ schema: { properties: rule as never } })
  t.throws(() => fromEnv({}, schema({ PORT: { type: 'string' } })), {
    code: 'INVALID_OPTION',
    message: /PORT.*'integer'/
  })
  t.throws(() => fromEnv({}, schema({ JWT_SECRET: { type: 'string' } })), {
    message: /JWT_SECRET.*secret: true/
  })
  t.doesNotThrow(() => fromEnv({}, schema({ PORT: { type: 'integer', minimum: 1024, default: 8080 } })))
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
  const names: Required<Record<keyof ManagementOptions, true>> = {
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

t.test('variables of other code and times that look like seconds warn, and the service starts', async (t) => {
  const warnings: string[] = []
  const onWarning = ({ message }: Error) => void warnings.push(message)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  fromEnv({ REDIS_TTL: '60', SESSION_SECRETS: 'x', SHUTDOWN_TIMEOUT: '30' })
  await new Promise((resolve) => setImmediate(resolve))
  t.match(warnings, [
    /REDIS_TTL, did you mean REDIS_/,
    /SESSION_SECRETS/,
    /SHUTDOWN_TIMEOUT is in milliseconds.*30000/
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
