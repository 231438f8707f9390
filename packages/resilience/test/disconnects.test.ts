// Clients that leave before the response is complete.
import { request as httpRequest } from 'node:http'
import { rawSocket, until } from '@seaworthy/testing'
import type { FastifyRequest } from 'fastify'
import t from 'tap'
import { buildApp, listen, noRequest } from './helpers/app.ts'
import { ManualClock, outcomes, settled } from './helpers/clock.ts'
import { json, silence, startUpstream } from './helpers/upstream.ts'

t.test('a disconnected client aborts the call to the upstream, and no failure is counted', async (t) => {
  const app = await buildApp(t)
  const upstream = await startUpstream(t, silence)
  const signals: AbortSignal[] = []
  app.post('/', async (request) => {
    signals.push(request.deadline.signal)
    return (await app.resilience.fetch(request, upstream.url)).json()
  })
  const port = await listen(app)
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
  const app = await buildApp(t)
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
  const port = await listen(app)
  const { socket } = await rawSocket(t, port, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  await started.promise
  socket.destroy()
  t.match(await ended.promise, { code: 'CALL_CANCELED' })
  t.equal(calls, 0)
  t.match(breaker.snapshot().counts, { canceled: 1, failure: 0 })
})

t.test('a disconnected client leaves the queue of a bulkhead', async (t) => {
  const app = await buildApp(t)
  const ends: (() => void)[] = []
  const breaker = app.resilience.breaker(
    'narrow',
    () => new Promise<string>((resolve) => ends.push(() => resolve('done'))),
    { bulkhead: { limit: 1, queue: 1 } }
  )
  let queued: Promise<string> | undefined
  app.get('/', (request) => (queued = breaker.call(request)))
  const port = await listen(app)
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
  const app = await buildApp(t)
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
  const app = await buildApp(t)
  const upstream = await startUpstream(t, silence)
  let signal: AbortSignal | undefined
  app.post('/', async (request) => {
    signal = request.deadline.signal
    return (await app.resilience.fetch(request, upstream.url)).json()
  })
  const port = await listen(app)
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
  const app = await buildApp(t, { clock })
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
  const port = await listen(app)
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
