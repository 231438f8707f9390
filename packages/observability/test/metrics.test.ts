// The metrics of requests and of the runtime: which series there are, and what they count.
import { METHODS } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import t from 'tap'
import { meterPort, provided, type Meter } from '@seaworthy/contract'
import { build, listen, samples, total } from './helpers.ts'

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

t.test('metrics may be off', async (t) => {
  const { app } = await build(t, { metrics: false }, (app) => app.get('/', async () => 'ok'))
  await app.inject('/')
  t.equal((await app.inject('/metrics')).statusCode, 404)
  t.equal(await app.observability.metrics(), '')
})
