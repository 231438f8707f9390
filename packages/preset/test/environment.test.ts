import './parts.ts'
import { mkdirSync, writeFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { join } from 'node:path'
import { temporaryFolder } from '@seaworthy/testing'
import t from 'tap'
import { environmentExample, fromEnv, secretFromFile } from '../src/index.ts'
import { problemsOf, secret, warningsOf } from './environment.ts'

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

t.test('secrets that the auth part would reject are named by their variables', async (t) => {
  const pattern = Buffer.alloc(32, 'ab').toString('base64')
  const problems = problemsOf({ JWT_SECRET: 'change-me-'.repeat(4), SESSION_SECRET: pattern })
  t.match(problems, [
    /^JWT_SECRET must be random.* a placeholder$/,
    /^SESSION_SECRET must be random.* 2 diff/
  ])
  const passphrase = { SESSION_SECRET: 'a'.repeat(40), SESSION_SALT: '0123456789abcdef' }
  t.match(problemsOf(passphrase), [/^SESSION_SECRET must be random.* 1 diff/])
  const jwk = JSON.stringify({ kty: 'oct', kid: 'example', k: Buffer.from(secret).toString('base64url') })
  t.same(problemsOf({ JWT_SECRET: jwk }), [], 'only the key of a JSON Web Key counts')
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

t.test('a file that Windows has written may begin with a mark, and one that is no text is a problem', (t) => {
  const folder = temporaryFolder(t)
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'jwt')
  writeFileSync(file, `\uFEFF${secret}\r\n`)
  t.equal(fromEnv({ JWT_SECRET_FILE: file }).env.JWT_SECRET?.reveal(), secret)
  t.equal(secretFromFile(file).reveal(), secret)
  for (const bytes of [Buffer.from(`\uFEFF${secret}`, 'utf16le'), Buffer.from([0xff, 0x80, 0xc3, 0x28])]) {
    writeFileSync(file, bytes)
    t.match(problemsOf({ JWT_SECRET_FILE: file }), ['JWT_SECRET_FILE must name a file with text in UTF-8'])
    t.throws(() => secretFromFile(file), { message: /no text in UTF-8/ })
  }
  t.end()
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

t.test('problems of the environment are printed once, without a stack', async (t) => {
  const error = t.throws(() => fromEnv({ PORT: 'x' })) as Error
  t.equal(inspect(error).match(/PORT must be/g)?.length, 1)
  t.notMatch(inspect(error), /^ *at /m)
})

t.test('the example has every variable and no usable secret', async (t) => {
  const text = environmentExample({
    properties: { DB_HOST: { type: 'string', description: 'The database.' } }
  })
  t.match(text, /^# The database\.\n# DB_HOST=$/m)
  t.match(text, /^PORT=3000$/m)
  t.match(text, /^# JWT_SECRET=$/m)
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
  const warnings = warningsOf(t)
  t.doesNotThrow(() => fromEnv({ CORS_ORIGINS: 'https://a.example', LOG_LEVELS: 'x' }))
  await warnings.settled()
  t.match(warnings.list, [/CORS_ORIGINS, did you mean CORS_ORIGIN\?/, /LOG_LEVELS/])
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

for (const [rule, message] of [
  [
    { CODE: { type: 'string', pattern: '[a-' } },
    '"schema.properties.CODE.pattern" must be the text of a regular expression that is valid with the flag u, got \'[a-\''
  ],
  [{ CODE: { type: 'string', pattern: /^a$/ } }, /"schema\.properties\.CODE\.pattern".*got an object/],
  [
    { MAIL: { type: 'string', format: 'emial' } },
    /"schema\.properties\.MAIL\.format".*"pattern", got 'emial'/
  ],
  [{ MODE: { type: 'string', enum: 'fast' } }, /"schema\.properties\.MODE\.enum" must be a list.*'fast'/],
  [{ WAIT: { type: 'integer', unit: 'seconds' } }, /"schema\.properties\.WAIT\.unit".*got 'seconds'/],
  [
    { FINE: { type: 'string' }, POOL: { type: 'integer', minimum: 'one' } },
    /"schema\.properties\.POOL" must be a rule of JSON Schema: .*minimum must be number/
  ],
  [{ NAME: { type: 'string', minLenght: 2 } }, /"schema\.properties\.NAME" must be .*"minLenght"/],
  [{ NAME: 'string' }, /"schema\.properties\.NAME" must be an object such as .*got a string/]
] as const) {
  t.test(`a wrong rule of the app is named with its variable: ${JSON.stringify(rule)}`, async (t) => {
    const code = 'INVALID_OPTION'
    t.throws(() => fromEnv({}, { schema: { properties: rule as never } }), { code, message })
  })
}

t.test('a schema without rules, and a required variable without one, are named', async (t) => {
  const code = 'INVALID_OPTION'
  t.throws(() => fromEnv({}, { schema: { DB_HOST: { type: 'string' } } as never }), {
    code,
    message: /"schema\.properties" must be an object with the rule of each variable/
  })
  t.throws(() => fromEnv({}, { shcema: { properties: {} } } as never), {
    code,
    message: /"fromEnv\.shcema" is not an option, did you mean "schema"\?/
  })
  const required = (name: string) => ({ schema: { properties: {}, required: [name] } })
  t.throws(() => fromEnv({ DB_HOST: 'db' }, required('DB_HOST')), {
    code,
    message: /"schema\.required".*got 'DB_HOST'/
  })
  t.match(problemsOf({}, required('JWT_SECRET')), [/^JWT_SECRET is required/], 'the preset has a rule for it')
})

t.test('variables of other code and times that look like seconds warn, and the service starts', async (t) => {
  const warnings = warningsOf(t)
  fromEnv({ REDIS_TTL: '60', SESSION_SECRETS: 'x', SHUTDOWN_TIMEOUT: '30' })
  await warnings.settled()
  t.match(warnings.list, [
    /REDIS_TTL, did you mean REDIS_/,
    /SESSION_SECRETS/,
    /SHUTDOWN_TIMEOUT is in milliseconds.*30000/
  ])
})

t.test('values that the parts would reject are problems of the environment, all in one error', async (t) => {
  const problems = problemsOf({
    RATE_LIMIT_MAX: 'Infinity',
    RATE_LIMIT_WINDOW: '0',
    DRAIN_DELAY: '11 minutes',
    SHUTDOWN_TIMEOUT: '2 hours',
    GRACE_PERIOD: '2 hours',
    CORS_ORIGIN: 'https://*.example.com'
  })
  const names = problems.map((problem) => problem.split(' ')[0]!)
  t.strictSame(names.toSorted(), [
    'CORS_ORIGIN',
    'DRAIN_DELAY',
    'GRACE_PERIOD',
    'RATE_LIMIT_MAX',
    'RATE_LIMIT_WINDOW',
    'SHUTDOWN_TIMEOUT'
  ])
  t.match(problemsOf({ RATE_LIMIT_WINDOW: '2 years' }), [/^RATE_LIMIT_WINDOW .*a year at most/])
  t.same(problemsOf({ RATE_LIMIT_WINDOW: '1 year', DRAIN_DELAY: '0', GRACE_PERIOD: '1 hour' }), [])
})

t.test('a file that is empty is a problem, so that a failed mount switches nothing off', async (t) => {
  const folder = temporaryFolder(t)
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'jwt')
  writeFileSync(file, '\n')
  t.strictSame(problemsOf({ JWT_SECRET_FILE: file }), ['JWT_SECRET_FILE names a file that is empty'])
})

t.test('credentials of a Redis without its host warn', async (t) => {
  const warnings = warningsOf(t)
  fromEnv({ REDIS_PASSWORD: secret })
  fromEnv({ REDIS_PASSWORD: secret, REDIS_HOST: 'redis' })
  await warnings.settled()
  t.match(warnings.list, [/REDIS_PASSWORD is set without REDIS_HOST/])
  t.equal(warnings.list.length, 1)
})
