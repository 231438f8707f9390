import { request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { rawSocket, until } from '@seaworthy/testing'
import Fastify, { type FastifyRequest } from 'fastify'
import { getLocal } from 'mockttp'
import t, { type Test } from 'tap'
import { path, resilience, type ResilienceError, type ResilienceOptions } from '../src/index.ts'
import { ManualClock, outcomes, settled, tally } from './helpers/clock.ts'
import { json, silence, startRawServer, startUpstream } from './helpers/upstream.ts'

const noRequest = null

async function build(t: Test, options: ResilienceOptions = {}) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(resilience, { shedding: false, ...options })
  return app
}

const listening = async (app: Awaited<ReturnType<typeof build>>): Promise<number> => {
  await app.listen({ port: 0, host: '127.0.0.1' })
  return (app.server.address() as AddressInfo).port
}

const errorOf = (promise: Promise<unknown>): Promise<ResilienceError> =>
  promise.then(
    () => {
      throw new Error('the promise resolved')
    },
    (error: ResilienceError) => error
  )

t.test('returns the response of the upstream, also a 404', async (t) => {
  const app = await build(t)
  const upstream = await startUpstream(t, json({ fine: true }))
  t.same(await (await app.resilience.fetch(noRequest, upstream.url)).json(), { fine: true })
  upstream.answer = json({ missing: true }, 404)
  const missing = await app.resilience.fetch(noRequest, upstream.url)
  t.equal(missing.status, 404)
  t.same(await missing.json(), { missing: true })
})

t.test('a stopped upstream causes 502, then 503 with Retry-After and without a call', async (t) => {
  const app = await build(t, { defaults: { retry: false } })
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
  const app = await build(t, { defaults: { timeout: 300, retry: false } })
  const upstream = await startUpstream(t, silence)
  for (let call = 0; call < 5; call++) {
    const error = await errorOf(app.resilience.fetch(noRequest, upstream.url))
    t.match(error, { statusCode: 504, code: 'TIMEOUT' })
    await upstream.seen[call]!.gone
  }
})

t.test(
  'a call rejects exactly at its timeout and closes its connection, and a concurrent call goes on',
  async (t) => {
    const clock = new ManualClock()
    const app = await build(t, { clock, defaults: { timeout: 100, retry: false } })
    const upstream = await startUpstream(t, silence)
    let ended: ResilienceError | undefined
    const late = errorOf(app.resilience.fetch(noRequest, `${upstream.url}/late`)).then(
      (error) => (ended = error)
    )
    await until('the first call', () => upstream.seen.length === 1)
    await clock.advance(60)
    const other = app.resilience.fetch(noRequest, `${upstream.url}/other`)
    await until('the second call', () => upstream.seen.length === 2)
    let gone = 0
    for (const seen of upstream.seen) void seen.gone.then(() => gone++)

    await clock.advance(39)
    t.equal(ended, undefined)
    t.equal(gone, 0)
    await clock.advance(1)
    t.match(await late, { statusCode: 504, code: 'TIMEOUT' })
    await until('the disconnect', () => gone === 1)
    json({ fine: true })(upstream.seen[1]!)
    t.same(await (await other).json(), { fine: true })
  }
)

t.test('a body that never ends is aborted at the end of the time of the call', async (t) => {
  const clock = new ManualClock()
  const app = await build(t, { clock, defaults: { totalTimeout: 200, retry: false } })
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
    const app = await build(t, { defaults: { retry: false } })
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
  const app = await build(t, { defaults: { retry: false }, policies: { quick: { timeout: 200 } } })
  const status = (path: string, options = {}) =>
    errorOf(app.resilience.fetch(noRequest, `${server.url}${path}`, options))
  t.match(await status('/reset'), { statusCode: 502 })
  t.match(await status('/closed'), { statusCode: 502 })
  t.match(await status('/hung', { policy: 'quick' }), { statusCode: 504 })
  t.match(await status('/busy'), { statusCode: 502, retryAfter: 7, cause: { status: 503 } })
})

t.test('GET and PUT are retried, POST only with an Idempotency-Key', async (t) => {
  const app = await build(t, { defaults: { retry: { limit: 1, delay: 0 } } })
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

t.test('each host has a separate breaker, under one name', async (t) => {
  const app = await build(t, { defaults: { retry: false } })
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
    const app = await build(t, { clock, random: () => 0.5, defaults: { retry: false, ramp: 0 } })
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
    const app = await build(t, { defaults: { retry: false, bulkhead: 2 } })
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
  const app = await build(t, { defaults: { retry: false } })
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
  const app = await build(t, { policies: { quick: { timeout: 100, retry: false } } })
  const upstream = await startUpstream(t, silence)
  t.match(await errorOf(app.resilience.fetch(noRequest, upstream.url, { policy: 'quick' })), {
    statusCode: 504
  })
  t.ok(app.resilience.get('fetch:quick'))
})

t.test('a slow GET is hedged if the policy has hedge, a PUT never', async (t) => {
  const clock = new ManualClock()
  const app = await build(t, { clock, defaults: { hedge: { delay: 30 } } })
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
  const app = await build(t)
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

t.test('the header of the remaining time is read and sent', async (t) => {
  const app = await build(t)
  const upstream = await startUpstream(t, json({}))
  const left: number[] = []
  app.get('/', async (request) => {
    left.push(request.deadline.remaining())
    return (await app.resilience.fetch(request, upstream.url)).json()
  })
  const header = 'x-envoy-expected-rq-timeout-ms'
  await app.inject({ url: '/', headers: { [header]: '5000' } })
  const sent = Number(upstream.seen[0]!.headers[header])
  t.ok(left[0]! <= 5000 && left[0]! > 1000, `${left[0]}`)
  t.ok(sent <= left[0]! && sent > 1000, `${sent}`)
  await app.inject({ url: '/', headers: { [header]: '999999999' } })
  t.ok(left[1]! <= 60_000, 'at most max')
  await app.inject({ url: '/', headers: { [header]: 'soon' } })
  t.ok(left[2]! <= 30_000 && left[2]! > 20_000, 'a malformed header is ignored')
})

t.test('the name of the header applies to reading and sending', async (t) => {
  const app = await build(t, { deadline: { header: 'X-Time-Left', default: 9000 } })
  const upstream = await startUpstream(t, json({}))
  const left: number[] = []
  app.get('/', async (request) => {
    left.push(request.deadline.remaining())
    return (await app.resilience.fetch(request, upstream.url)).json()
  })
  await app.inject({ url: '/', headers: { 'x-time-left': '5000' } })
  await app.inject({ url: '/', headers: { 'x-envoy-expected-rq-timeout-ms': '5000' } })
  t.ok(left[0]! <= 5000 && left[1]! > 5000, `${left}`)
  const { headers } = upstream.seen[0]!
  t.ok(Number(headers['x-time-left']) <= 5000, `${headers['x-time-left']}`)
  t.notOk(headers['x-envoy-expected-rq-timeout-ms'])
})

for (const deadline of [{ propagate: false }, { header: false }] as const) {
  t.test(`with ${JSON.stringify(deadline)} no call sends the remaining time`, async (t) => {
    const app = await build(t, { deadline })
    const upstream = await startUpstream(t, json({}))
    const left: number[] = []
    app.get('/', async (request) => {
      left.push(request.deadline.remaining())
      return (await app.resilience.fetch(request, upstream.url)).json()
    })
    await app.inject({ url: '/', headers: { 'x-envoy-expected-rq-timeout-ms': '5000' } })
    t.notOk(upstream.seen[0]!.headers['x-envoy-expected-rq-timeout-ms'])
    t.equal(left[0]! <= 5000, 'propagate' in deadline, 'it is read if it has a name')
  })
}

t.test("grpc-timeout is read and sent in gRPC's format", async (t) => {
  const app = await build(t, { deadline: { header: 'grpc-timeout' } })
  const upstream = await startUpstream(t, json({}))
  app.get('/', async (request) => (await app.resilience.fetch(request, upstream.url)).json())
  await app.inject({ url: '/', headers: { 'grpc-timeout': '5S' } })
  t.match(upstream.seen[0]!.headers['grpc-timeout'], /^\d{4}m$/)
})

t.test(
  'three attempts share a deadline of 200 ms, each sends its remaining time, and the response is 504 at the deadline',
  async (t) => {
    const clock = new ManualClock()
    const defaults = { timeout: 60, retry: { limit: 3, delay: 10 } }
    const app = await build(t, { clock, random: () => 1, defaults })
    const upstream = await startUpstream(t, silence)
    const start = clock.now()
    let ended = 0
    app.get('/', (request) =>
      app.resilience.fetch(request, upstream.url).catch((error: unknown) => {
        ended = clock.now() - start
        throw error
      })
    )
    const header = 'x-envoy-expected-rq-timeout-ms'
    const response = app.inject({ url: '/', headers: { [header]: '200' } })
    for (const [attempts, wait] of [
      [1, 60 + 10],
      [2, 60 + 20],
      [3, 49]
    ] as const) {
      await until(`attempt ${attempts}`, () => upstream.seen.length === attempts)
      await clock.advance(wait)
    }
    t.equal(ended, 0)
    await clock.advance(1)
    t.match(await response, { statusCode: 504 })
    t.equal(ended, 200)
    t.strictSame(
      upstream.seen.map(({ headers }) => headers[header]),
      ['60', '60', '50']
    )
  }
)

t.test('a call that is cut by a deadline of the client does not open the breaker', async (t) => {
  const clock = new ManualClock()
  const app = await build(t, { clock, defaults: { volumeThreshold: 1 } })
  const upstream = await startUpstream(t, silence)
  app.get('/', async (request) => (await app.resilience.fetch(request, upstream.url)).json())
  const response = app.inject({ url: '/', headers: { 'x-envoy-expected-rq-timeout-ms': '200' } })
  await until('the call', () => upstream.seen.length === 1)
  await clock.advance(200)
  t.match((await response).json(), { statusCode: 504, code: 'DEADLINE_EXCEEDED' })
  t.match(app.resilience.list(), [{ state: 'closed', counts: { failure: 0, timeout: 1 } }])
})

t.test('a disconnected client aborts the call to the upstream, and no failure is counted', async (t) => {
  const app = await build(t)
  const upstream = await startUpstream(t, silence)
  const signals: AbortSignal[] = []
  app.post('/', async (request) => {
    signals.push(request.deadline.signal)
    return (await app.resilience.fetch(request, upstream.url)).json()
  })
  const port = await listening(app)
  const body = '{"a":1}'
  const head = `POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
  const { socket } = await rawSocket(t, port, head + body)
  await until('the upstream to be called', () => upstream.seen.length > 0)
  socket.destroy()
  await upstream.seen[0]!.gone
  t.match(app.resilience.list(), [{ counts: { canceled: 1, failure: 0, timeout: 0 } }])
  t.equal(signals[0]!.aborted, true)
  t.match(signals[0]!.reason, { code: 'CALL_CANCELED' })
})

t.test('no call is made for a client that has disconnected', async (t) => {
  const app = await build(t)
  let calls = 0
  const breaker = app.resilience.breaker('users', () => calls++)
  const started = Promise.withResolvers<FastifyRequest>()
  const left = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<unknown>()
  app.get('/', async (request, reply) => {
    reply.raw.once('close', () => left.resolve())
    started.resolve(request)
    await left.promise
    ended.resolve(await breaker.call(request).catch((error: unknown) => error))
  })
  const port = await listening(app)
  const { socket } = await rawSocket(t, port, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  await started.promise
  socket.destroy()
  t.match(await ended.promise, { code: 'CALL_CANCELED' })
  t.equal(calls, 0)
  t.match(breaker.snapshot().counts, { canceled: 1, failure: 0 })
})

t.test('a disconnected client leaves the queue of a bulkhead', async (t) => {
  const app = await build(t)
  const ends: (() => void)[] = []
  const breaker = app.resilience.breaker(
    'narrow',
    () => new Promise<string>((resolve) => ends.push(() => resolve('done'))),
    { bulkhead: { limit: 1, queue: 1 } }
  )
  let queued: Promise<string> | undefined
  app.get('/', (request) => (queued = breaker.call(request)))
  const port = await listening(app)
  const first = breaker.call(noRequest)
  const { socket } = await rawSocket(t, port, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  await until('the request', () => queued !== undefined)
  t.strictSame(await outcomes(1, () => breaker.call(noRequest)), ['BULKHEAD_FULL'])
  socket.destroy()
  await t.rejects(queued!, { code: 'CALL_CANCELED' })
  const next = breaker.call(noRequest)
  ends[0]!()
  await settled()
  ends[1]!()
  t.strictSame(await Promise.all([first, next]), ['done', 'done'])
  t.equal(ends.length, 2)
})

t.test('calls that are pending after the response go on until the app closes', async (t) => {
  const app = await build(t)
  const signals: AbortSignal[] = []
  const calls: Promise<unknown>[] = []
  const breaker = app.resilience.breaker('users', ({ signal }) => {
    signals.push(signal)
    return new Promise<never>(() => undefined)
  })
  let after: (() => void) | undefined
  app.get('/', async (request) => {
    const call = () => calls.push(breaker.call(request).catch((error: unknown) => error))
    call()
    after = call
    return 'answered'
  })
  await app.inject('/')
  await settled()
  after!()
  t.match(signals, [{ aborted: false }, { aborted: false }])
  await app.close()
  t.match(signals, [{ aborted: true }, { aborted: true }])
  t.match(await Promise.all(calls), [{ code: 'SERVICE_CLOSING' }, { code: 'SERVICE_CLOSING' }])
})

t.test('reading the body of a POST does not abort the deadline', async (t) => {
  const app = await build(t)
  const upstream = await startUpstream(t, silence)
  let signal: AbortSignal | undefined
  app.post('/', async (request) => {
    signal = request.deadline.signal
    return (await app.resilience.fetch(request, upstream.url)).json()
  })
  const port = await listening(app)
  const status = new Promise((resolve, reject) => {
    const sent = httpRequest(
      { port, method: 'POST', headers: { 'content-type': 'application/json' } },
      (response) => {
        response.resume()
        resolve(response.statusCode)
      }
    )
    sent.once('error', reject).end('{"a":1}')
  })
  await until('the call', () => upstream.seen.length === 1)
  t.equal(signal?.aborted, false)
  json({ fine: true })(upstream.seen[0]!)
  t.equal(await status, 200)
  t.equal(signal?.aborted, false)
})

t.test('a disconnected client does not abort the probe', async (t) => {
  const clock = new ManualClock()
  const app = await build(t, { clock })
  let up = false
  const answer = Promise.withResolvers<string>()
  const breaker = app.resilience.breaker(
    'users',
    () => {
      if (!up) throw new Error('down')
      return answer.promise
    },
    { resetTimeout: 20, volumeThreshold: 1 }
  )
  let started: FastifyRequest | undefined
  app.get('/', (request) => {
    started = request
    return breaker.call(request)
  })
  const port = await listening(app)
  await outcomes(1, () => breaker.call(noRequest))
  up = true
  await clock.advance(60)
  const { socket } = await rawSocket(t, port, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  await until('the probe', () => started !== undefined && breaker.state === 'half-open')
  socket.destroy()
  await until('the call to be canceled', () => breaker.snapshot().counts.canceled === 1)
  t.equal(breaker.state, 'half-open')
  answer.resolve('back')
  await until('the probe to end', () => breaker.state === 'closed')
})

t.test('a call that its caller aborts is not counted as a failure', async (t) => {
  const app = await build(t)
  const upstream = await startUpstream(t, silence)
  const controller = new AbortController()
  const call = errorOf(app.resilience.fetch(noRequest, upstream.url, { signal: controller.signal }))
  await until('the call', () => upstream.seen.length > 0)
  controller.abort()
  t.match(await call, { code: 'CALL_CANCELED' })
  t.match(app.resilience.list(), [{ counts: { failure: 0, ignored: 1 } }])
})

t.test('only degraded responses are marked and kept out of caches', async (t) => {
  const app = await build(t)
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
