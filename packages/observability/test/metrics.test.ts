import { spawnSync } from 'node:child_process'
import * as promClient from 'prom-client'
import { Registry as NextRegistry, Counter as NextCounter } from '@prometheus-io/client'
import t from 'tap'
import { meterPort, provided, type Meter } from '@seaworthy/contract'
import { commandPath, requires, startPrometheus, until } from '@seaworthy/testing'
import { build, listen, samples, total } from './support.ts'

const openmetrics = {
  accept: 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'
}

t.test('10,000 random paths are one series', async (t) => {
  const { app } = await build(t, { logging: false }, (app) => app.get('/users/:id', async () => 'ok'))
  for (let n = 0; n < 10_000; n++) await app.inject(`/${Math.random()}/${n}`)
  const text = await app.observability.metrics()
  const routes = new Set(
    [...text.matchAll(/http_requests_total\{.*route="([^"]*)"/g)].map(([, route]) => route)
  )
  t.strictSame(
    [...routes].toSorted((a, b) => a!.localeCompare(b!)),
    ['__unmatched__', '/users/:id']
  )
  t.equal(total(text, 'http_requests_total', /__unmatched__/), 10_000)
})

t.test('unknown methods are one', async (t) => {
  const { app } = await build(t, { logging: false })
  const methods = ['PROPFIND', 'MKCOL', 'LOCK', 'PURGE', 'REPORT', 'MERGE', 'COPY', 'GET', 'DELETE', 'TRACE']
  for (const method of methods) await app.inject({ method: method as 'GET', url: '/' })
  const text = await app.observability.metrics()
  const seen = new Set(
    [...text.matchAll(/http_requests_total\{method="([^"]*)"/g)].map(([, method]) => method)
  )
  t.strictSame(
    [...seen].toSorted((a, b) => a!.localeCompare(b!)),
    ['_OTHER', 'DELETE', 'GET', 'TRACE']
  )
  t.equal(total(text, 'http_requests_total', /_OTHER/), 7)
})

t.test('each route is there at 0 before its first request, and probes and scrapes never are', async (t) => {
  const { app } = await build(t, {}, (app) => {
    app.get('/users/:id', async () => 'ok')
    app.get('/health/live', { config: { operational: 'probe' } }, async () => 'ok')
    app.get('/uncounted', { config: { observability: { metrics: false } } }, async () => 'ok')
  })
  await app.ready()
  const zero = samples((await app.inject('/metrics')).body)
  t.equal(zero.get('http_requests_total{method="GET",route="/users/:id",status_code="200"}'), 0)
  t.equal(zero.get('http_requests_total{method="GET",route="/users/:id",status_code="500"}'), 0)
  for (const url of ['/users/1', '/health/live', '/uncounted', '/metrics']) await app.inject(url)
  const { body } = await app.inject('/metrics')
  t.equal(total(body, 'http_requests_total'), 1)
  t.notMatch(body, /health|uncounted|route="\/metrics"/)
  t.match(body, /^http_requests_in_flight 0$/m)
})

t.test('the histogram counts each duration once, in seconds or milliseconds', async (t) => {
  for (const unit of ['seconds', 'milliseconds'] as const) {
    const { app } = await build(t, { metrics: { unit } }, (app) => app.get('/', async () => 'ok'))
    for (let n = 0; n < 10; n++) await app.inject('/')
    const text = await app.observability.metrics()
    const name = unit === 'seconds' ? 'http_request_duration_seconds' : 'http_request_duration_ms'
    t.equal(total(text, `${name}_bucket`, /le="\+Inf"/), 10)
    t.equal(total(text, `${name}_count`), 10)
    t.ok(total(text, `${name}_sum`) > 0)
    t.match(text, unit === 'seconds' ? /le="0\.005"/ : /le="5000"/)
    const buckets = [...samples(text)]
      .filter(([sample]) => sample.startsWith(`${name}_bucket`))
      .map(([, value]) => value)
    t.strictSame(
      buckets,
      buckets.toSorted((a, b) => a - b),
      'cumulative'
    )
  }
})

t.test("a route's objective is a bucket of the histogram", async (t) => {
  const { app } = await build(t, {}, (app) => {
    app.get('/', { config: { observability: { objective: 300 } } }, async () => 'ok')
  })
  await app.inject('/')
  t.match(await app.observability.metrics(), /http_request_duration_seconds_bucket\{.*le="0\.3"\} 1/)
})

t.test('past the cap on series there is one overflow series and one warning', async (t) => {
  const { app, lines } = await build(t, { metrics: { maxSeries: 3 } }, (app) => {
    app.get('/status/:code', async (request, reply) => {
      const { code } = request.params as { code: string }
      return reply.code(Number(code)).send('ok')
    })
  })
  for (let code = 200; code < 210; code++) await app.inject(`/status/${code}`)
  const text = await app.observability.metrics()
  t.equal(total(text, 'http_requests_total', /__overflow__/), 7)
  t.equal(total(text, 'http_requests_total'), 10)
  t.equal(lines().filter(({ msg }) => /too many series/.test(msg)).length, 1)
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

t.test('apps in one process count apart, also on one registry, and may come and go', async (t) => {
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

t.test('other plugins make metrics through the meter port, with a cap', async (t) => {
  let meter: Meter | undefined
  const { app, lines } = await build(t, {}, (app) => void (meter = provided(app, meterPort)))
  const calls = meter!.counter({
    name: 'breaker_calls_total',
    help: 'Calls',
    labels: ['breaker', 'outcome'],
    maxSeries: 2
  })
  calls.with('users', 'success').inc()
  calls.with('users', 'success').inc(2)
  calls.with('users', 'success').inc(-5)
  calls.with('a', 'b').inc()
  for (let n = 0; n < 100; n++) calls.with(`evil ${n}`, 'x').inc()
  meter!.gauge({ name: 'up_since', help: 'Gauge', collect: (family) => family.with().set(7) })
  const sizes = meter!.histogram({ name: 'size_bytes', help: 'Sizes', buckets: [10, 100] }).with()
  sizes.observe(50)
  t.equal(
    meter!.counter({ name: 'breaker_calls_total', help: 'Calls' }),
    calls,
    'the same name is the same metric'
  )

  const found = samples(await app.observability.metrics())
  t.equal(found.get('breaker_calls_total{breaker="users",outcome="success"}'), 3)
  t.equal(found.get('breaker_calls_total{breaker="__overflow__",outcome="__overflow__"}'), 100)
  t.equal(found.get('up_since'), 7)
  t.equal(found.get('size_bytes_bucket{le="10"}'), 0)
  t.equal(found.get('size_bytes_bucket{le="100"}'), 1)
  t.equal(lines().filter(({ msg }) => /too many series/.test(msg)).length, 1)
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

t.test('metrics may be off', async (t) => {
  const { app } = await build(t, { metrics: false }, (app) => app.get('/', async () => 'ok'))
  await app.inject('/')
  t.equal((await app.inject('/metrics')).statusCode, 404)
  t.equal(await app.observability.metrics(), '')
})

t.test('1,000 series are scraped quickly', async (t) => {
  const { app } = await build(t, { logging: false, metrics: { defaultMetrics: false } }, (app) => {
    for (let n = 0; n < 200; n++) {
      app.get(`/route${n}/:code`, async (request, reply) =>
        reply.code(Number((request.params as { code: string }).code)).send('ok')
      )
    }
  })
  for (let n = 0; n < 200; n++)
    for (const code of [200, 201, 204, 404, 500]) await app.inject(`/route${n}/${code}`)
  const times: number[] = []
  for (let n = 0; n < 20; n++) {
    const start = performance.now()
    await app.observability.metrics()
    times.push(performance.now() - start)
  }
  const best = Math.min(...times)
  t.comment(`best of 20: ${best.toFixed(1)} ms`)
  t.ok(best < 30, `${best} ms`)
})

requires(['promtool'], 'promtool has nothing to say about a scrape', async (t) => {
  const { app } = await build(t, { metrics: { bodySizes: true } }, (app) => app.get('/', async () => 'ok'))
  await app.inject('/')
  const { status, stdout, stderr } = spawnSync(commandPath('promtool')!, ['check', 'metrics'], {
    input: (await app.inject('/metrics')).body,
    encoding: 'utf8'
  })
  t.strictSame([status, stdout, stderr], [0, '', ''])
})

requires(['prometheus'], 'a real Prometheus scrapes it without an error', async (t) => {
  const { app } = await build(t, { metrics: { token: 'a-very-long-token' } }, (app) =>
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
})
