// A service that asks its callers to wait is not called.
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { resilience, type FetchOptions } from '../src/index.ts'
import { ManualClock } from './helpers/clock.ts'
import { json, startUpstream } from './helpers/upstream.ts'

async function build(t: Test, retry: boolean | { limit: number; delay: number } = false) {
  const app = Fastify()
  t.teardown(() => app.close())
  const clock = new ManualClock()
  await app.register(resilience, { shedding: false, clock, defaults: { retry, totalTimeout: false } })
  const upstream = await startUpstream(t, json({}))
  const get = (options: FetchOptions = {}) =>
    app.resilience.fetch(null, upstream.url, options).then(
      ({ status }) => String(status),
      (error: { code: string; retryAfter?: number }) => [error.code, error.retryAfter].join(' ')
    )
  return { clock, upstream, get }
}

t.test('Retry-After of 429 and 503 is kept to by all calls with the same credentials', async (t) => {
  for (const status of [429, 503]) {
    const { clock, upstream, get } = await build(t)
    upstream.answer = json({}, status, { 'retry-after': '30' })
    t.equal(await get(), 'UPSTREAM_FAILED 30')
    upstream.answer = json({})
    await clock.advance(10_000)
    t.equal(await get(), 'UPSTREAM_LIMITED 20')
    t.equal(await get({ headers: { authorization: 'Bearer another' } }), '200', 'other credentials')
    t.equal(await get({ keepToLimits: false }), '200')
    await clock.advance(20_000)
    t.equal(await get(), '200')
    t.equal(upstream.seen.length, 4)
  }
})

for (const [name, headers] of [
  ['RateLimit', { ratelimit: '"default";r=0;t=5' }],
  ['RateLimit of several policies', { ratelimit: '"burst";r=0;t=2, "hourly";r=0;t=5' }],
  ['RateLimit of an earlier draft', { ratelimit: 'limit=10, remaining=0, reset=5' }],
  ['RateLimit-Remaining', { 'ratelimit-remaining': '0', 'ratelimit-reset': '5' }]
] as const) {
  t.test(`a response whose ${name} leaves nothing holds the next calls back`, async (t) => {
    const { clock, upstream, get } = await build(t)
    upstream.answer = json({}, 200, headers)
    t.equal(await get(), '200', 'the response itself is one')
    t.equal(await get(), 'UPSTREAM_LIMITED 5')
    await clock.advance(5000)
    t.equal(await get(), '200')
  })
}

t.test('a limit with something left, and values that are none, hold nothing back', async (t) => {
  const { upstream, get } = await build(t)
  for (const headers of [
    { ratelimit: '"default";r=1;t=5' },
    { ratelimit: '"default";r=0' },
    { ratelimit: 'remaining=0.5, reset=5' },
    { ratelimit: '' },
    { 'ratelimit-remaining': '0', 'ratelimit-reset': 'soon' },
    { 'retry-after': '30' }
  ] as Record<string, string>[]) {
    upstream.answer = json({}, 200, headers)
    t.equal(await get(), '200', JSON.stringify(headers))
  }
})

t.test('after ten minutes a call tests the service, whatever it has asked for', async (t) => {
  const { clock, upstream, get } = await build(t)
  upstream.answer = json({}, 503, { 'retry-after': '999999999' })
  await get()
  t.equal(await get(), 'UPSTREAM_LIMITED 600')
  upstream.answer = json({})
  await clock.advance(600_000)
  t.equal(await get(), '200')
})

t.test('a retry waits until then, and calls', async (t) => {
  const { clock, upstream, get } = await build(t, { limit: 1, delay: 0 })
  upstream.answer = json({}, 429, { 'retry-after': '2' })
  const result = get()
  const seen = new Promise<void>((resolve) => {
    const check = () => (upstream.seen.length > 0 ? resolve() : void setImmediate(check))
    check()
  })
  await seen
  upstream.answer = json({})
  const turns = { done: false }
  void result.then(() => (turns.done = true))
  while (!turns.done) await clock.advance(500)
  t.equal(await result, '200')
  t.equal(upstream.seen.length, 2)
})
