import { spawnSync } from 'node:child_process'
import { METHODS } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { mock } from 'node:test'
import * as promClient from 'prom-client'
import { Registry as NextRegistry, Counter as NextCounter } from '@prometheus-io/client'
import t from 'tap'
import { meterPort, provided, type Meter } from '@seaworthy/contract'
import { commandPath, rawSocket, requires, startPrometheus, until } from '@seaworthy/testing'
import { HistogramShape } from '../src/metrics/histogram-shape.ts'
import { registryWithExemplars } from './registry-with-exemplars.ts'
import { build, listen, samples, total } from './helpers.ts'

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

t.test('50 methods without a route: standard ones by name, the others as one, one line each', async (t) => {
  const { app, requests, lines } = await build(t, {}, (app) => app.get('/', async () => 'ok'), {
    http2: true
  })
  const client = connectHttp2(`http://127.0.0.1:${await listen(app)}`)
  t.teardown(() => client.destroy())
  const standard = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY']
  const others = METHODS.filter((method) => !['GET', 'HEAD', 'CONNECT', ...standard].includes(method))
  // Node's HTTP/1 parser refuses what it doesn't know; HTTP/2 lets it pass.
  const made = Array.from({ length: 49 - standard.length - others.length }, (_, n) => `MADE-UP-${n}`)
  const before = lines().length
  for (const method of [...standard, ...others, ...made, 'x'.repeat(5000)]) {
    const stream = client.request({ ':method': method, ':path': '/' })
    const headers = new Promise<Record<string, unknown>>((resolve) => stream.once('response', resolve))
    t.match((await headers)['x-correlation-id'], /^[\w-]{36}$/, method)
    await new Promise((resolve) => stream.resume().end().once('close', resolve))
  }
  const text = await app.observability.metrics()
  const seen = new Set(
    [...text.matchAll(/http_requests_total\{method="([^"]*)"/g)].map(([, method]) => method!)
  )
  t.strictSame([...seen].toSorted(), ['GET', '_OTHER', ...standard].toSorted())
  t.equal(total(text, 'http_requests_total', /method="_OTHER",route="__unmatched__"/), others.length)
  t.equal(total(text, 'http_requests_total'), standard.length + others.length)
  t.equal(total(text, 'http_requests_refused_total', /reason="unknown_method"/), made.length + 1)
  t.equal(requests().length, 50)
  t.equal(lines().length - before, 50)
})

t.test(
  'each route is counted at 0 before its first request, probes and scrapes are not counted',
  async (t) => {
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
  }
)

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

t.test('labels of the app have their declared values, and any other is _OTHER', async (t) => {
  const plan = {
    values: ['free', 'paid'],
    of: ({ headers }: { headers: Record<string, unknown> }) => headers['x-plan'] as string
  }
  const region = {
    values: ['eu'],
    of: ({ headers }: { headers: Record<string, unknown> }) => {
      if (headers['x-plan'] === 'broken') throw new Error('no region')
      return 'eu'
    }
  }
  const { app } = await build(t, { metrics: { labels: { plan, region } } }, (app) =>
    app.get('/', async () => 'ok')
  )
  await app.ready()
  const name = 'http_requests_total{method="GET",route="/",status_code='
  const zero = samples(await app.observability.metrics())
  t.equal(zero.get(`${name}"200",plan="paid",region="eu"}`), 0)
  t.notOk([...zero.keys()].some((sample) => sample.includes('_OTHER')))
  const plans = ['free', 'paid', 'paid', 'broken', ...Array.from({ length: 50 }, (_, n) => `evil ${n}`)]
  for (const value of plans) await app.inject({ url: '/', headers: { 'x-plan': value } })
  const found = samples(await app.observability.metrics())
  t.equal(found.get(`${name}"200",plan="free",region="eu"}`), 1)
  t.equal(found.get(`${name}"200",plan="paid",region="eu"}`), 2)
  t.equal(found.get(`${name}"200",plan="_OTHER",region="eu"}`), 50)
  t.equal(found.get(`${name}"200",plan="_OTHER",region="_OTHER"}`), 1)
  t.equal(
    found.get(
      'http_request_duration_seconds_count{method="GET",route="/",status_code="200",plan="paid",region="eu"}'
    ),
    2
  )
})

t.test('bodies are measured by their length headers, by route', async (t) => {
  const { app } = await build(t, { metrics: { bodySizes: true } }, (app) => {
    app.post('/echo/:id', async () => 'x'.repeat(5000))
  })
  for (let n = 0; n < 3; n++)
    await app.inject({ method: 'POST', url: `/echo/${n}`, payload: { text: 'x'.repeat(200) } })
  const found = samples(await app.observability.metrics())
  const labels = '{method="POST",route="/echo/:id"}'
  t.equal(found.get(`http_request_size_bytes_count${labels}`), 3)
  t.equal(found.get(`http_request_size_bytes_sum${labels}`), 3 * 211)
  t.equal(found.get(`http_response_size_bytes_sum${labels}`), 15_000)
})

t.test(
  'the runtime is measured: event loop, garbage collection, heap, file descriptors, build',
  async (t) => {
    const { app } = await build(t, {
      metrics: { buildInfo: { name: 'api', version: '1.2.3', commit: 'abc' } }
    })
    const text = await app.observability.metrics()
    const names = [
      'nodejs_eventloop_utilization_ratio',
      'nodejs_eventloop_lag_p99_seconds',
      'nodejs_heap_size_used_bytes',
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'process_memory_limit_bytes',
      ...(process.platform === 'linux' ? ['process_open_fds', 'process_max_fds'] : [])
    ]
    for (const name of names) t.match(text, new RegExp(`^${name} [\\d.e+-]+$`, 'm'))
    t.match(text, /^# TYPE nodejs_gc_duration_seconds histogram$/m)
    t.match(text, /^app_build_info\{name="api",version="1\.2\.3",commit="abc",node="v[\d.]+"\} 1$/m)
  }
)

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
