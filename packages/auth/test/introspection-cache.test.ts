// Cached results, and outages of the endpoint.
import { until } from '@seaworthy/testing'
import { install } from '@sinonjs/fake-timers'
import t from 'tap'
import { seconds } from './helpers.ts'
import { active, introspectingApp, respondWith, type Answer } from './introspection-server.ts'

const bad: Record<string, Answer> = {
  'an error': respondWith(active(), 500),
  'a rejection of this service': respondWith({ error: 'invalid_client' }, 401),
  silence: () => undefined,
  'half an answer': (response) =>
    void response.writeHead(200, { 'content-type': 'application/json' }).write('{"active":true,'),
  '10 MB': (response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const block = Buffer.alloc(1024 * 1024, 32)
    for (let written = 0; written < 10; written++) response.write(block)
    response.end(JSON.stringify(active()))
  },
  'a redirect': (response) => void response.writeHead(307, { location: '/elsewhere' }).end(),
  'no JSON': (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('<html>'),
  'a list': respondWith([true]),
  'an "active" that is no boolean': respondWith(active({ active: 'true' })),
  'a closed connection': (response) => void response.destroy()
}
for (const [name, answer] of Object.entries(bad)) {
  t.test(`while the endpoint returns ${name}, cached tokens are valid and others get 503`, async (t) => {
    const { state, status, call, runs } = await introspectingApp(t, { introspection: { timeout: 300 } })
    // On a busy machine the first calls may time out.
    await until('a result', async () => (await status('cached')) === 200)
    const good = state.answer
    state.answer = answer
    state.calls.length = 0
    const rejected = await call('uncached')
    t.match(rejected, { statusCode: 503, headers: { 'retry-after': /^\d+$/ } })
    t.match(rejected.json(), { code: 'AUTH_INTROSPECTION_UNAVAILABLE' })
    t.notOk(rejected.headers['www-authenticate'])
    t.equal(runs(), 1)
    t.equal(await status('cached'), 200)
    t.equal(state.elsewhere, 0, 'no redirect is followed')
    t.equal(state.calls.length, 1, 'one call for the uncached token')
    state.answer = good
    await until('the end of the outage, which is not cached', async () => (await status('uncached')) === 200)
  })
}

t.test('without a connection to the issuer a request gets 503, and revoke rejects', async (t) => {
  const { app, stop, call, runs } = await introspectingApp(t)
  stop()
  t.match(await call('a'), { statusCode: 503, headers: { 'retry-after': /^\d+$/ } })
  await t.rejects(app.auth.revoke({ token: 'a' }), { code: 'AUTH_INTROSPECTION_UNAVAILABLE' })
  t.equal(runs(), 0)
})

t.test('a hundred requests with one token make one call and share no changes of a handler', async (t) => {
  const made = await introspectingApp(t)
  made.route(
    'DELETE',
    '/mine',
    { onRequest: made.app.authenticate },
    ({ user }: { user: { n?: number } }) => {
      user.n = (user.n ?? 0) + 1
      return { n: user.n }
    }
  )
  const all = await Promise.all(Array.from({ length: 100 }, () => made.call('same', '/mine')))
  all.push(await made.call('same', '/mine'))
  t.ok(all.every((response) => response.statusCode === 200 && response.json<{ n: number }>().n === 1))
  t.equal(made.state.calls.length, 1)
  t.equal(made.runs(), 101)
})

t.test('while the issuer hangs, calls are limited', async (t) => {
  const { state, status } = await introspectingApp(t, { introspection: { timeout: 1000 } })
  state.answer = bad.silence!
  const codes = await Promise.all(Array.from({ length: 400 }, (_, index) => status(`invented-${index}`)))
  t.ok(codes.every((code) => code === 503))
  t.ok(state.calls.length <= 256, `${state.calls.length} calls`)
})

t.test('results are cached for cacheFor, rejections for less, and neither beyond exp', async (t) => {
  const { app, state, status } = await introspectingApp(t, { jwt: { clockTolerance: 0 } })
  await app.ready()
  const clock = install({ now: Date.now(), toFake: ['Date'] })
  t.teardown(() => clock.uninstall())
  const expectCalls = async (token: string, code: number, calls: number): Promise<void> => {
    state.calls.length = 0
    t.equal(await status(token), code)
    t.equal(state.calls.length, calls)
  }
  await expectCalls('long', 200, 1)
  clock.tick(59_000)
  await expectCalls('long', 200, 0)
  clock.tick(1500)
  await expectCalls('long', 200, 1)

  state.answer = respondWith({ active: false })
  await expectCalls('bad', 401, 1)
  await expectCalls('bad', 401, 0)
  await expectCalls('long', 200, 0)
  clock.tick(5000)
  await expectCalls('bad', 401, 1)

  state.answer = respondWith(active({ exp: seconds() + 10 }))
  await expectCalls('short', 200, 1)
  clock.tick(9000)
  await expectCalls('short', 200, 0)
  clock.tick(2000)
  await expectCalls('short', 401, 1)
})

t.test('with cacheFor 0 or cache 0 each request makes a call', async (t) => {
  for (const options of [{ introspection: { cacheFor: 0 } }, { jwt: { cache: 0 } }]) {
    const { state, status } = await introspectingApp(t, options)
    for (let round = 0; round < 3; round++) t.equal(await status('a'), 200)
    t.equal(state.calls.length, 3)
  }
})

t.test('the cache is bounded, and rejected tokens do not displace valid ones', async (t) => {
  const { state, status } = await introspectingApp(t, { jwt: { cache: 2 } })
  const good = state.answer
  t.equal(await status('good'), 200)
  state.answer = respondWith({ active: false })
  for (const token of ['x1', 'x2', 'x3', 'x4']) t.equal(await status(token), 401)
  state.calls.length = 0
  t.equal(await status('good'), 200)
  t.equal(state.calls.length, 0)
  state.answer = good
  for (const token of ['g2', 'g3', 'good']) t.equal(await status(token), 200)
  t.equal(state.calls.length, 3, 'the oldest entry made room')
})

t.test('a revoked token or user is rejected while the result is still cached', async (t) => {
  const { app, state, call, status, runs } = await introspectingApp(t)
  state.answer = (response, made) =>
    respondWith(active({ jti: made.body.get('token'), sub: `user-${made.body.get('token')}` }))(
      response,
      made
    )
  for (const token of ['t1', 't2', 't3', 't4']) t.equal(await status(token), 200)
  await app.auth.revoke({ jti: 't1' })
  await app.auth.revoke({ user: 'user-t2' })
  await app.auth.revoke({ token: 't3' })
  for (const token of ['t1', 't2', 't3']) {
    const response = await call(token)
    t.equal(response.statusCode, 401, token)
    t.match(response.json(), { code: 'AUTH_TOKEN_REVOKED' })
  }
  t.equal(await status('t4'), 200)
  t.equal(state.calls.length, 4, 'from the cache')
  t.equal(runs(), 5)
})
