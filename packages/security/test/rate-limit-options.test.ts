import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { rateLimit, type RateLimitOptions, type RouteRateLimit } from '../src/index.ts'
import { buildApp, captureLog, from, installClock, ok, statuses } from './helpers.ts'

const build = (t: Test, options: RateLimitOptions, routes?: (app: FastifyInstance) => unknown) =>
  buildApp(t, rateLimit, options, routes)

t.test('a route may have several limits, and a rejected request uses none of them up', async (t) => {
  const clock = installClock(t)
  const app = await build(t, { max: 1000 }, (app) => {
    const limits = [
      { name: 'second', max: 2, timeWindow: '1 second' },
      { name: 'hour', max: 3, timeWindow: '1 hour' }
    ]
    app.get('/', { config: { rateLimit: limits } }, ok)
  })
  t.same(await statuses(app, 10), [200, 200, ...Array(8).fill(429)])
  clock.tick(1000)
  const last = await app.inject('/')
  t.equal(last.statusCode, 200, 'rejected requests have not used up the hour')
  t.equal(last.headers['ratelimit-policy'], '"second";q=2;w=1, "hour";q=3;w=3600')
  t.match(last.headers.ratelimit, /^"second";r=1;t=1, "hour";r=0;t=3600$/)
  t.equal(last.headers['x-ratelimit-limit'], '3', 'the older headers are about the tighter limit')
  const rejected = await app.inject('/')
  t.match(rejected, { statusCode: 429, headers: { 'retry-after': '3600' } })
})

t.test('a request may cost more than one', async (t) => {
  const app = await build(t, { max: 10 }, (app) => {
    app.get('/search', { config: { rateLimit: { cost: 4, groupId: 'shared' } } }, ok)
    const withCost = {
      cost: ({ query }) => Number((query as { n: string }).n),
      groupId: 'shared'
    } satisfies RouteRateLimit
    app.get('/export', { config: { rateLimit: withCost } }, ok)
  })
  t.same(await statuses(app, 3, '/search'), [200, 200, 429])
  t.same(await statuses(app, 1, '/export?n=3'), [429])
  t.same(await statuses(app, 2, '/export?n=2'), [200, 429], 'a cheaper request still passes')
  t.same(await statuses(app, 1, '/export?n=x'), [500], 'a cost that is no number fails the request')
})

t.test('the options of @fastify/rate-limit mean the same', async (t) => {
  const called: string[] = []
  const app = await build(t, {
    max: async (_request, key) => (key === '10.0.0.1' ? 1 : 2),
    timeWindow: () => 60_000,
    cache: 10_000,
    skipOnError: true,
    enableDraftSpec: true,
    addHeadersOnExceeding: { 'ratelimit-reset': false },
    ban: 1,
    onExceeding: (_request, key) => void called.push(`exceeding ${key}`),
    onExceeded: (_request, key) => void called.push(`exceeded ${key}`),
    onBanReach: (_request, key) => void called.push(`ban ${key}`),
    errorResponseBuilder: (_request, { ban, max, after, ttl }) => ({
      error: 'Too Many Requests',
      message: `${max} in a minute, retry in ${after}`,
      ban,
      ttl
    })
  })
  const first = await app.inject(from('10.0.0.1'))
  t.match(first.headers, { 'ratelimit-limit': '1', 'ratelimit-remaining': '0' })
  t.notOk('ratelimit-reset' in first.headers || 'x-ratelimit-limit' in first.headers)

  const rejected = await app.inject(from('10.0.0.1'))
  t.equal(rejected.statusCode, 429, 'though the builder sets no status')
  t.match(rejected.json(), { message: '1 in a minute, retry in 1 minute', ban: false, ttl: Number })
  t.match(rejected.headers, { 'retry-after': /^\d+$/, 'ratelimit-reset': /^\d+$/ })
  t.match(await app.inject(from('10.0.0.1')), { statusCode: 403 })
  t.same(called, ['exceeding 10.0.0.1', 'exceeded 10.0.0.1', 'exceeded 10.0.0.1', 'ban 10.0.0.1'])

  const thrown = await build(t, { max: 0, errorResponseBuilder: () => new Error('mine') })
  t.match(await thrown.inject('/'), { statusCode: 429 })
  t.match((await thrown.inject('/')).json(), { message: 'mine' })
})

t.test('a function that gets informed changes no response by an error, thrown or rejected', async (t) => {
  const { lines, logger } = captureLog('error')
  const fail = () => {
    throw new Error('the database of the app is down')
  }
  const functions = { onExceeding: fail, onExceeded: async () => fail(), onBanReach: fail }
  const options = { max: 1, ban: 1, ...functions } as unknown as RateLimitOptions
  const app = await buildApp(t, rateLimit, options, undefined, { logger })
  t.same(await statuses(app, 3), [200, 429, 403])
  t.same(
    lines.map((line) => /security: "(\w+)" threw/.exec((JSON.parse(line) as { msg: string }).msg)?.[1]),
    ['onExceeding', 'onExceeded', 'onBanReach', 'onExceeded']
  )
})

t.test('the decorators are those of @fastify/rate-limit, each call with counts of its own', async (t) => {
  const app = await build(t, { max: 100 }, (app) => {
    const [first, second] = [app.createRateLimit({ max: 2 }), app.createRateLimit({ max: 2 })]
    app.get('/first', (request) => first(request))
    app.get('/peek', (request) => first(request, { increment: false }))
    app.get('/second', (request) => second(request))
    app.get('/hook', { preHandler: app.rateLimit({ max: 1 }) as never }, ok)
    const built = { max: 0, errorResponseBuilder: () => ({ statusCode: 418 }) }
    app.get('/built', { preHandler: app.rateLimit(built) as never }, () => t.fail('the handler ran'))
  })
  const json = async (url: string) => (await app.inject(url)).json<Record<string, unknown>>()
  t.match(await json('/first'), {
    isAllowed: false,
    key: '127.0.0.1',
    max: 2,
    remaining: 1,
    isExceeded: false
  })
  t.match(await json('/first'), { remaining: 0, isExceeded: false, timeWindow: 60_000 })
  t.match(await json('/peek'), { remaining: 0, isExceeded: true })
  t.match(await json('/first'), { isExceeded: true, ttlInSeconds: 60 })
  t.match(await json('/second'), { remaining: 1 }, 'counts of its own')
  t.same(await statuses(app, 2, '/hook'), [200, 429])
  t.same(await statuses(app, 1, '/built'), [418])
})

t.test("a route's limit replaces the app's limit per address and leaves the others", async (t) => {
  const app = await build(t, { max: 1, failures: { max: 2 } }, (app) => {
    app.get('/a', { config: { rateLimit: { max: 3 } } }, ok)
    app.get('/b', { config: { rateLimit: { max: 3 } } }, ok)
    app.get('/denied', { config: { rateLimit: { max: 10, failures: false } } }, (_request, reply) =>
      reply.code(401).send()
    )
    app.get('/guarded', { config: { rateLimit: { max: 10 } } }, (_request, reply) => reply.code(401).send())
  })
  t.same(await statuses(app, 4, '/a'), [200, 200, 200, 429])
  t.same(await statuses(app, 4, '/b'), [200, 200, 200, 429], 'each route is counted alone')
  t.same(await statuses(app, 4, '/denied'), [401, 401, 401, 401])
  t.same(await statuses(app, 3, '/guarded'), [401, 401, 429])
})

t.test('each rejection in a row doubles the time until a request passes', async (t) => {
  const clock = installClock(t)
  const app = await build(t, { max: 2, timeWindow: 1000, exponentialBackoff: true })
  t.same(await statuses(app, 2), [200, 200])
  const waits: unknown[] = []
  for (let i = 0; i < 4; i++) waits.push((await app.inject('/')).headers['x-ratelimit-reset'])
  t.same(waits, ['1', '2', '4', '8'])
  clock.tick(7999)
  t.same(await statuses(app, 1), [429])
  clock.tick(16_000)
  t.same(await statuses(app, 3), [200, 200, 429], 'then it starts anew')
  clock.tick(1000)
  t.same(await statuses(app, 1), [200], 'with one window')
  const capped = await build(t, { max: 1, timeWindow: '1 hour', exponentialBackoff: true })
  await statuses(capped, 9)
  t.equal((await capped.inject('/')).headers['retry-after'], '86400', 'a day at most')
})

t.test('a route leaves out headers in addition to those that the app leaves out', async (t) => {
  const app = await build(t, { addHeaders: { 'x-ratelimit-reset': false } }, (app) => {
    app.get('/', { config: { rateLimit: { max: 0, addHeaders: { 'retry-after': false } } } }, ok)
    app.get('/ok', { config: { rateLimit: { addHeadersOnExceeding: { 'x-ratelimit-limit': false } } } }, ok)
  })
  const { headers } = await app.inject('/')
  t.match(headers, { 'x-ratelimit-limit': '0', 'x-ratelimit-remaining': '0' })
  t.notOk('retry-after' in headers || 'x-ratelimit-reset' in headers)
  const passed = await app.inject('/ok')
  t.match(passed.headers, { 'x-ratelimit-remaining': /\d/, 'x-ratelimit-reset': /\d/ })
  t.notOk('x-ratelimit-limit' in passed.headers)
  await t.rejects(build(t, { addHeaders: { 'retry-afer': false } as never }), /did you mean "retry-after"/)
})

for (const [timeWindow, seconds] of [
  ['1y', 31_557_600],
  ['2 wks', 1_209_600],
  ['1.5 hrs', 5400],
  ['500 msecs', 1]
] as const) {
  t.test(`a window of ${timeWindow} is ${seconds} seconds`, async (t) => {
    const app = await build(t, { timeWindow, max: 1 })
    t.match((await app.inject('/')).headers, { 'ratelimit-policy': `"ip";q=1;w=${seconds}` })
  })
}

t.test('users of two issuers have limits of their own, also with the same id', async (t) => {
  const app = await build(t, { user: { max: 1 } }, (app) => {
    app.decorateRequest('user', null as never)
    app.decorateRequest('identity', null as never)
    app.addHook('onRequest', async (request) => {
      const { identity, ...user } = JSON.parse(String(request.headers['x-user'])) as Record<string, unknown>
      Object.assign(request, { user, identity: identity ?? null })
    })
    app.get('/', ok)
  })
  const as = async (user: object) =>
    (await app.inject({ url: '/', headers: { 'x-user': JSON.stringify(user) } })).statusCode
  const users = [
    { sub: '43' },
    { sub: '43', identity: { issuer: 'https://partner.example' } },
    { sub: '43', iss: 'https://other.example' },
    { sub: 'https://partner.example\u000043' },
    { sub: '2001:db8::1' },
    { sub: '2001:db8::2' }
  ]
  for (const user of users) t.same([await as(user), await as(user)], [200, 429], JSON.stringify(user))
  t.equal(await as({ id: 43 }), 429, 'the same user of the app')
})
