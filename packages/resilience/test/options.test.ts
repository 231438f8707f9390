import Fastify from 'fastify'
import t from 'tap'
import { resilience, type ResilienceOptions } from '../src/index.ts'

const wrongOptions: [string, object, string][] = [
  ['an option that does not exist', { shedd: true }, 'resilience: "shedd" is not an option'],
  [
    'a misspelt option of a policy',
    { defaults: { timout: 1 } },
    'resilience: "defaults.timout" is not an option, did you mean "timeout"?'
  ],
  [
    "Resilience4j's name of an option",
    { defaults: { waitDurationInOpenState: 30 } },
    'resilience: "defaults.waitDurationInOpenState" is not an option, did you mean "resetTimeout"?'
  ],
  [
    "p-retry's name of an option",
    { defaults: { retry: { retries: 3 } } },
    'resilience: "defaults.retry.retries" is not an option, did you mean "limit"?'
  ],
  [
    "Polly's name of an option",
    { defaults: { bulkhead: { permitLimit: 3 } } },
    'resilience: "defaults.bulkhead.permitLimit" is not an option, did you mean "limit"?'
  ],
  [
    'a name that no header can have',
    { deadline: { header: 'x deadline' } },
    `resilience: "deadline.header" must be the name of a header, or false, got 'x deadline'`
  ],
  [
    'a timeout of 0',
    { defaults: { timeout: 0 } },
    'resilience: "defaults.timeout" must be a number of milliseconds from 1 to 2147483647, got 0'
  ],
  [
    'a percentage above 100',
    { policies: { slow: { errorThresholdPercentage: 101 } } },
    'resilience: "policies.slow.errorThresholdPercentage" must be a number from 1 to 100, got 101'
  ],
  [
    'a fraction of a retry',
    { defaults: { retry: 0.5 } },
    'resilience: "defaults.retry" must be a whole number from 1 to 10, got 0.5'
  ],
  [
    'too many retries',
    { defaults: { retry: { limit: 11 } } },
    'resilience: "defaults.retry.limit" must be a whole number from 1 to 10, got 11'
  ],
  [
    'an unknown mode',
    { defaults: { mode: 'on' } },
    `resilience: "defaults.mode" must be one of 'enforce', 'observe', 'off', got 'on'`
  ],
  [
    'a bulkhead without slots',
    { defaults: { bulkhead: 0 } },
    'resilience: "defaults.bulkhead" must be a whole number of at least 1, got 0'
  ],
  [
    'a hedge without delay',
    { defaults: { hedge: {} } },
    'resilience: "defaults.hedge.delay" must be a number of milliseconds from 1 to 2147483647, got undefined'
  ],
  [
    'a maximum open time below the first one',
    { defaults: { resetTimeout: 100, maxResetTimeout: 50 } },
    'resilience: "defaults.maxResetTimeout" must be a number of milliseconds from 100 to 2147483647, got 50'
  ],
  [
    'a fallback for a kind that cannot have one',
    { defaults: { fallbackOn: ['canceled'] } },
    `resilience: "defaults.fallbackOn" must be one of 'open', 'full', 'timeout', 'upstream', got 'canceled'`
  ],
  [
    'a deadline of 0',
    { deadline: { default: 0 } },
    'resilience: "deadline.default" must be a number of milliseconds from 1 to 2147483647, got 0'
  ],
  [
    'an empty header',
    { deadline: { header: '' } },
    `resilience: "deadline.header" must be a non-empty string, got ''`
  ],
  ['a clock without functions', { clock: {} }, 'resilience: "clock.now" must be a function, got undefined'],
  [
    'a utilization above 1',
    { shedding: { maxUtilization: 2 } },
    'resilience: "shedding.maxUtilization" must be a number from 0.1 to 1, got 2'
  ],
  [
    'a policy that is not an object',
    { policies: { slow: null } },
    'resilience: "policies.slow" must be an object, got null'
  ]
]

for (const [name, options, message] of wrongOptions) {
  t.test(`refuses ${name}`, async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    const wanted = message.endsWith('option') ? new RegExp(message) : message
    await t.rejects(async () => app.register(resilience, options as ResilienceOptions), {
      code: 'INVALID_OPTION',
      message: wanted
    })
  })
}

t.test('treats undefined as unset in all options', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(resilience, {
    defaults: { timeout: undefined, retry: undefined, bulkhead: { limit: 2, queue: undefined } },
    deadline: { header: undefined, default: undefined },
    shedding: undefined,
    clock: undefined
  } as unknown as ResilienceOptions)
  const breaker = app.resilience.breaker('a', () => 1, { fallback: undefined })
  const noRequest = null
  t.equal(await breaker.call(noRequest), 1)
})

t.test('refuses wrong options of breakers and policies', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(resilience)
  const make = (name: string, options: object, fn: unknown = () => 1) => {
    app.resilience.breaker(name, fn as () => number, options)
  }
  t.throws(() => make('', {}), { message: `resilience: "name" must be a non-empty string, got ''` })
  t.throws(() => make('a', {}, 'fn'), { message: `resilience: "a.fn" must be a function, got 'fn'` })
  t.throws(() => make('a', { fallback: [] }), {
    message: 'resilience: "a.fallback" must be a function, got an array'
  })
  t.throws(() => make('a', { lastGood: { maxAge: 1000 } }), {
    message: 'resilience: "a.lastGood.key" must be a function, got undefined'
  })
  t.throws(() => make('a', { fallbak: 1 }), {
    message: 'resilience: "a.fallbak" is not an option, did you mean "fallback"?'
  })
  t.throws(() => make('a', { policy: 'unknown' }), {
    message: 'resilience: there is no policy "unknown"; existing policies: none'
  })
  make('a', {})
  t.throws(() => make('a', {}), { message: 'resilience: there is a breaker "a" already' })
  app.resilience.policy('slow', { timeout: 1000 })
  t.throws(() => app.resilience.policy('slow', {}), {
    message: 'resilience: there is a policy "slow" already'
  })
  await t.rejects(app.resilience.fetch(null, 'http://127.0.0.1:1/', { policy: 'fast' }), {
    message: 'resilience: there is no policy "fast"; existing policies: "slow"'
  })
})
