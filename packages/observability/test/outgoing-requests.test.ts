import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { request as undiciRequest } from 'undici'
import t from 'tap'
import { freePort, startIntake } from '@seaworthy/testing'
import { propagatorPort, provided } from '@seaworthy/contract'
import { build, listen, total } from './helpers.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const headers = {
  'x-correlation-id': 'chain-1',
  traceparent: `00-${traceId}-b7ad6b7169203331-01`,
  tracestate: 'a=1'
}

t.test('with context on, fetch and undici send the ids by themselves, deep in async code', async (t) => {
  const upstream = await startIntake(t)
  const { app, requests } = await build(t, { correlation: { context: true } }, (app) => {
    app.post('/', async () => {
      await nextTurn()
      await fetch(`${upstream.url}/fetch`)
      await (await undiciRequest(`${upstream.url}/undici`)).body.dump()
      await fetch(`${upstream.url}/own`, { headers: { 'X-Correlation-Id': 'own' } })
      return { id: app.observability.context()?.id }
    })
  })
  const port = await listen(app)
  const post = async (id: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      headers: { ...headers, 'x-correlation-id': id, 'content-type': 'application/json' },
      body: '{"a":1}'
    })
    return response.json()
  }
  t.strictSame(await Promise.all(['one', 'two', 'three'].map(post)), [
    { id: 'one' },
    { id: 'two' },
    { id: 'three' }
  ])

  t.equal(upstream.requests.length, 9)
  for (const id of ['one', 'two', 'three']) {
    const calls = upstream.requests.filter((call) => call.headers['x-correlation-id'] === id)
    t.strictSame(
      calls.map(({ url }) => url),
      ['/fetch', '/undici'],
      id
    )
    for (const call of calls) {
      t.match(call.headers, {
        traceparent: new RegExp(`^00-${traceId}-(?!b7ad6b7169203331)[0-9a-f]{16}-01$`),
        tracestate: 'a=1'
      })
    }
    const spans = calls.map((call) => (call.headers.traceparent as string).split('-')[2])
    const line = requests().find(({ correlationId }) => correlationId === id)
    t.equal(new Set(spans).size, spans.length, 'each call has a parent id of its own')
    t.equal(spans[0], line?.spanId, 'the line names the span that the first callee sees')
  }
})

t.test('without context no ids are added, and no request is kept', async (t) => {
  const upstream = await startIntake(t)
  const { app } = await build(t, {}, (app) => {
    app.get('/', async (...[request]) => {
      await fetch(`${upstream.url}/plain`)
      await fetch(`${upstream.url}/by-hand`, { headers: app.observability.headers(request) })
      const carrier: Record<string, string> = { traceparent: 'mine' }
      provided(app, propagatorPort)!.inject(request, carrier)
      return { carrier, context: app.observability.context() ?? null }
    })
  })
  const body = (await app.inject({ url: '/', headers })).json<object>()
  t.notOk('x-correlation-id' in upstream.requests[0]!.headers)
  t.match(upstream.requests[1]!.headers, { 'x-correlation-id': 'chain-1', traceparent: /^00-0af7/ })
  t.match(body, { carrier: { traceparent: 'mine', 'x-correlation-id': 'chain-1' }, context: null })
})

t.test('excluded hosts get no ids', async (t) => {
  const upstream = await startIntake(t)
  const correlation = { context: true, exclude: ['127.0.0.1'] }
  const { app } = await build(t, { correlation }, (app) =>
    app.get('/', async () => (await fetch(upstream.url)).status)
  )
  await app.inject({ url: '/', headers })
  t.notOk('x-correlation-id' in upstream.requests[0]!.headers)
})

t.test('outgoing requests are timed by method, host and status, and never by path', async (t) => {
  const upstream = await startIntake(t, ({ url }) => ({ status: url.includes('missing') ? 404 : 200 }))
  const closed = await freePort()
  const { app } = await build(t, {}, (app) => {
    app.get('/', async () => {
      for (let n = 0; n < 20; n++) await (await fetch(`${upstream.url}/users/${n}`)).text()
      await (await fetch(`${upstream.url}/missing`, { method: 'POST' })).text()
      await fetch(`http://127.0.0.1:${closed}/`).catch(() => undefined)
      return 'ok'
    })
  })
  await app.inject('/')
  const text = await app.observability.metrics()
  const name = 'http_client_request_duration_seconds_count'
  t.equal(
    total(text, name, new RegExp(`method="GET",host="127.0.0.1:${upstream.port}",status_code="200"`)),
    20
  )
  t.equal(total(text, name, /method="POST".*status_code="404"/), 1)
  t.equal(total(text, name, /status_code="error"/), 1)
  t.notMatch(text, /users/)
})

t.test('calls of node:http carry the ids and are counted as those of fetch', async (t) => {
  const upstream = await startIntake(t)
  const { app } = await build(t, { correlation: { context: true } }, (app) => {
    app.get('/', async () => {
      for (const options of [{}, { headers: { 'X-Correlation-Id': 'own' } }]) {
        const [response] = (await once(get(upstream.url, options), 'response')) as [IncomingMessage]
        await once(response.resume(), 'end')
      }
      return 'ok'
    })
  })
  await app.inject({ url: '/', headers })
  t.strictSame(
    upstream.requests.map((call) => call.headers['x-correlation-id']),
    ['chain-1', 'own']
  )
  t.match(upstream.requests[0]!.headers, { traceparent: new RegExp(`^00-${traceId}-`), tracestate: 'a=1' })
  const host = new URL(upstream.url).host
  const text = await app.observability.metrics()
  t.equal(total(text, 'http_client_request_duration_seconds_count', new RegExp(`host="${host}".*="200"`)), 2)
})

t.test('two apps in a process count their own outgoing requests', async (t) => {
  const upstream = await startIntake(t)
  const apps = []
  for (let n = 0; n < 2; n++) {
    const { app } = await build(t, { correlation: { context: true } }, (app) => {
      app.get('/', async () => (await fetch(upstream.url)).status)
    })
    apps.push(app)
  }
  const [first, second] = apps as [(typeof apps)[0], (typeof apps)[0]]
  for (let n = 0; n < 3; n++) await second.inject('/')
  await first.inject('/')
  const count = async (app: typeof first) =>
    total(await app.observability.metrics(), 'http_client_request_duration_seconds_count')
  t.strictSame([await count(first), await count(second)], [1, 3])
})
