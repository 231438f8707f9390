import { until } from '@seaworthy/testing'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import fc from 'fast-check'
import t from 'tap'
import { concurrencyLimit, rateLimit, security, type ConcurrencyOptions } from '../src/index.ts'
import { asUser, concurrencyApp, Gate } from './concurrency-app.ts'
import { captureLog, createApp, ok, statuses } from './helpers.ts'

t.test('a user has so many requests at a time, and others are not kept out', async (t) => {
  const { app, gate, counts, now } = await concurrencyApp(t, { max: 2 })
  const first = [app.inject(asUser('ada')), app.inject(asUser('ada'))]
  await until('two to run', () => gate.waiting === 2)
  const rejected = await app.inject(asUser('ada'))
  t.equal(rejected.statusCode, 429)
  t.match(rejected.json(), { code: 'CONCURRENCY_LIMITED' })
  t.match(rejected.headers, {
    'retry-after': '1',
    ratelimit: '"concurrency";r=0',
    'ratelimit-policy': '"concurrency";q=2;qu="concurrent-requests"'
  })
  t.equal((await app.inject(asUser('ada', '/now'))).statusCode, 429, 'all routes count together')
  t.equal((await app.inject(asUser('ada', '/free'))).statusCode, 200)
  t.equal((await app.inject('/now')).statusCode, 200, 'without a user')
  const other = await app.inject(asUser('grace', '/now'))
  t.equal(other.statusCode, 200)
  t.equal(other.headers.ratelimit, '"concurrency";r=1')
  t.equal(now(), 2)
  gate.open()
  for (const response of await Promise.all(first)) t.equal(response.statusCode, 200)
  await until('the slots to be free', () => now() === 0)
  t.equal((await app.inject(asUser('ada', '/now'))).statusCode, 200)
  t.ok(
    ['rejected', 'allowed'].every((outcome) =>
      counts.has(`concurrency_limit_requests_total concurrency ${outcome}`)
    )
  )
})

t.test('routes have limits of their own, and functions of the app decide', async (t) => {
  const { app, gate } = await concurrencyApp(t, {
    max: async (request) => Number(request.headers['x-plan']),
    keyGenerator: (request) => (request.headers['x-tenant'] as string | undefined) ?? undefined
  })
  app.get('/one', { config: { concurrency: { max: 1, keyGenerator: () => 'all' } } }, async () => gate.wait())
  const tenant = (plan: number) => ({
    url: '/wait',
    headers: { 'x-user': 'u', 'x-tenant': 't', 'x-plan': `${plan}` }
  })
  void app.inject(tenant(2))
  void app.inject(tenant(2))
  await until('two to run', () => gate.waiting === 2)
  t.equal((await app.inject(tenant(2))).statusCode, 429)
  t.equal((await app.inject({ ...tenant(3), url: '/now' })).statusCode, 200)
  t.equal((await app.inject(asUser('u', '/now'))).statusCode, 200, 'no tenant, no limit')
  t.equal(
    (await app.inject({ ...tenant(NaN), url: '/now' })).statusCode,
    500,
    'a wrong number disables no limit'
  )
  void app.inject(asUser('ada', '/one'))
  await until('the route to run', () => gate.waiting === 3)
  t.equal((await app.inject(asUser('grace', '/one'))).statusCode, 429)
  t.equal((await app.inject({ ...asUser('grace', '/one'), method: 'HEAD' })).statusCode, 429)
})

t.test('addresses count by their network, before authentication', async (t) => {
  const { app, gate } = await concurrencyApp(t, { max: 1, by: 'ip' })
  void app.inject({ url: '/wait', remoteAddress: '2001:db8::1' })
  await until('it to run', () => gate.waiting === 1)
  const status = async (remoteAddress: string, url = '/now') =>
    (await app.inject({ url, remoteAddress })).statusCode
  t.equal(await status('2001:db8::2'), 429)
  t.equal(await status('2001:db8::2', '/nowhere'), 429)
  t.equal(await status('2001:db8:0:1::2'), 200)
  t.equal(await status('192.0.2.1'), 200)
})

t.test('the headers are beside those of rate limits, and operational routes are not limited', async (t) => {
  const { app, gate } = await concurrencyApp(t, { max: 1, by: 'ip' })
  await app.register(rateLimit, { max: 5 })
  app.get('/limited', async () => 'ok')
  app.get('/probe', { config: { operational: 'probe' } }, async () => 'ok')
  const { headers } = await app.inject('/limited')
  t.equal(headers.ratelimit, '"concurrency";r=0, "ip";r=4;t=60')
  t.equal(headers['ratelimit-policy'], '"concurrency";q=1;qu="concurrent-requests", "ip";q=5;w=60')
  t.equal(headers['x-ratelimit-remaining'], '4')
  void app.inject('/wait')
  await until('it to run', () => gate.waiting === 1)
  t.equal((await app.inject('/limited')).statusCode, 429)
  t.equal((await app.inject('/probe')).statusCode, 200)
})

t.test('a limit that observes rejects nothing, and says what it would reject', async (t) => {
  const { lines, logger } = captureLog('warn')
  const { app, gate } = await concurrencyApp(t, { max: 1, mode: 'observe' }, { logger })
  void app.inject(asUser('ada'))
  await until('it to run', () => gate.waiting === 1)
  t.equal((await app.inject(asUser('ada', '/now'))).statusCode, 200)
  t.match(lines.join(), /a request over the limit concurrency would be rejected/)
})

t.test('with all parts together it is off, unless it is configured', async (t) => {
  for (const [options, status] of [
    [{}, 200],
    [{ concurrency: { max: 1, by: 'ip' } }, 429]
  ] as const) {
    const gate = new Gate()
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(security, options)
    app.get('/wait', async () => gate.wait())
    app.get('/now', async () => 'ok')
    const first = app.inject('/wait')
    await until('it to run', () => gate.waiting === 1)
    t.equal((await app.inject('/now')).statusCode, status)
    gate.open()
    await first
  }
})

t.test(
  'whatever keys and orders there are, no key takes more than its slots and all are released',
  async (t) => {
    const { app, gate, now } = await concurrencyApp(t, { max: 2 })
    const key = fc.oneof(fc.constantFrom('a', 'b', '__proto__', 'constructor', 'a b', '{a}'), fc.string({ unit: fc.constantFrom('a', ':', '%', '\\', '"', 'é', '0') , minLength: 1, maxLength: 200 }).map((text) => Buffer.from(text).toString('latin1'))) // prettier-ignore
    await fc.assert(
      fc.asyncProperty(fc.array(key, { minLength: 1, maxLength: 12 }), async (users) => {
        const counts = new Map<string, number>()
        for (const user of users) counts.set(user.trim(), (counts.get(user.trim()) ?? 0) + 1)
        counts.delete('')
        const expected = [...counts.values()].reduce((sum, count) => sum + Math.min(2, count), 0)
        const responses = users
          .filter((user) => user.trim() !== '')
          .map((user) => app.inject(asUser(user.trim())))
        await until('all to run or be rejected', () => gate.waiting >= expected)
        t.equal(now(), expected)
        gate.open()
        const codes = (await Promise.all(responses)).map(({ statusCode }) => statusCode)
        t.equal(codes.filter((code) => code === 200).length, expected)
        await until('all to have left', () => now() === 0)
      }),
      { numRuns: 50 }
    )
  }
)

t.test('two apps, and two registrations in scopes of one app, count apart', async (t) => {
  const [one, two] = [await concurrencyApp(t, { max: 1 }), await concurrencyApp(t, { max: 1 })]
  void one.app.inject(asUser('ada'))
  await until('it to run', () => one.gate.waiting === 1)
  t.equal((await one.app.inject(asUser('ada', '/now'))).statusCode, 429)
  t.equal((await two.app.inject(asUser('ada', '/now'))).statusCode, 200)

  const gate = new Gate()
  const app = Fastify()
  t.teardown(() => app.close())
  for (const name of ['shop', 'blog']) {
    void app.register(
      async (scope) => {
        await scope.register(concurrencyLimit, { max: 1, by: 'ip' })
        scope.get('/wait', async () => gate.wait())
        scope.get('/now', async () => 'ok')
      },
      { prefix: `/${name}` }
    )
  }
  const first = app.inject('/shop/wait')
  await until('it to run', () => gate.waiting === 1)
  const rejected = await app.inject('/shop/now')
  t.equal(rejected.statusCode, 429)
  const passed = await app.inject('/blog/now')
  t.equal(passed.statusCode, 200)
  t.match(
    [rejected, passed].map(({ headers }) => headers.ratelimit),
    ['"concurrency";r=0', '"2 concurrency";r=0']
  )
  gate.open()
  await first
})

t.test('wrong options stop the start', async (t) => {
  const register = async (options: unknown, route?: unknown): Promise<FastifyInstance> => {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(concurrencyLimit, options as ConcurrencyOptions)
    if (route !== undefined) app.get('/', { config: { concurrency: route as never } }, async () => 'ok')
    return app
  }
  for (const options of [
    { max: 0 },
    { max: '2' },
    { by: 'tenant' },
    { keyGenerator: 'x' },
    { leaseTime: 999 },
    { storeTimeout: 0 },
    { onStoreError: 'ignore' },
    { global: 1 },
    { name: '' },
    { limit: 3 },
    { redis: 'redis://localhost' },
    { observe: 1 }
  ])
    // prettier-ignore
    await t.rejects(register(options), { code: 'INVALID_OPTION', message: /concurrency/ }, JSON.stringify(options))
  for (const route of [{ max: 0 }, 5, { maximum: 3 }])
    await t.rejects(register({}, route), { code: 'INVALID_OPTION' }, JSON.stringify(route))
})

t.test('a key that comes later, by whatever kind of promise, counts apart', async (t) => {
  // oxlint-disable-next-line unicorn/no-thenable -- that is what the test is about
  const thenable = (key: string) => ({ then: (done: (key: string) => void) => done(key) })
  for (const later of [thenable, async (key: string) => key]) {
    const keyGenerator = ({ headers }: FastifyRequest) => later(headers['x-key'] as string) as Promise<string>
    const app = createApp(t)
    await app.register(concurrencyLimit, { max: 1, by: 'ip', keyGenerator })
    const { promise, resolve } = Promise.withResolvers<string>()
    let waiting = 0
    app.get('/wait', () => (waiting++, promise))
    app.get('/', ok)
    const first = app.inject({ url: '/wait', headers: { 'x-key': 'a' } })
    await until('it to run', () => waiting === 1)
    t.same(await statuses(app, 1, { url: '/', headers: { 'x-key': 'a' } }), [429])
    t.same(await statuses(app, 1, { url: '/', headers: { 'x-key': 'b' } }), [200])
    resolve('done')
    t.equal((await first).statusCode, 200)
  }
})
