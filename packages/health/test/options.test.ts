import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import {
  diskCheck,
  eventLoopCheck,
  health,
  httpCheck,
  memoryCheck,
  type HealthOptions
} from '../src/index.ts'

const refused: [string, object, string][] = [
  ['an unknown option', { prefixx: '/h' }, '"prefixx" is not an option, did you mean "prefix"?'],
  [
    'a prefix with a slash at its end',
    { prefix: '/h/' },
    `"prefix" must be a path like '/health', without a slash at its end, got '/h/'`
  ],
  [
    'a prefix that is no text',
    { prefix: 1 },
    `"prefix" must be a path like '/health', without a slash at its end, got 1`
  ],
  ['checks as a list', { checks: [] }, '"checks" must be an object with a name for each, got an array'],
  [
    'a check that is no function',
    { checks: { db: {} } },
    '"checks.db.check" must be a function, got undefined'
  ],
  ['a check that is null', { checks: { db: null } }, '"checks.db.check" must be a function, got undefined'],
  [
    'an unknown option of a check',
    { checks: { db: { check: () => true, intervall: 5 } } },
    '"checks.db.intervall" is not an option, did you mean "interval"?'
  ],
  [
    'a timeout of 0',
    { timeout: 0 },
    '"timeout" must be a whole number of milliseconds from 1 to 60000, got 0'
  ],
  [
    'a cacheFor that is no number',
    { cacheFor: '1s' },
    `"cacheFor" must be a whole number of milliseconds from 0 to 3600000, got '1s'`
  ],
  [
    'a negative maxUnready',
    { maxUnready: -1 },
    '"maxUnready" must be a whole number of milliseconds from 0 to 86400000, got -1'
  ],
  ['expose as text', { expose: 'no' }, `"expose" must be true or false, got 'no'`],
  [
    'a not ready status of success',
    { notReadyStatus: 200 },
    '"notReadyStatus" must be a whole number from 400 to 599, got 200'
  ],
  [
    'a degraded status of 100',
    { degradedStatus: 100 },
    '"degradedStatus" must be a whole number from 200 to 599, got 100'
  ],
  [
    "a check's interval of 1 ms",
    { checks: { db: { check: () => true, interval: 1 } } },
    '"checks.db.interval" must be a whole number of milliseconds from 10 to 3600000, got 1'
  ],
  [
    'interval and cacheFor together',
    { checks: { db: { check: () => true, interval: 100, cacheFor: 5 } } },
    '"checks.db.cacheFor" must be left out if "interval" is set, got 5'
  ],
  [
    'a failure threshold of 0',
    { checks: { db: { check: () => true, failureThreshold: 0 } } },
    '"checks.db.failureThreshold" must be a whole number from 1 to 1000, got 0'
  ],
  [
    'a success threshold of 1.5',
    { checks: { db: { check: () => true, successThreshold: 1.5 } } },
    '"checks.db.successThreshold" must be a whole number from 1 to 1000, got 1.5'
  ],
  [
    'critical as text',
    { checks: { db: { check: () => true, critical: 'yes' } } },
    `"checks.db.critical" must be true or false, got 'yes'`
  ],
  [
    'no group at all',
    { checks: { db: { check: () => true, groups: [] } } },
    '"checks.db.groups" must be a list of names, got an array'
  ],
  [
    'a dependency in liveness',
    { checks: { db: { check: () => true, groups: ['live'] } } },
    `"checks.db.groups" must be groups other than 'live', which checks no dependency, got 'live'`
  ],
  [
    'a group with a slash',
    { checks: { db: { check: () => true, groups: ['a/b'] } } },
    `"checks.db.groups" must be names of letters, digits, ".", "_" and "-", got 'a/b'`
  ],
  [
    'a check without a name',
    { checks: { '': () => true } },
    `"check name" must be a non-empty string, got ''`
  ],
  [
    'a startup task that is no function',
    { startupTasks: { warm: 1 } },
    '"startupTasks.warm" must be a function, got 1'
  ]
]

for (const [what, options, message] of refused) {
  t.test(`refuses ${what}`, async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    await t.rejects(async () => app.register(health, options as HealthOptions), {
      name: 'RangeError',
      code: 'INVALID_OPTION',
      message: `health: ${message}`
    })
  })
}

t.test('an option that is undefined has its default', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const none = {
    prefix: undefined,
    checks: undefined,
    startupTasks: undefined,
    timeout: undefined,
    cacheFor: undefined
  }
  const others = {
    maxUnready: undefined,
    expose: undefined,
    degradedStatus: undefined,
    notReadyStatus: undefined
  }
  await app.register(health, { ...none, ...others } as unknown as HealthOptions)
  const check = {
    critical: undefined,
    interval: undefined,
    cacheFor: undefined,
    groups: undefined,
    timeout: undefined
  }
  app.health.addCheck('db', () => true, check)

  t.match((await app.inject('/health/ready')).json(), { status: 'ready', checks: { db: true } })
})

t.test('refuses a second check of the same name', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(health)
  app.health.addCheck('db', () => true)

  t.throws(() => app.health.addCheck('db', () => true), { message: 'health: there is a check "db" already' })
})

t.test('the built-in checks refuse wrong options when they are made', async (t) => {
  const message = (rule: string) => ({
    name: 'RangeError',
    code: 'INVALID_OPTION',
    message: `health: ${rule}`
  })
  t.throws(
    () => httpCheck('ftp://host'),
    message(`"httpCheck url" must be an http or https address, got 'ftp:'`)
  )
  t.throws(
    () => httpCheck('nothing'),
    message(`"httpCheck url" must be an http or https address, got 'no address'`)
  )
  t.throws(
    () => httpCheck('http://user:secret@host'),
    message(`"httpCheck url" must be without a user and password: use "headers", got both`)
  )
  t.throws(() => diskCheck(''), message(`"diskCheck path" must be a non-empty string, got ''`))
  t.throws(
    () => diskCheck('/', { minFree: 5 }),
    message('"diskCheck minFree" must be a number from 0 to 1, got 5')
  )
  t.throws(
    () => memoryCheck({ maxHeap: 90 }),
    message('"memoryCheck maxHeap" must be a number from 0.01 to 1, got 90')
  )
  t.throws(
    () => eventLoopCheck({ maxDelay: 0 }),
    message('"eventLoopCheck maxDelay" must be a whole number of milliseconds from 1 to 60000, got 0')
  )
})

t.test("accepts the options of Fastify's register", async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(health, { logLevel: 'warn', logSerializers: {}, checks: {} })
  await app.ready()
  t.equal((await app.inject('/health/live')).statusCode, 200)
})

const inScope =
  (options: HealthOptions = {}) =>
  async (scope: FastifyInstance) => {
    await scope.register(health, options)
  }

t.test('a second registration in another scope names the prefix', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close().catch(() => undefined))
  app.register(inScope())
  app.register(inScope())
  await t.rejects(Promise.resolve(app.ready()), {
    code: 'INVALID_OPTION',
    message: /^health: "prefix" must be another path than \/health/
  })
})

t.test('two scopes may have probes with a prefix each', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  for (const prefix of ['/a', '/b']) app.register(inScope({ prefix }))
  t.equal((await app.inject('/a/live')).statusCode, 200)
  t.equal((await app.inject('/b/live')).statusCode, 200)
})
