import { until } from '@seaworthy/testing'
import type { FastifyRequest } from 'fastify'
import { getLocal } from 'mockttp'
import t from 'tap'
import { path, type ResilienceError } from '../src/index.ts'
import { buildApp, errorOf, noRequest } from './helpers/app.ts'
import { ManualClock, tally } from './helpers/clock.ts'
import { json, silence, startRawServer, startUpstream } from './helpers/upstream.ts'

t.test('returns the response of the upstream, also a 404', async (t) => {
  const app = await buildApp(t)
  const upstream = await startUpstream(t, json({ fine: true }))
  t.same(await (await app.resilience.fetch(noRequest, upstream.url)).json(), { fine: true })
  upstream.answer = json({ missing: true }, 404)
  const missing = await app.resilience.fetch(noRequest, upstream.url)
  t.equal(missing.status, 404)
  t.same(await missing.json(), { missing: true })
})

t.test('a stopped upstream causes 502, then 503 with Retry-After and without a call', async (t) => {
  const app = await buildApp(t, { defaults: { retry: false } })
  const upstream = await startUpstream(t, json({}))
  await upstream.kill()
  app.get('/', async (request) => (await app.resilience.fetch(request, upstream.url)).json())
  const statuses: number[] = []
  for (let i = 0; i < 22; i++) statuses.push((await app.inject('/')).statusCode)
  t.strictSame(tally(statuses.map(String)), { 502: 20, 503: 2 })
  const refused = await app.inject('/')
  t.match(refused.headers['retry-after'], /^[1-9]\d*$/)
  t.match(refused.json(), { code: 'BREAKER_OPEN' })
})

t.test('a slow upstream causes 504, and its connection is closed', async (t) => {
  const clock = new ManualClock()
  const app = await buildApp(t, { clock, defaults: { timeout: 300, retry: false } })
  const upstream = await startUpstream(t, silence)
  for (let call = 0; call < 5; call++) {
    const failed = errorOf(app.resilience.fetch(noRequest, upstream.url))
    await until('the call', () => upstream.seen.length === call + 1)
    await clock.advance(300)
    t.match(await failed, { statusCode: 504, code: 'TIMEOUT' })
    await upstream.seen[call]!.gone
  }
})

t.test(
  'a call rejects exactly at its timeout and closes its connection, and a concurrent call goes on',
  async (t) => {
    const clock = new ManualClock()
    const app = await buildApp(t, { clock, defaults: { timeout: 100, retry: false } })
    const upstream = await startUpstream(t, silence)
    let ended: ResilienceError | undefined
    const late = errorOf(app.resilience.fetch(noRequest, `${upstream.url}/late`)).then(
      (error) => (ended = error)
    )
    await until('the first call', () => upstream.seen.length === 1)
    await clock.advance(60)
    const other = app.resilience.fetch(noRequest, `${upstream.url}/other`)
    await until('the second call', () => upstream.seen.length === 2)
    let disconnects = 0
    for (const seen of upstream.seen) void seen.gone.then(() => disconnects++)

    await clock.advance(39)
    t.equal(ended, undefined)
    t.equal(disconnects, 0)
    await clock.advance(1)
    t.match(await late, { statusCode: 504, code: 'TIMEOUT' })
    await until('the disconnect', () => disconnects === 1)
    json({ fine: true })(upstream.seen[1]!)
    t.same(await (await other).json(), { fine: true })
  }
)

t.test('a body that never ends is aborted at the end of the time of the call', async (t) => {
  const clock = new ManualClock()
  const app = await buildApp(t, { clock, defaults: { totalTimeout: 200, retry: false } })
  const upstream = await startUpstream(t, ({ response }) => {
    response.writeHead(200).write('{"half":')
  })
  const response = await app.resilience.fetch(noRequest, upstream.url)
  const body = errorOf(response.json())
  await clock.advance(200)
  t.match(await body, { statusCode: 504 })
  await upstream.seen[0]!.gone
})

for (const [name, bytes] of [
  ['that closes without a response', ''],
  ['that does not speak HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['that promises more than it sends', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{}'],
  [
    'whose JSON is invalid',
    'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5\r\n\r\n<html'
  ]
] as const) {
  t.test(`an upstream ${name} causes 502`, async (t) => {
    const app = await buildApp(t, { defaults: { retry: false } })
    const { url } = await startRawServer(t, bytes)
    const error = await errorOf(app.resilience.fetch(noRequest, url).then((response) => response.json()))
    t.match(error, { statusCode: 502, code: 'UPSTREAM_FAILED' })
    t.ok(error.cause)
  })
}

t.test('reset, closed and hanging connections of mockttp cause 502 and 504', async (t) => {
  const server = getLocal()
  await server.start()
  t.teardown(() => server.stop())
  await server.forGet('/reset').thenResetConnection()
  await server.forGet('/closed').thenCloseConnection()
  await server.forGet('/hung').thenTimeout()
  await server.forGet('/busy').thenReply(503, 'busy', { 'retry-after': '7' })
  const app = await buildApp(t, { defaults: { retry: false }, policies: { quick: { timeout: 200 } } })
  const status = (path: string, options = {}) =>
    errorOf(app.resilience.fetch(noRequest, `${server.url}${path}`, options))
  t.match(await status('/reset'), { statusCode: 502 })
  t.match(await status('/closed'), { statusCode: 502 })
  t.match(await status('/hung', { policy: 'quick' }), { statusCode: 504 })
  t.match(await status('/busy'), { statusCode: 502, retryAfter: 7, cause: { status: 503 } })
})

t.test('GET and PUT are retried, POST only with an Idempotency-Key', async (t) => {
  const app = await buildApp(t, { defaults: { retry: { limit: 1, delay: 0 } } })
  const upstream = await startUpstream(t, json({}, 503))
  const attempts = async (init: RequestInit) => {
    const before = upstream.seen.length
    await errorOf(app.resilience.fetch(noRequest, upstream.url, init))
    return upstream.seen.length - before
  }
  t.equal(await attempts({}), 2)
  t.equal(await attempts({ method: 'POST', body: 'a' }), 1)
  t.equal(await attempts({ method: 'PUT', body: 'a' }), 2)
  t.equal(await attempts({ method: 'POST', body: 'a', headers: { 'idempotency-key': '1' } }), 2)
})

t.test('a slow GET is hedged if the policy has hedge, a PUT never', async (t) => {
  const clock = new ManualClock()
  const app = await buildApp(t, { clock, defaults: { hedge: { delay: 30 } } })
  const upstream = await startUpstream(t, (seen) => {
    if (upstream.seen.length > 1) json({ second: true })(seen)
  })
  const get = app.resilience.fetch(noRequest, upstream.url)
  await until('the first attempt', () => upstream.seen.length === 1)
  await clock.advance(30)
  t.same(await (await get).json(), { second: true })
  await upstream.seen[0]!.gone
  const before = upstream.seen.length
  upstream.answer = silence
  const put = app.resilience.fetch(noRequest, upstream.url, { method: 'PUT' })
  await until('the PUT', () => upstream.seen.length > before)
  await clock.advance(1000)
  json({})(upstream.seen[before]!)
  await put
  t.equal(upstream.seen.length - before, 1)
})

t.test('values in the path stay inside their segment', async (t) => {
  const app = await buildApp(t)
  const upstream = await startUpstream(t, json({}))
  const { fetch } = app.resilience
  const call = fetch.bind(app.resilience)
  await call(noRequest, upstream.url, { path: ['users', 'a/b?c#d', 7], query: { q: 'x&y', none: undefined } })
  t.equal(upstream.seen[0]!.url, '/users/a%2Fb%3Fc%23d/7?q=x%26y')
  await call(noRequest, `${upstream.url}${path`/users/${'ö'}/orders`}`)
  t.equal(upstream.seen[1]!.url, '/users/%C3%B6/orders')
  for (const id of ['../admin', '..', '.', '', 'a/../../b', '..\\admin', '%2e%2e']) {
    await t.rejects(call(noRequest, upstream.url, { path: ['users', id] }), {
      code: 'INVALID_PATH_SEGMENT',
      statusCode: 400
    })
    t.throws(() => path`/users/${id}`, { code: 'INVALID_PATH_SEGMENT' })
  }
  await t.rejects(call(noRequest, `${upstream.url}/users/../admin`), { code: 'INVALID_PATH_SEGMENT' })
  t.equal(upstream.seen.length, 2)
})

t.test(
  'a caller that aborts while its call waits for a retry or for a slot gets its error at once',
  async (t) => {
    const clock = new ManualClock()
    const app = await buildApp(t, {
      clock,
      random: () => 1,
      policies: {
        retries: { retry: { limit: 1, delay: 5000, maxDelay: 5000 } },
        narrow: { retry: false, bulkhead: { limit: 1, queue: 1 } }
      }
    })
    const upstream = await startUpstream(t, json({}, 500))
    const controller = new AbortController()
    const retries = errorOf(
      app.resilience.fetch(noRequest, upstream.url, { policy: 'retries', signal: controller.signal })
    )
    await until('the pause', () => app.resilience.get('fetch:retries')?.snapshot().counts.failure === 1)
    upstream.answer = silence
    const running = errorOf(app.resilience.fetch(noRequest, upstream.url, { policy: 'narrow' }))
    await until('the running call', () => upstream.seen.length === 2)
    const queued = errorOf(
      app.resilience.fetch(noRequest, upstream.url, { policy: 'narrow', signal: controller.signal })
    )
    controller.abort()
    t.match(await Promise.all([retries, queued]), [{ code: 'CALL_CANCELED' }, { code: 'CALL_CANCELED' }])
    await clock.advance(60_000)
    t.match(await running, { code: 'TIMEOUT' })
    t.equal(upstream.seen.length, 2, 'no call is made for them later')
  }
)

t.test('a URL without a host is refused', async (t) => {
  const app = await buildApp(t)
  for (const url of ['data:text/plain,hi', 'file:///etc/passwd', 'about:blank', 'blob:http://a/b']) {
    t.match(await errorOf(app.resilience.fetch(noRequest, url)), {
      code: 'ADDRESS_NOT_ALLOWED',
      statusCode: 400
    })
  }
})

t.test('a call that its caller aborts is not counted as a failure', async (t) => {
  const app = await buildApp(t)
  const upstream = await startUpstream(t, silence)
  const controller = new AbortController()
  const call = errorOf(app.resilience.fetch(noRequest, upstream.url, { signal: controller.signal }))
  await until('the call', () => upstream.seen.length > 0)
  controller.abort()
  t.match(await call, { code: 'CALL_CANCELED' })
  t.match(app.resilience.list(), [{ counts: { failure: 0, ignored: 1 } }])
})

t.test('when the app ends a call, a client that still waits gets 504 or 500, and no 499', async (t) => {
  const app = await buildApp(t)
  const upstream = await startUpstream(t, silence)
  const ended = (signal: AbortSignal) => async (request: FastifyRequest) =>
    (await app.resilience.fetch(request, upstream.url, { signal })).status
  app.get('/timeout', ended(AbortSignal.timeout(1)))
  app.get('/canceled', ended(AbortSignal.abort()))
  app.get('/deadline', { config: { deadline: 20 } }, async (request) =>
    ended(request.deadline.signal)(request)
  )
  t.match(await app.inject('/timeout'), { statusCode: 504, body: /too long/ })
  t.match(await app.inject('/canceled'), { statusCode: 500, body: /canceled/ })
  t.match(await app.inject('/deadline'), { statusCode: 504, body: /DEADLINE_EXCEEDED/ })
  t.match(app.resilience.list(), [{ counts: { failure: 0 } }])
})

t.test('what fetch would ignore is rejected: options of policies, and the members of a body', async (t) => {
  const app = await buildApp(t)
  const options = { timeout: 200, mode: 'cors' } as object
  t.match(await errorOf(app.resilience.fetch(noRequest, 'http://localhost', options)), {
    code: 'INVALID_OPTION',
    message: /"fetch.timeout" must be in a policy/
  })
  const body = { total: 3 } as unknown as string
  t.match(await errorOf(app.resilience.fetch(noRequest, 'http://localhost', { method: 'POST', body })), {
    code: 'INVALID_OPTION',
    message: /"fetch.body" must be text.*JSON.stringify/
  })
  for (const [name, here] of [
    ['json', /JSON.stringify/],
    ['params', /it is query/]
  ] as const) {
    const renamed = { [name]: { total: 3 } } as object
    t.match(await errorOf(app.resilience.fetch(noRequest, 'http://localhost', renamed)), {
      code: 'INVALID_OPTION',
      message: here
    })
  }
})
