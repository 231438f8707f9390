import { once } from 'node:events'
import { request as nodeRequest } from 'node:http'
import { connect } from 'node:http2'
import { propagation, trace, type TextMapPropagator } from '@opentelemetry/api'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { provided, tracerPort } from '@seaworthy/contract'
import { freePort, startIntake, until } from '@seaworthy/testing'
import { spans, startSdk, type KeptSpan } from './fixtures/span-store.ts'
import { build, listen } from './helpers.ts'

const sdk = startSdk()
t.teardown(async () => sdk.shutdown())

const [internal, server, client] = [0, 1, 2]
const failed = { code: 2 }

/** The spans that a piece of work leaves. */
async function spansOf(work: () => Promise<unknown>, count: number): Promise<KeptSpan[]> {
  const before = spans.length
  await work()
  await until(`${count} spans`, () => spans.length >= before + count)
  return spans.slice(before)
}

const ids = (span: KeptSpan) => ({ ...span.spanContext(), parent: span.parentSpanContext?.spanId })

const get = async (port: number, path: string, headers: Record<string, string> = {}) => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers })
  await response.text()
}

t.test('a request that no instrumentation has given a span gets one, and the log has its ids', async (t) => {
  const { app, requests, lines } = await build(t, {}, (app) => {
    app.get('/users/:id', async (request) => request.log.info('mine') ?? 'ok')
    app.post('/users', async () => {
      throw Object.assign(new Error('no redis://:hunter2@cache'), { code: 'ECONNREFUSED' })
    })
    app.get('/resets/:token', async () => 'ok')
    app.get('/probe', { config: { operational: 'probe' } as never }, async () => 'ok')
  })
  const port = await listen(app)
  const [span] = await spansOf(async () => get(port, '/users/7?token=hunter3'), 1)
  t.match(span, { name: 'GET /users/:id', kind: server, status: { code: 0 } })
  t.strictSame(span!.attributes, {
    'http.request.method': 'GET',
    'url.scheme': 'http',
    'url.path': '/users/7',
    'network.protocol.version': '1.1',
    'http.route': '/users/:id',
    'http.response.status_code': 200
  })
  const { traceId, spanId } = ids(span!)
  t.match(requests().at(-1), { traceId, spanId })
  t.match(
    lines().find(({ msg }) => msg === 'mine'),
    { traceId }
  )
  t.equal(ids(span!).parent, undefined)

  const parent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  const [continued] = await spansOf(async () => get(port, '/nowhere', { traceparent: parent }), 1)
  t.match(continued, { name: 'GET', attributes: { 'http.response.status_code': 404 }, status: { code: 0 } })
  t.match(ids(continued!), { traceId: 'a'.repeat(32), parent: 'b'.repeat(16) })

  const post = async () => app.inject({ method: 'POST', url: '/users', payload: { name: 'x' } })
  const [broken] = await spansOf(post, 1)
  t.match(broken, {
    name: 'POST /users',
    status: failed,
    attributes: { 'http.response.status_code': 500, 'error.type': 'ECONNREFUSED' },
    events: [{ name: 'exception' }]
  })
  const [reset] = await spansOf(async () => get(port, '/resets/hunter4'), 1)
  t.match(reset!.attributes, { 'url.path': '/resets/:token' })
  const after = spans.length
  await get(port, '/probe')
  await get(port, '/metrics')
  await get(port, '/users/8')
  await until('a span', () => spans.length > after)
  t.strictSame(
    spans.slice(after).map(({ name }) => name),
    ['GET /users/:id'],
    'none of probes and scrapes'
  )
  t.notMatch(JSON.stringify(spans.map(({ attributes, events }) => [attributes, events])), /hunter\d/)
})

t.test('a request over HTTP/2 has a span, for all of its body', async (t) => {
  const routes = (app: FastifyInstance) => {
    app.post('/', async () => (await fetch(upstream.url)).text())
  }
  const upstream = await startIntake(t)
  const { app } = await build(t, {}, routes, { http2: true })
  const session = connect(`http://127.0.0.1:${await listen(app)}`)
  const all = await spansOf(async () => {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/?token=hunter2',
      'content-type': 'application/json'
    })
    stream.end('{"a":1}')
    await once(stream.resume(), 'end')
  }, 2)
  session.close()
  t.match(all, [
    { kind: client, parentSpanContext: { spanId: all[1]!.spanContext().spanId } },
    { name: 'POST /', attributes: { 'network.protocol.version': '2', 'url.path': '/' } }
  ])
})

t.test('an untrusted client does not choose the trace where peers are named', async (t) => {
  const { app } = await build(t, { correlation: { trust: ['10.0.0.0/8'] } }, (app) =>
    app.get('/', async () => 'ok')
  )
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
  const [span] = await spansOf(async () => app.inject({ url: '/', headers: { traceparent } }), 1)
  t.not(ids(span!).traceId, 'a'.repeat(32))
  t.equal(ids(span!).parent, undefined)
})

t.test('a client that leaves ends the span as failed', async (t) => {
  const { app } = await build(t, {}, (app) => app.get('/', async () => new Promise(() => undefined)))
  const port = await listen(app)
  const abort = new AbortController()
  const [span] = await spansOf(async () => {
    const sent = fetch(`http://127.0.0.1:${port}/`, { signal: abort.signal }).catch(() => undefined)
    await until('the request', async () => (await app.observability.metrics()).includes('in_flight 1'))
    abort.abort()
    await sent
  }, 1)
  t.match(span!.attributes, { 'error.type': 'aborted' })
  t.notMatch(span!.attributes, { 'http.response.status_code': Number })
})

t.test('outgoing calls have spans below that of their request, and services continue those', async (t) => {
  const upstream = await startIntake(t, ({ url }) => ({ status: url === '/missing' ? 404 : 200 }))
  const closed = await freePort()
  const viaNode = async () =>
    new Promise((resolve) => {
      nodeRequest(`${upstream.url}/node`, (response) => response.resume().on('end', resolve)).end()
    })
  const { app } = await build(t, {}, (app) => {
    app.post('/', async (request) => {
      await fetch(`${upstream.url}/fetch?token=hunter2`)
      await fetch(`${upstream.url}/missing`)
      await viaNode()
      await fetch(`${upstream.url}/passed`, { headers: app.observability.headers(request) })
      await fetch(`http://127.0.0.1:${closed}/`).catch(() => undefined)
      return 'ok'
    })
  })
  const all = await spansOf(async () => app.inject({ method: 'POST', url: '/', payload: { a: 1 } }), 6)
  const root = all.at(-1)!
  t.equal(root.kind, server)
  const calls = all.slice(0, -1)
  t.strictSame(
    calls.map(({ kind }) => kind),
    Array(5).fill(client)
  )
  for (const call of calls) {
    t.match(ids(call), { traceId: ids(root).traceId, parent: ids(root).spanId })
    t.match(call.attributes, {
      'http.request.method': 'GET',
      'server.address': '127.0.0.1',
      'server.port': Number
    })
  }
  t.match(calls[0], { name: 'GET', attributes: { 'url.full': `${upstream.url}/fetch` }, status: { code: 0 } })
  t.match(calls[1], { attributes: { 'error.type': '404' }, status: failed })
  t.match(calls[4], { attributes: { 'error.type': 'ECONNREFUSED' }, status: failed })
  for (const [index, { headers }] of upstream.requests.entries()) {
    t.equal(headers.traceparent, `00-${ids(root).traceId}-${ids(calls[index]!).spanId}-01`, `call ${index}`)
  }
})

t.test('a call that carries a trace of its own, and one outside of any span, get no span', async (t) => {
  const upstream = await startIntake(t)
  const traceparent = `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01`
  const { app } = await build(t, {}, (app) => {
    app.get('/', async () => {
      await fetch(upstream.url, { headers: { traceparent } })
      return 'ok'
    })
  })
  const all = await spansOf(async () => app.inject('/'), 1)
  t.strictSame(
    all.map(({ kind }) => kind),
    [server]
  )
  t.equal(upstream.requests[0]!.headers.traceparent, traceparent)
  const before = spans.length
  await fetch(upstream.url)
  t.equal(spans.length, before)
})

t.test('the pushes of telemetry have no spans', async (t) => {
  const collector = await startIntake(t)
  const otlp = { url: collector.url }
  const { app } = await build(t, { metrics: { otlp }, logging: { otlp } }, (app) => {
    app.get('/', async () => app.observability.flush() ?? 'ok')
  })
  const all = await spansOf(async () => app.inject('/'), 1)
  t.strictSame(
    all.map(({ kind }) => kind),
    [server]
  )
  await app.close()
  t.ok(collector.requests.length >= 2)
  t.ok(collector.requests.every(({ headers }) => headers.traceparent === undefined))
})

t.test('other plugins run work in spans: below the active one, failed with its error', async (t) => {
  const { app } = await build(t, {}, (app) => {
    app.get('/', async () => {
      const tracer = provided(app, tracerPort)!
      await tracer.inSpan('good', { n: 1 }, () => 'value')
      await tracer.inSpan('returned', {}, (span) => span.fail(new Error('a')))
      await tracer.inSpan('bad', {}, async () => Promise.reject(new Error('b'))).catch(() => undefined)
      return 'ok'
    })
  })
  const all = await spansOf(async () => app.inject('/'), 4)
  const root = all.at(-1)!
  t.match(all, [
    { name: 'good', kind: internal, attributes: { n: 1 }, status: { code: 0 } },
    { name: 'returned', status: failed, events: [{ name: 'exception' }] },
    { name: 'bad', status: failed, events: [{ name: 'exception' }] },
    { name: 'GET /' }
  ])
  for (const span of all.slice(0, 3)) t.equal(ids(span).parent, ids(root).spanId)
})

t.test('the option switches them off', async (t) => {
  const upstream = await startIntake(t)
  const { app } = await build(t, { spans: false }, (app) => {
    app.get('/', async () => (await fetch(upstream.url)).text())
  })
  const before = spans.length
  await app.inject('/')
  t.equal(provided(app, tracerPort), undefined)
  await app.close()
  t.equal(spans.length, before)
  await t.rejects(build(t, { spans: 'no' as never }), { message: /"spans" must be true or false/ })
})

t.test('two apps in one process: each request has one span, and each call', async (t) => {
  const upstream = await startIntake(t)
  const routes = (app: { get(path: string, handler: () => Promise<unknown>): unknown }) => {
    app.get('/', async () => (await fetch(upstream.url)).text())
  }
  const apps = await Promise.all([build(t, {}, routes as never), build(t, {}, routes as never)])
  for (const { app } of apps) {
    const all = await spansOf(async () => app.inject('/'), 2)
    t.strictSame(
      all.map(({ kind }) => kind),
      [client, server]
    )
  }
})

// The last one: it replaces the propagator of the process.
t.test(
  'an untrusted client cannot choose by the header of another propagator whether it is logged',
  async (t) => {
    const b3: TextMapPropagator = {
      inject: () => undefined,
      fields: () => ['b3'],
      extract(context, carrier, getter) {
        const [traceId = '', spanId = ''] = String(getter.get(carrier, 'b3') ?? '').split('-')
        return traceId === ''
          ? context
          : trace.setSpanContext(context, { traceId, spanId, traceFlags: 1, isRemote: true })
      }
    }
    propagation.disable()
    propagation.setGlobalPropagator(b3)
    const { app, requests } = await build(t, { logging: { sampling: 0.5, details: {} } }, (app) => {
      app.get('/', async (request) => request.log.debug('detail') ?? 'ok')
    })
    const traceId = 'f'.repeat(32)
    const headers = { b3: `${traceId}-00f067aa0ba902b7` }
    const all = await spansOf(async () => {
      for (let n = 0; n < 200; n++) await app.inject({ url: '/', headers })
    }, 200)
    t.ok(all.every((span) => ids(span).traceId === traceId))
    t.ok(requests().length > 40 && requests().length < 160, `${requests().length} of 200 kept`)
  }
)
