import Fastify from 'fastify'
import t from 'tap'
import { observability, observabilityServerOptions } from '@seaworthy/observability'

const bad: [options: unknown, message: RegExp][] = [
  [{ metric: {} }, /observability: "metric" is not an option, did you mean "metrics"\?/],
  [{ logging: true }, /"logging" must be an object or false, got true/],
  [
    { logging: { slowThreshold: -1 } },
    /"logging\.slowThreshold" must be a number of milliseconds, at least 0|"logging\.slowThreshold" must be a number/
  ],
  [{ logging: { sampling: 2 } }, /"logging\.sampling" must be a number from 0 to 1, got 2/],
  [
    { logging: { schema: 'xml' } },
    /"logging\.schema" must be one of 'default', 'ecs', 'otel', 'gcp', got 'xml'/
  ],
  [{ logging: { levels: { slow: 'loud' } } }, /"logging\.levels\.slow" must be one of/],
  [{ logging: { details: true } }, /"logging\.details" must be an object or false, got true/],
  [{ logging: { details: { level: 'all' } } }, /"logging\.details\.level" must be one of/],
  [{ logging: { details: { maxBytes: 1 } } }, /"logging\.details\.maxBytes" must be a whole number of bytes/],
  [{ logging: { details: { maxTotalBytes: 1 } } }, /"logging\.details\.maxTotalBytes" must be a whole/],
  [{ logging: { fields: ['a'] } }, /"logging\.fields" must be a function, got an array/],
  [{ correlation: { header: 'a b' } }, /"correlation\.header" must be a header's name/],
  [
    { correlation: { trust: ['localhost'] } },
    /"correlation\.trust" must list IP addresses or CIDR ranges, got "localhost"/
  ],
  [{ metrics: { path: 'metrics' } }, /"metrics\.path" must be text that starts with '\/'/],
  [{ metrics: { unit: 'minutes' } }, /"metrics\.unit" must be one of 'seconds', 'milliseconds'/],
  [{ metrics: { buckets: [1, 1] } }, /"metrics\.buckets" must be a list of ascending numbers above 0/],
  [{ metrics: { registry: {} } }, /"metrics\.registry" must be a registry/],
  [{ metrics: { labels: ['a'] } }, /"metrics\.labels" must be an object, got an array/],
  [{ metrics: { labels: { route: {} } } }, /"metrics\.labels" must be names of labels that aren't taken/],
  [{ metrics: { labels: { plan: { values: [] } } } }, /"metrics\.labels\.plan\.of" must be a function/],
  [
    { metrics: { labels: { plan: { values: [], of: () => 'x' } } } },
    /"metrics\.labels\.plan\.values" must be a list of values/
  ],
  [
    { metrics: { labels: { plan: { values: Array.from({ length: 200 }, String), of: () => 'x' } } } },
    /"metrics\.labels" must be at most 200 combinations, _OTHER included, got 201/
  ],
  [{ metrics: { otlp: true } }, /"metrics\.otlp" must be an object or false, got true/],
  [{ metrics: { maxSeries: 0 } }, /"metrics\.maxSeries" must be a whole number from 1 to 1000000, got 0/],
  [{ metrics: { token: 'short' } }, /"metrics\.token" must be text of at least 16 characters/],
  [{ errorTracking: {} }, /"errorTracking" must be an object with "dsn" or "sink"/],
  [{ errorTracking: { dsn: 'nonsense' } }, /"errorTracking\.dsn" must be a DSN of Sentry/],
  [{ errorTracking: { sink: 1 } }, /"errorTracking\.sink" must be a function/],
  [{ management: { port: 70_000 } }, /"management\.port" must be a whole number from 0 to 65535, got 70000/],
  [
    { management: { port: 0, host: '0.0.0.0' } },
    /"management\.host" must be a loopback address unless .* got '0\.0\.0\.0'/
  ],
  [
    { management: { port: 0, allow: ['10.0.0.0/40'] } },
    /"management\.allow" must list IP addresses or CIDR ranges/
  ]
]

for (const [options, message] of bad) {
  t.test(`registering fails with ${JSON.stringify(options)}`, async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    await t.rejects(async () => app.register(observability, options as object), {
      name: 'RangeError',
      message
    })
  })
}

t.test('an invalid secret is not in the message', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const message = await app.register(observability, { metrics: { token: 'hunter2' } }).then(
    () => '',
    (error: Error) => error.message
  )
  t.match(message, /"metrics\.token"/)
  t.notMatch(message, /hunter2/)
})

t.test('an option that is undefined has its default', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(observability, {
    correlation: { header: undefined, trust: undefined },
    logging: { slowThreshold: undefined, schema: undefined },
    metrics: { path: undefined, unit: undefined, buckets: undefined, registry: undefined },
    errorTracking: undefined,
    management: undefined
  })
  t.equal((await app.inject('/metrics')).statusCode, 200)
})

t.test('an invalid route setting fails where the route is added', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(observability)
  const add = () => app.get('/', { config: { observability: { objective: 0 } } }, async () => 'ok')
  t.throws(add, { message: /"config\.observability of \/\.objective" must be a number/ })
})

t.test('invalid server options fail', async (t) => {
  t.throws(() => observabilityServerOptions({ level: 'loud' as 'info' }), {
    message: /"level" must be one of/
  })
  t.throws(() => observabilityServerOptions({ logs: {} } as object), { message: /"logs" is not an option/ })
})
