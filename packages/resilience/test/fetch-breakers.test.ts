// The breakers, bulkheads and policies behind `resilience.fetch`.
import { until } from '@seaworthy/testing'
import t from 'tap'
import { buildApp, errorOf, noRequest } from './helpers/app.ts'
import { ManualClock, outcomes, tally } from './helpers/clock.ts'
import { json, silence, startUpstream } from './helpers/upstream.ts'

t.test('each host has a separate breaker, under one name', async (t) => {
  const app = await buildApp(t, { defaults: { retry: false } })
  const bad = await startUpstream(t, json({}, 500))
  const good = await startUpstream(t, json({}))
  await outcomes(21, () => app.resilience.fetch(noRequest, bad.url))
  t.equal(bad.seen.length, 20)
  t.equal((await app.resilience.fetch(noRequest, good.url)).status, 200)
  t.match(app.resilience.list(), [{ name: 'fetch', size: 2, keys: { [new URL(bad.url).host]: 'open' } }])
})

t.test(
  'half open, one of a hundred requests reaches the upstream, and a new outage is counted from zero',
  async (t) => {
    const clock = new ManualClock()
    const app = await buildApp(t, { clock, random: () => 0.5, defaults: { retry: false, ramp: 0 } })
    const upstream = await startUpstream(t, json({}, 500))
    app.get('/', async (request) => (await app.resilience.fetch(request, upstream.url)).json())
    const codes = async (times: number) => {
      const answers = await Promise.all(Array.from({ length: times }, () => app.inject('/')))
      return tally(answers.map(({ statusCode }) => String(statusCode)))
    }
    t.strictSame(await codes(20), { 502: 20 })
    t.strictSame(await codes(500), { 503: 500 })
    t.equal(upstream.seen.length, 20)

    upstream.answer = silence
    await clock.advance(30_000)
    const crowd = codes(100)
    await until('the probe', () => upstream.seen.length > 20)
    t.equal(app.resilience.get('fetch')!.state, 'half-open')
    json({})(upstream.seen[20]!)
    t.strictSame(await crowd, { 200: 1, 503: 99 })
    t.equal(upstream.seen.length, 21)

    upstream.answer = json({}, 500)
    t.strictSame(await codes(19), { 502: 19 })
    t.equal(app.resilience.get('fetch')!.state, 'closed')
    t.strictSame(await codes(1), { 502: 1 })
    t.equal(app.resilience.get('fetch')!.state, 'open')
  }
)

t.test(
  'with a bulkhead of two, a hanging upstream gets two calls; the others are rejected and open no breaker',
  async (t) => {
    const app = await buildApp(t, { defaults: { retry: false, bulkhead: 2 } })
    const upstream = await startUpstream(t, silence)
    app.get('/', async (request) => (await app.resilience.fetch(request, upstream.url)).json())
    // Async functions, because inject alone starts when it is awaited, or a tick later.
    const requests = Array.from({ length: 30 }, async () => app.inject('/'))
    const full = await Promise.all(requests.slice(2))
    for (const answer of full) {
      t.match(answer, { statusCode: 503, headers: { 'retry-after': /^[1-9]\d*$/ } })
      t.match(answer.json(), { code: 'BULKHEAD_FULL' })
    }
    await until('the two', () => upstream.seen.length === 2)
    for (const seen of upstream.seen) json({})(seen)
    t.match(await Promise.all(requests.slice(0, 2)), [{ statusCode: 200 }, { statusCode: 200 }])
    t.match(app.resilience.list(), [{ state: 'closed', counts: { full: 28, success: 2, failure: 0 } }])
    t.equal(upstream.seen.length, 2)
  }
)

t.test('while the upstream is down, each tenant gets its last good value or an error', async (t) => {
  const app = await buildApp(t, { defaults: { retry: false } })
  const upstream = await startUpstream(t, (seen) => json({ of: seen.headers['x-tenant'] })(seen))
  const account = app.resilience.breaker(
    'account',
    async ({ signal }, tenant: string) => {
      const response = await fetch(upstream.url, { signal, headers: { 'x-tenant': tenant } })
      return (await response.json()) as { of: string }
    },
    { lastGood: { maxAge: 60_000, key: (tenant) => tenant } }
  )
  app.get<{ Params: { tenant: string } }>('/:tenant', (request) =>
    account.call(request, request.params.tenant)
  )
  for (const tenant of ['a', 'b']) await app.inject(`/${tenant}`)
  await upstream.kill()
  const tenants = ['a', 'b', 'c', 'A', 'a%20']
  const answers = await Promise.all([...tenants, ...tenants].map((tenant) => app.inject(`/${tenant}`)))
  for (const [index, answer] of answers.entries()) {
    const tenant = tenants[index % tenants.length]!
    if (tenant === 'a' || tenant === 'b') {
      t.match(answer, { statusCode: 200, headers: { 'x-degraded': 'true' } })
      t.same(answer.json(), { of: tenant })
    } else t.equal(answer.statusCode, 502)
  }
  t.match(account.snapshot(), { degraded: 4, counts: { success: 2, failure: 10 } })
})

t.test('each named policy has a separate breaker', async (t) => {
  const app = await buildApp(t, { policies: { quick: { timeout: 100, retry: false } } })
  const upstream = await startUpstream(t, silence)
  t.match(await errorOf(app.resilience.fetch(noRequest, upstream.url, { policy: 'quick' })), {
    statusCode: 504
  })
  t.ok(app.resilience.get('fetch:quick'))
})

t.test('only degraded responses are marked and kept out of caches', async (t) => {
  const app = await buildApp(t)
  let up = false
  const breaker = app.resilience.breaker(
    'users',
    async () => (up ? 'fine' : Promise.reject(new Error('down'))),
    {
      fallback: () => 'instead'
    }
  )
  const seen: unknown[] = []
  app.get('/', async (request, reply) => {
    reply.header('cache-control', 'public, max-age=600')
    const value = await breaker.call(request)
    seen.push(request.degraded)
    return { value }
  })
  const degraded = await app.inject('/')
  t.match(degraded, { statusCode: 200, headers: { 'x-degraded': 'true', 'cache-control': 'no-store' } })
  up = true
  const whole = await app.inject('/')
  t.match(whole.headers, { 'cache-control': 'public, max-age=600' })
  t.notOk(whole.headers['x-degraded'])
  t.strictSame(seen, [['users'], null])
})
