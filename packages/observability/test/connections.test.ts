import { connect as connectHttp2 } from 'node:http2'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { rawSocket, until } from '@seaworthy/testing'
import { build, listen, total, type TestApp } from './helpers.ts'

const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`

const aborts = 500

const metric = async ({ app }: TestApp, name: string, labels?: RegExp) =>
  total(await app.observability.metrics(), name, labels)

const kinds: Record<string, { request: string; started: RegExp | undefined }> = {
  pending: { request: get('/pending'), started: undefined },
  'mid-stream': { request: get('/stream'), started: /first/ },
  upload: {
    request:
      'POST /upload HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"a":',
    started: undefined
  },
  'never-replying': { request: get('/never'), started: undefined }
}

async function startService(t: Parameters<typeof build>[0]) {
  const built = await build(t, {}, (app) => {
    app.get('/ok', async () => 'ok')
    app.get('/pending', async () => new Promise((resolve) => setTimeout(resolve, 60_000, 'late').unref()))
    app.get('/never', () => undefined)
    app.post('/upload', async () => 'ok')
    app.get('/stream', async () => {
      const stream = new PassThrough()
      stream.write('first')
      return stream
    })
  })
  return { built, port: await listen(built.app) }
}

for (const [kind, { request, started }] of Object.entries(kinds)) {
  t.test(
    `500 aborts of the kind ${kind} are counted, logged once each, and leave nothing in flight`,
    async (t) => {
      const { built, port } = await startService(t)
      const sockets = await Promise.all(
        Array.from({ length: aborts }, async () => rawSocket(t, port, request))
      )
      const inFlight = async () => metric(built, 'http_requests_in_flight')
      await until('all in flight', async () => (await inFlight()) === aborts)
      if (started)
        await until('all streaming', () => sockets.every((socket) => started.test(socket.received())))
      for (const { socket } of sockets) socket.destroy()

      await until('none in flight', async () => (await inFlight()) === 0)
      t.equal(await metric(built, 'http_requests_aborted_total'), aborts)
      t.equal(await metric(built, 'http_requests_total', /status_code="499"/), aborts)
      const lines = built.requests()
      t.equal(lines.length, aborts)
      const fine = lines.filter(
        ({ statusCode, aborted, duration }) => statusCode === 499 && aborted && duration! >= 0
      )
      t.equal(fine.length, aborts)
      t.equal(new Set(lines.map(({ correlationId }) => correlationId)).size, aborts)
      t.equal(await metric(built, 'active_connections'), 0)
    }
  )
}

t.test('500 pipelined requests are each in flight, each aborted and one line each', async (t) => {
  const { built, port } = await startService(t)
  const sockets = await Promise.all(
    Array.from({ length: aborts / 10 }, async () => rawSocket(t, port, get('/ok') + get('/never').repeat(10)))
  )
  await until('all in flight', async () => (await metric(built, 'http_requests_in_flight')) === aborts)
  for (const { socket } of sockets) socket.destroy()
  await until('none in flight', async () => (await metric(built, 'http_requests_in_flight')) === 0)
  t.equal(await metric(built, 'http_requests_aborted_total'), aborts)
  t.equal(built.requests().filter(({ aborted }) => aborted).length, aborts)
  t.equal(await metric(built, 'http_requests_total', /status_code="499"/), aborts)
  t.equal(await metric(built, 'http_requests_total', /status_code="200"/), aborts / 10)
})

t.test('a response after the client has closed its connection is not a second line', async (t) => {
  let answer: (text: string) => void = () => undefined
  const built = await build(t, {}, (app) => {
    app.get('/', async () => new Promise((resolve) => (answer = resolve)))
  })
  const { socket } = await rawSocket(t, await listen(built.app), get('/'))
  await until('in flight', async () => (await metric(built, 'http_requests_in_flight')) === 1)
  socket.destroy()
  await until('aborted', () => built.requests().length === 1)
  answer('late')
  // A whole request later, the late response has run through all hooks.
  await built.app.inject('/next')
  t.strictSame(
    built.requests().map(({ url, statusCode }) => [url, statusCode]),
    [
      ['/', 499],
      ['/next', 404]
    ]
  )
  t.equal(await metric(built, 'http_requests_in_flight'), 0)
})

t.test('a stream that fails on our side is a 500 with its error, not an abort by the client', async (t) => {
  const built = await build(t, {}, (app) => {
    app.get('/', async () => {
      const stream = new PassThrough()
      stream.write('first')
      setImmediate(() => setImmediate(() => stream.destroy(new Error('disk gone'))))
      return stream
    })
  })
  const raw = await rawSocket(t, await listen(built.app), get('/'))
  await raw.closed
  await until('the line', () => built.requests().length > 0)
  t.match(built.requests(), [{ level: 50, statusCode: 500, err: { message: 'disk gone' } }])
})

t.test('connections are counted apart from requests, idle ones included', async (t) => {
  const { built, port } = await startService(t)
  await Promise.all([rawSocket(t, port), rawSocket(t, port, get('/ok'))])
  await until('two connections', async () => (await metric(built, 'active_connections')) === 2)
  await until('no request left', async () => (await metric(built, 'http_requests_in_flight')) === 0)
  t.equal(await metric(built, 'active_connections'), 2)
})

t.test('on HTTP/2 each stream counts, and a cancelled one is an abort', async (t) => {
  const built = await build(
    t,
    {},
    (app) => {
      app.get('/ok', async () => 'ok')
      app.get('/never', () => undefined)
    },
    { http2: true }
  )
  const client = connectHttp2(`http://127.0.0.1:${await listen(built.app)}`)
  t.teardown(() => client.destroy())
  const streams = ['/never', '/never', '/never'].map((path) => client.request({ ':path': path }))
  for (const stream of streams) stream.on('error', () => undefined)
  await until('three in flight', async () => (await metric(built, 'http_requests_in_flight')) === 3)
  const ok = client.request({ ':path': '/ok' })
  await new Promise((resolve) => ok.resume().on('end', resolve))
  for (const stream of streams) stream.close(8)
  await until('none in flight', async () => (await metric(built, 'http_requests_in_flight')) === 0)
  t.equal(await metric(built, 'http_requests_aborted_total'), 3)
  t.equal(await metric(built, 'active_connections'), 1)
  t.equal(built.requests().length, 4)
})

t.test('a request that Fastify rejects before any hook is counted, logged once and has an id', async (t) => {
  const cases: [bytes: string, status: number, reason: string][] = [
    [get('/%zz'), 400, 'bad_url'],
    [get(`/by/${'x'.repeat(500)}`), 414, 'parameter_too_long'],
    [`GET / HTTP/1.1\r\nhost: a\r\nbig: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
    ['NONSENSE\r\n\r\n', 400, 'malformed']
  ]
  const built = await build(t, {}, (app) => app.get('/by/:name', async () => 'ok'))
  const port = await listen(built.app)
  for (const [bytes, statusCode, reason] of cases) {
    const before = built.requests().length
    const raw = await rawSocket(t, port, bytes)
    await until('an answer', () => raw.received().startsWith(`HTTP/1.1 ${statusCode}`))
    t.match(raw.received(), /x-correlation-id: [\w-]{36}\r\n/i, reason)
    t.match(built.requests().slice(before), [{ statusCode, reason, msg: 'request rejected', level: 30 }])
    t.equal(built.requests().length, before + 1)
    t.equal(await metric(built, 'http_requests_refused_total', new RegExp(`reason="${reason}"`)), 1)
  }
})
