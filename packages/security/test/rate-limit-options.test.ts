import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { rateLimit, type RateLimitOptions, type RouteRateLimit } from '../src/index.ts'
import { buildApp, from, installClock, ok, statuses } from './helpers.ts'

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
