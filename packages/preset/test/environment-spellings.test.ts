import './parts.ts'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { temporaryFolder } from '@seaworthy/testing'
import t from 'tap'
import { fromEnv } from '../src/index.ts'
import { problemsOf, secret, warningsOf } from './environment.ts'

/** The file of an environment with the line breaks of Windows, as `docker run --env-file` reads it. */
const windows = (env: Record<string, string>) =>
  Object.fromEntries(Object.entries(env).map(([name, value]) => [name, `${value}\r`]))

t.test('line breaks of Windows and spaces around a value are no part of it', async (t) => {
  const { env, listen, redis } = fromEnv(
    windows({
      NODE_ENV: 'development ',
      HOST: '0.0.0.0',
      PORT: ' 8080',
      LOG_LEVEL: 'INFO',
      LOG_DETAILS: 'On',
      JWT_SECRET: secret,
      TRUST_PROXY: 'loopback, 10.0.0.0/8',
      RATE_LIMIT_WINDOW: '1 minute',
      REDIS_HOST: 'cache'
    })
  )
  t.match(env, {
    NODE_ENV: 'development',
    LOG_LEVEL: 'info',
    LOG_DETAILS: true,
    RATE_LIMIT_WINDOW: '1 minute'
  })
  t.strictSame(listen, { host: '0.0.0.0', port: 8080 })
  t.equal(env.JWT_SECRET?.reveal(), secret)
  t.match(redis, { host: 'cache' })
})

t.test('a variable of nothing but spaces is unset', async (t) => {
  const { env, listen } = fromEnv({ PORT: ' ', LOG_LEVEL: '\r', JWT_SECRET: '  ', HOST: '\n' })
  t.strictSame(listen, { host: '127.0.0.1', port: 3000 })
  t.match(env, { LOG_LEVEL: 'info', JWT_SECRET: undefined })
})

t.test('spaces in a text of the app stay, and the end of a Windows line goes', async (t) => {
  const schema = {
    properties: { DELIMITER: { type: 'string' }, PREFIX: { type: 'string' }, SIZE: { type: 'integer' } }
  } as const
  const { env } = fromEnv({ DELIMITER: '\t', PREFIX: '> \r', SIZE: ' 7\r' }, { schema })
  t.match(env, { DELIMITER: '\t', PREFIX: '> ', SIZE: 7 })
})

t.test('times may have a unit, also those of the app', async (t) => {
  const schema = { properties: { POLL_INTERVAL: { type: 'integer', unit: 'milliseconds' } } } as const
  const { env, shutdown } = fromEnv(
    { GRACE_PERIOD: '30s', DRAIN_DELAY: '500ms', SHUTDOWN_TIMEOUT: '0.5 minutes', POLL_INTERVAL: '2 s' },
    { schema }
  )
  t.match(shutdown, { gracePeriod: 30_000, drainDelay: 500, timeout: 30_000 })
  t.equal(env.POLL_INTERVAL, 2000)
  const problems = problemsOf({ GRACE_PERIOD: 'PT30S', LOG_BUFFER: '1', LOG_BUFFER_INTERVAL: '5ms' })
  t.strictSame(problems.toSorted(), [
    'GRACE_PERIOD must be a whole number of milliseconds from 1 to 3600000, or a time such as 30s',
    'LOG_BUFFER_INTERVAL must be a whole number of milliseconds from 10 to 10000, or a time such as 30s'
  ])
})

t.test('an IPv6 address may have brackets', async (t) => {
  t.equal(fromEnv({ HOST: '[::]' }).listen.host, '::')
  t.match(fromEnv({ REDIS_HOST: '[::1]' }).redis, { host: '::1' })
  t.match(problemsOf({ HOST: '[::' }), [/^HOST must be a host name/])
})

t.test('quotes that a file keeps are named, without the value', async (t) => {
  const { list, settled } = warningsOf(t)
  fromEnv({ JWT_SECRET: `"${secret}"`, JWT_ISSUER: "'https://a.example'", JWT_AUDIENCE: 'b' })
  await settled()
  t.match(list, [/JWT_SECRET begins and ends with quotes/, /JWT_ISSUER/])
  t.notMatch(list.join(), secret)
})

t.test('numbers and booleans of JavaScript are taken as text', async (t) => {
  const { env } = fromEnv({ PORT: 8080, LOG_DETAILS: true, HOST: null } as never)
  t.match(env, { PORT: 8080, LOG_DETAILS: true, HOST: '127.0.0.1' })
})

t.test('a service link of any name and type is no value, and no misspelt variable', async (t) => {
  const { list, settled } = warningsOf(t)
  const schema = { properties: { DB_PORT: { type: 'string' }, DB_URL: { type: 'string' } } } as const
  const { env } = fromEnv(
    {
      DB_PORT: 'tcp://10.0.0.7:5432',
      DB_URL: 'tcp://10.0.0.7:5432',
      MANAGMENT_PORT: 'tcp://10.0.0.8:80',
      REDI_PORT: 'udp://10.0.0.9:53'
    },
    { schema }
  )
  t.strictSame([env.DB_PORT, env.DB_URL], [undefined, 'tcp://10.0.0.7:5432'])
  await settled()
  t.strictSame(list, [])
})

t.test('the singular of a variable warns, because it may be a variable of other code', async (t) => {
  const { list, settled } = warningsOf(t)
  fromEnv({ LOG_DETAIL: 'full' })
  await settled()
  t.match(list, [/LOG_DETAIL, did you mean LOG_DETAILS\?/])
})

t.test('a variable with the prefix of the preset that it does not read is named', async (t) => {
  const { list, settled } = warningsOf(t)
  fromEnv({ SEAWORTHY_DISABLE: 'auth' })
  fromEnv({ SEAWORTHY_LOG_LEVEL: 'debug' })
  fromEnv({ SEAWORTHY_APM: 'none' })
  fromEnv({
    SEAWORTHY_PORT: 'tcp://10.0.0.1:80',
    SEAWORTHY_SERVICE_HOST: '10.0.0.1',
    SEAWORTHY_API_SERVICE_PORT_HTTP: '80',
    SEAWORTHY_PORT_80_TCP_ADDR: '10.0.0.1'
  })
  fromEnv({ SEAWORTHY_TEAM: 'a' }, { schema: { properties: { SEAWORTHY_TEAM: { type: 'string' } } } })
  await settled()
  t.match(list, [/SEAWORTHY_DISABLE: only .*SEAWORTHY_OFF/, /SEAWORTHY_LOG_LEVEL, write LOG_LEVEL$/])
  t.equal(
    list.length,
    2,
    'what Kubernetes adds for a Service "seaworthy", and the variables of the app, are not'
  )
})

t.test('a name with the mark that Windows puts before a file is a problem, and not one of the app', (t) => {
  t.match(problemsOf({ '\uFEFFLOG_LEVEL': 'debug' }), [
    /^the name of LOG_LEVEL begins with a byte order mark/
  ])
  t.doesNotThrow(() => fromEnv({ '\uFEFFTEAM': 'a' }))
  t.end()
})

t.test('all problems are named at once, those of Redis and of switches too', async (t) => {
  const problems = problemsOf({
    PORT: 'x',
    SEAWORTHY_OFF: 'helth, auht',
    REDIS_URL: 'redis://secret-host/first',
    TLS_CERT_FILE: '/tls.crt'
  })
  t.strictSame(problems.map((problem) => problem.slice(0, problem.indexOf(' '))).toSorted(), [
    'PORT',
    'REDIS_URL',
    'SEAWORTHY_OFF',
    'SEAWORTHY_OFF',
    'TLS_CERT_FILE'
  ])
  t.notMatch(problems.join(), 'secret-host')
  t.match(problemsOf({ REDIS_URL: 'redis://cache:0' }), [/^REDIS_URL must be/])
  t.match(problemsOf({ REDIS_URL: 'redis://cache/-1' }), [/^REDIS_URL must be/])
  t.match(problemsOf({ MANAGEMENT_PORT: '03000' }), ['MANAGEMENT_PORT must be another port than PORT'])
})

t.test('the address of Redis takes from its parts what it lacks', async (t) => {
  const folder = temporaryFolder(t)
  const file = `${folder}/redis`
  writeFileSync(file, 'from a file\n')
  const redisOf = (env: NodeJS.ProcessEnv) => {
    const { password, ...others } = fromEnv(env).redis as { password?: { reveal(): string } }
    return { ...others, password: password?.reveal() }
  }
  t.match(redisOf({ REDIS_URL: 'redis://cache', REDIS_PASSWORD_FILE: file, REDIS_USERNAME: 'ada' }), {
    host: 'cache',
    username: 'ada',
    password: 'from a file',
    tls: false
  })
  t.match(redisOf({ REDIS_URL: 'redis://cache', REDIS_TLS: 'true' }), { tls: true, password: undefined })
  const same = { REDIS_URL: 'redis://:p%40ss@cache', REDIS_PASSWORD: 'p@ss' }
  t.match(redisOf(same), { password: 'p@ss' })
  t.strictSame(problemsOf({ ...same, REDIS_PASSWORD: 'another' }), [
    'REDIS_URL has another password than REDIS_PASSWORD: keep one'
  ])
  t.strictSame(problemsOf({ REDIS_URL: 'redis://bob@cache', REDIS_USERNAME: 'ada' }), [
    'REDIS_URL has another user than REDIS_USERNAME: keep one'
  ])
})

t.test('a session key is 32 bytes, and no passphrase that Node would cut to them', async (t) => {
  const bytes = randomBytes(32)
  const keyOf = (text: string) => {
    const { auth } = fromEnv({ SESSION_SECRET: text })
    return Buffer.from((auth as { session: { key: { reveal(): string } } }).session.key.reveal(), 'base64')
  }
  for (const text of [
    bytes.toString('hex').toUpperCase(),
    bytes.toString('base64url'),
    bytes.toString('base64').replace('=', '')
  ])
    t.strictSame(keyOf(text), bytes)
  const passphrase = 'correct horse battery staple, correct horse batter'
  t.equal(Buffer.from(passphrase, 'base64').length, 32)
  t.match(problemsOf({ SESSION_SECRET: passphrase }), [/^SESSION_SECRET must be 32 random bytes/])
})

t.test('a variable of the app may have the name of one of ours without _FILE', async (t) => {
  const schema = { properties: { TLS_CERT: { type: 'string' } } } as const
  const { env, tls } = fromEnv(
    { TLS_CERT: 'pem', TLS_CERT_FILE: '/tls.crt', TLS_KEY_FILE: '/tls.key' },
    { schema }
  )
  t.equal(env.TLS_CERT, 'pem')
  t.strictSame(tls, { cert: '/tls.crt', key: '/tls.key' })
})

for (const [name, schema, message] of [
  [
    'a secret that is a number',
    { PIN: { type: 'integer', secret: true } },
    /"schema.properties.PIN.type" must be 'string'/
  ],
  ['a variable without a type', { DB: {} }, /"schema.properties.DB.type" must be one of string/],
  ['a list', { DB: { type: 'array' } }, /"schema.properties.DB.type" must be one of string/]
] as const) {
  t.test(`rejects a rule with ${name}`, async (t) => {
    t.throws(() => fromEnv({}, { schema: { properties: schema as never } }), {
      code: 'INVALID_OPTION',
      message
    })
  })
}

t.test('numbers of a list are compared as numbers', async (t) => {
  const schema = { properties: { SHARDS: { type: 'integer', enum: ['1', '2'] } } } as const
  t.equal(fromEnv({ SHARDS: '2' }, { schema }).env.SHARDS, 2)
  t.strictSame(problemsOf({ SHARDS: '3' }, { schema }), ['SHARDS must be one of 1, 2'])
})

t.test('a proxy of any address is a problem of the variable', async (t) => {
  t.match(problemsOf({ TRUST_PROXY: '0.0.0.0/0' }), [/^TRUST_PROXY must be/])
})

t.test('options in the place of the environment name the place', async (t) => {
  const options = { schema: { properties: { DB: { type: 'string' } } } }
  const error = t.throws(() => fromEnv(options as never), { code: 'INVALID_OPTION' }) as Error
  t.match(inspect(error), 'fromEnv(process.env, { schema })')
})
