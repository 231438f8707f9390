// The scrape: its formats, its guard, registries beside ours, big ones, and a real Prometheus.
import { spawnSync } from 'node:child_process'
import { mock } from 'node:test'
import * as promClient from 'prom-client'
import { Registry as NextRegistry, Counter as NextCounter } from '@prometheus-io/client'
import t from 'tap'
import { meterPort, provided } from '@seaworthy/contract'
import { commandPath, rawSocket, requires, startPrometheus, until } from '@seaworthy/testing'
import { HistogramShape } from '../src/metrics/histogram-shape.ts'
import { registryWithExemplars } from './registry-with-exemplars.ts'
import { build, listen, samples, total } from './helpers.ts'

const openmetrics = {
  accept: 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'
}

t.test('HEAD of the metrics has the head of their GET', async (t) => {
  const { app } = await build(t)
  const head = await app.inject({ method: 'HEAD', url: '/metrics', headers: openmetrics })
  t.match(head, { statusCode: 200, body: '' })
  t.match(head.headers, { 'content-type': /^application\/openmetrics-text/, 'cache-control': 'no-store' })
})

t.test('the format is negotiated scrape by scrape', async (t) => {
  const { app } = await build(t, {}, (app) => app.get('/', async () => 'ok'))
  const { registry } = app.observability as unknown as { registry: promClient.Registry }
  const orders = new promClient.Counter({ name: 'orders_total', help: 'Orders', registers: [registry] })
  const plain = new promClient.Counter({ name: 'clicks', help: 'Clicks', registers: [registry] })
  orders.inc(3)
  plain.inc(2)
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  await app.inject({ url: '/', headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } })
  for (let n = 0; n < 3; n++) {
    const text = await app.inject('/metrics')
    t.equal(text.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
    t.match(text.body, /# TYPE orders_total counter\norders_total 3\n/)
    t.match(text.body, /\nclicks 2\n/)
    t.notMatch(text.body, /# EOF|trace_id/)

    const open = await app.inject({ url: '/metrics', headers: openmetrics })
    t.equal(open.headers['content-type'], 'application/openmetrics-text; version=1.0.0; charset=utf-8')
    t.match(open.body, /# TYPE orders counter\norders_total 3\n/)
    t.match(open.body, /# TYPE clicks counter\nclicks_total 2\n/)
    t.match(
      open.body,
      new RegExp(`le="[\\d.]+"\\} 1 # \\{trace_id="${traceId}"\\} [\\d.e-]+ \\d+\\.\\d{3}\\n`)
    )
    t.ok(open.body.endsWith('\n# EOF\n'))
  }
  t.match(
    (
      await app.inject({
        url: '/metrics',
        headers: { accept: 'text/plain, application/openmetrics-text;q=0.1' }
      })
    ).headers,
    {
      'content-type': /^text\/plain/
    }
  )
})

t.test("the successor's registry and a bare one are served too", async (t) => {
  const next = new NextRegistry()
  new NextCounter({ name: 'next_total', help: 'Next', registers: [next] }).inc(4)
  const bare = {
    metrics: () => '# HELP bare_total Bare\n# TYPE bare_total counter\nbare_total 5\n',
    contentType: 'text/plain'
  }
  for (const [registry, name, value] of [
    [next, 'next_total', 4],
    [bare, 'bare_total', 5]
  ] as const) {
    const { app } = await build(t, { metrics: { registry } })
    for (const headers of [{}, openmetrics]) {
      const { body } = await app.inject({ url: '/metrics', headers })
      t.equal(total(body, name), value)
      t.match(body, /http_requests_in_flight/)
    }
  }
})

t.test("the registry shows the plugin's metrics to its other users, until the app closes", async (t) => {
  const registry = new promClient.Registry()
  const { app } = await build(t, { metrics: { registry } }, (app) => app.get('/', async () => 'ok'))
  await app.inject('/')
  t.equal(total(await registry.metrics(), 'http_requests_total', /status_code="200"/), 1)
  await app.close()
  t.notMatch(await registry.metrics(), /http_requests_total/)
})

t.test('apps in one process count apart, also on one registry, and can be closed', async (t) => {
  const registry = new promClient.Registry()
  for (let n = 0; n < 50; n++) {
    const first = await build(t, { metrics: { registry } }, (app) => app.get('/', async () => 'ok'))
    const second = await build(t, { metrics: { registry } }, (app) => app.get('/', async () => 'ok'))
    await first.app.inject('/')
    await first.app.inject('/')
    await second.app.inject('/')
    t.equal(total((await first.app.inject('/metrics')).body, 'http_requests_total'), 2)
    t.equal(total((await second.app.inject('/metrics')).body, 'http_requests_total'), 1)
    await first.app.close()
    await second.app.close()
  }
})

t.test('a guard on the scrape: a token, an address list, or both', async (t) => {
  const { app } = await build(t, { metrics: { token: 'a-very-long-token', allow: ['10.0.0.0/8'] } })
  const authorization = 'Bearer a-very-long-token'
  const ask = async (remoteAddress: string, headers = {}) =>
    (await app.inject({ url: '/metrics', remoteAddress, headers })).statusCode
  t.strictSame(
    [
      await ask('192.0.2.1', { authorization }),
      await ask('10.0.0.1'),
      await ask('10.0.0.1', { authorization: `${authorization}x` }),
      await ask('10.0.0.1', { authorization })
    ],
    [403, 401, 401, 200]
  )
})

t.test('a scrape makes the text of those series only that have counted since the last one', async (t) => {
  const { app } = await build(t, { logging: false, metrics: { defaultMetrics: false } }, (app) => {
    app.get('/route/:code', async (request, reply) =>
      reply.code(Number((request.params as { code: string }).code)).send('ok')
    )
  })
  const text = mock.method(HistogramShape.prototype, 'text')
  t.teardown(() => text.mock.restore())
  const madeByScrape = async () => {
    text.mock.resetCalls()
    await app.observability.metrics()
    return text.mock.callCount()
  }
  const codes = [200, 201, 204, 404, 500]
  for (const code of codes) await app.inject(`/route/${code}`)
  t.equal(await madeByScrape(), codes.length)
  t.equal(await madeByScrape(), 0)
  await app.inject('/route/201')
  t.equal(await madeByScrape(), 1)
})

/** A scrape of several megabytes. */
async function withBigScrape(t: Parameters<typeof build>[0], options = {}) {
  const built = await build(t, { logging: false, ...options })
  const family = provided(built.app, meterPort)!.histogram({
    name: 'big_seconds',
    help: 'Big',
    labels: ['id'],
    maxSeries: 10_000,
    buckets: Array.from({ length: 15 }, (_, n) => n)
  })
  const cells = Array.from({ length: 10_000 }, (_, n) => family.with(`${n} é "`))
  for (const cell of cells) cell.observe(1)
  await built.app.ready()
  return { ...built, cells }
}

t.test('a big scrape lets other work run, and each of its series is of one moment', async (t) => {
  const { app, cells } = await withBigScrape(t)
  let turns = 0
  let going = true
  const turn = () => {
    turns++
    for (let n = turns % 7; n < cells.length; n += 7) cells[n]!.observe(n % 15)
    if (going) setImmediate(turn)
  }
  setImmediate(turn)
  const text = await app.observability.metrics()
  going = false
  t.ok(turns > 5, `${turns} turns`)
  const found = samples(text)
  let torn = 0
  for (let n = 0; n < cells.length; n++) {
    const label = `id="${n} é \\""`
    const count = found.get(`big_seconds_count{${label}}`)
    if (count === undefined || count !== found.get(`big_seconds_bucket{${label},le="+Inf"}`)) torn++
  }
  t.equal(torn, 0)
})

t.test('a big scrape is streamed whole, and an aborted one leaves nothing in flight', async (t) => {
  const { app, cells } = await withBigScrape(t)
  const port = await listen(app)
  for (const headers of [{}, openmetrics]) {
    const body = await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers })).text()
    t.equal(total(body, 'big_seconds_count'), cells.length)
    t.equal(total(body, 'http_requests_in_flight'), 0)
    t.equal(body.endsWith('# EOF\n'), headers === openmetrics)
  }
  const gauge = async (name: string) => total(await app.observability.metrics(), name)
  const before = await gauge('active_connections')
  for (let n = 0; n < 5; n++) {
    const { socket, received } = await rawSocket(t, port, 'GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n')
    await until('its first bytes', () => received().includes('big_seconds'))
    socket.destroy()
  }
  await until('no connection more', async () => (await gauge('active_connections')) <= before)
  await until('nothing in flight', async () => (await gauge('http_requests_in_flight')) === 0)
})

requires(['promtool'], 'promtool finds no fault with a scrape', async (t) => {
  const { app } = await build(t, { metrics: { bodySizes: true } }, (app) => app.get('/', async () => 'ok'))
  await app.inject('/')
  const { status, stdout, stderr } = spawnSync(commandPath('promtool')!, ['check', 'metrics'], {
    input: (await app.inject('/metrics')).body,
    encoding: 'utf8'
  })
  t.strictSame([status, stdout, stderr], [0, '', ''])
})

requires(['prometheus'], 'a real Prometheus scrapes it without an error', async (t) => {
  // Prometheus prefers OpenMetrics, and refuses a scrape with one wrong exemplar.
  const registry = registryWithExemplars()
  const { app } = await build(t, { metrics: { token: 'a-very-long-token', registry } }, (app) =>
    app.get('/', async () => 'ok')
  )
  const port = await listen(app)
  await fetch(`http://127.0.0.1:${port}/`)
  const { port: api } = await startPrometheus(t, [`127.0.0.1:${port}`], {
    scrape: 'authorization: { type: Bearer, credentials: a-very-long-token }'
  })
  const ask = async (query: string) => {
    const response = await fetch(`http://127.0.0.1:${api}/api/v1/query?query=${encodeURIComponent(query)}`)
    const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } }
    return data.result[0]?.value[1]
  }
  await until('a successful scrape', async () => (await ask('up')) === '1')
  t.equal(await ask('sum(http_requests_total{status_code="200"})'), '1')
  t.equal(await ask('sum(http_request_duration_seconds_count)'), '1')
  t.equal(await ask('sum(orders_total)'), '2')
})
