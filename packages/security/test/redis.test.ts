import { Cluster, type Redis } from 'ioredis'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Test } from 'tap'
import { meterPort, provide } from '@seaworthy/contract'
import { requires, startRedis, until } from '@seaworthy/testing'
import { rateLimit, type RateLimitOptions } from '../src/index.ts'
import { createApp, installClock, ok, statuses } from './helpers.ts'
import { fakeMeter } from './fake-meter.ts'
import { createClient, request, sendMany, startApp } from './redis-helpers.ts'

/** An app on a client of its own, with a timeout that no slow machine reaches. */
async function createLimitedApp(t: Test, redis: Redis | Cluster | undefined, options: RateLimitOptions) {
  const app = createApp(t)
  await app.register(rateLimit, { ...options, redis, storeTimeout: 5000 })
  return app
}

requires(['redis-server'], 'two processes under load let exactly max requests pass', async (t) => {
  const redis = await startRedis(t)
  const ports = await Promise.all([startApp(t, redis.port), startApp(t, redis.port)])
  const { passed, rejected, errors } = await sendMany(ports, '/exact', 1000)
  t.equal(passed, 100)
  t.ok(rejected >= 800)
  t.same(errors, [])
  for (const port of ports) t.match((await request(port, '/exact')).headers.get('retry-after'), /^\d+$/)
})

requires(['redis-server'], 'a request takes one call, however many limits it has', async (t) => {
  const redis = await startRedis(t)
  const watcher = createClient(t, redis.port)
  const app = await createLimitedApp(t, createClient(t, redis.port), {
    max: 5,
    failures: { max: 5, failuresOnly: [401] }
  })
  const limits = [
    { name: 'a', max: 5, timeWindow: '1 hour' },
    { name: 'b', max: 3, timeWindow: '1 hour' },
    { name: 'c', max: 5, cost: 2, observe: true }
  ]
  app.get('/', { config: { rateLimit: limits } }, ok)
  app.get('/denied', (_request, reply) => reply.code(401).send())

  const calls = async () => {
    const info = await watcher.info('commandstats')
    return Number(/cmdstat_evalsha:calls=(\d+)/.exec(info)?.[1] ?? 0)
  }
  await app.inject('/nowhere')
  const before = await calls()
  const responses = await Promise.all(Array.from({ length: 6 }, () => app.inject('/denied')))
  t.equal((await calls()) - before, 6)
  t.equal(responses.filter(({ statusCode }) => statusCode === 401).length, 4, 'one of five was used before')

  const other = { url: '/', remoteAddress: '10.0.0.2' }
  t.same(await statuses(app, 4, other), [200, 200, 200, 429], 'the same results as in memory')
  for (const key of await watcher.keys('*')) t.ok((await watcher.pttl(key)) > 0, `${key} expires`)
  t.match(app.security.store?.(), { kind: 'redis', up: true })
})

/** Moves the entries of all logs into the past. The clock of Redis cannot be replaced. */
const ageScript = `
for _, key in ipairs(redis.call('KEYS', '*')) do
  local log = cmsgpack.unpack(redis.call('GET', key))
  for i = 2, #log, 3 do
    log[i], log[i + 1] = log[i] - ARGV[1], log[i + 1] - ARGV[1]
  end
  redis.call('SET', key, cmsgpack.pack(log), 'KEEPTTL')
end
`

requires(['redis-server'], 'the window slides in Redis as in memory', async (t) => {
  const redis = await startRedis(t)
  const client = createClient(t, redis.port)
  const clock = installClock(t)
  const minutes = (count: number) => count * 60_000
  const run = async (app: FastifyInstance, advance: (milliseconds: number) => unknown) => {
    const codes = [await statuses(app, 1)]
    await advance(minutes(50))
    codes.push(await statuses(app, 3))
    await advance(minutes(9))
    codes.push(await statuses(app, 1))
    await advance(minutes(1))
    codes.push(await statuses(app, 2))
    await advance(minutes(50))
    codes.push(await statuses(app, 3))
    return codes
  }
  const options = { max: 3, timeWindow: '1 hour' }
  const expected = [[200], [200, 200, 429], [429], [200, 429], [200, 200, 429]]
  const apps = [
    await createLimitedApp(t, undefined, options),
    await createLimitedApp(t, client, options)
  ] as const
  for (const app of apps) app.get('/', ok)
  t.same(await run(apps[0], (milliseconds) => clock.tick(milliseconds)), expected, 'memory')
  clock.uninstall()
  t.same(await run(apps[1], (milliseconds) => client.eval(ageScript, 0, milliseconds)), expected, 'Redis')
})

requires(
  ['redis-server'],
  'limits that are evaluated by hand count apart, and peeking counts nothing',
  async (t) => {
    const redis = await startRedis(t)
    const app = await createLimitedApp(t, createClient(t, redis.port), { max: 1000 })
    const [first, second] = [app.createRateLimit({ max: 2, ban: 0 }), app.createRateLimit({ max: 2 })]
    app.get('/first', (request) => first(request))
    app.get('/peek', (request) => first(request, { increment: false }))
    app.get('/second', (request) => second(request))
    const json = async (url: string) => (await app.inject(url)).json<Record<string, unknown>>()
    t.match(await json('/peek'), { remaining: 2, isExceeded: false })
    t.match(await json('/first'), { remaining: 1, isExceeded: false })
    t.match(await json('/peek'), { remaining: 1, isExceeded: false })
    t.match(await json('/first'), { remaining: 0, isExceeded: false })
    for (let i = 0; i < 3; i++) {
      t.match(
        await json('/peek'),
        { remaining: 0, isExceeded: true, isBanned: false },
        'peeking is no rejection'
      )
    }
    t.match(await json('/first'), { isExceeded: true, isBanned: true })
    t.match(await json('/second'), { remaining: 1 }, 'the second limit has counts of its own')
  }
)

requires(['redis-server'], 'a limit on failures gives successes back', async (t) => {
  const redis = await startRedis(t)
  const client = createClient(t, redis.port)
  const app = await createLimitedApp(t, client, { max: 1000, failures: { max: 2 } })
  app.get<{ Querystring: { s: string } }>('/', ({ query }, reply) => reply.code(Number(query.s)).send(''))
  const status = async (s: number) => (await app.inject(`/?s=${s}`)).statusCode
  for (let i = 0; i < 6; i++) {
    t.equal(await status(200), 200)
    // The refund is on its way: the same connection answers in order.
    await client.ping()
  }
  t.same([await status(401), await status(401), await status(401)], [401, 401, 429])
})

requires(['redis-server'], 'in a cluster no key of a client makes Redis look down', async (t) => {
  const redis = await startRedis(t, ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'])
  const admin = createClient(t, redis.port)
  // Redis 6 has no ADDSLOTSRANGE.
  await admin.call('CLUSTER', 'ADDSLOTS', ...Array.from({ length: 16_384 }, (_none, slot) => `${slot}`))
  await until('the cluster to be up', async () => (await admin.cluster('INFO')).includes('cluster_state:ok'))
  const cluster = new Cluster([{ host: '127.0.0.1', port: redis.port }])
  t.teardown(() => cluster.disconnect())
  const { meter, counts } = fakeMeter()
  const app = createApp(t)
  provide(app, meterPort, meter)
  await app.register(rateLimit, { redis: cluster, storeTimeout: 5000 })
  const keyGenerator = ({ headers }: FastifyRequest) => headers['x-key'] as string
  const limits = [
    { name: 'a', max: 2, keyGenerator },
    { name: 'b', max: 3, keyGenerator }
  ]
  app.get('/', { config: { rateLimit: limits } }, ok)
  for (const key of ['', 'anna', '{', '}', '{}', 'a}b', '}b', 'a{b}c', '\u00e4']) {
    const request = { url: '/', headers: { 'x-key': key } }
    t.same(await statuses(app, 3, request), [200, 200, 429], JSON.stringify(key))
  }
  t.same(
    [...counts.keys()].filter((series) => series.startsWith('rate_limit_store_errors_total')),
    []
  )
  t.match(app.security.store?.(), { kind: 'redis', up: true })
})

requires(['redis-server'], 'the time doubles in Redis as in memory, to a day at most', async (t) => {
  const redis = await startRedis(t)
  const options = { max: 2, timeWindow: '1 hour', exponentialBackoff: true }
  const shared = await createLimitedApp(t, createClient(t, redis.port), options)
  installClock(t)
  const local = await createLimitedApp(t, undefined, options)
  for (const app of [shared, local]) {
    app.get('/', ok)
    t.same(await statuses(app, 2), [200, 200])
    const waits: number[] = []
    for (let i = 0; i < 6; i++) waits.push(Number((await app.inject('/')).headers['x-ratelimit-reset']))
    t.same(
      waits,
      [1, 2, 4, 8, 16, 24].map((hours) => hours * 3600)
    )
  }
})
