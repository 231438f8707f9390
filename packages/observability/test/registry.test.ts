import { createServer } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import t from 'tap'
import { meterPort, provided } from '@seaworthy/contract'
import { startNode, temporaryFolder } from '@seaworthy/testing'
import { packedTexts, packFamily } from '../src/metrics/packed.ts'
import type { MetricJson, PackedFamily } from '../src/metrics/types.ts'
import { WorkerSum } from '../src/workers/worker-sum.ts'
import { registryWithExemplars } from './registry-with-exemplars.ts'
import { build, samples, total } from './helpers.ts'

t.test('a collector that fails costs its own metric, and its message stays in the log', async (t) => {
  for (const collect of [
    () => {
      throw new Error('postgres://app:hunter2@db is closed')
    },
    async () => Promise.reject(new Error('postgres://app:hunter2@db is closed'))
  ]) {
    const registry = new Registry()
    registry.registerMetric(new Gauge({ name: 'pool_size', help: 'p', registers: [], collect }))
    new Gauge({ name: 'jobs', help: 'j', registers: [registry] }).set(3)
    const { app, lines } = await build(t, { metrics: { registry } })
    for (const accept of ['text/plain', 'application/openmetrics-text']) {
      const { statusCode, body } = await app.inject({ url: '/metrics', headers: { accept } })
      t.equal(statusCode, 200)
      t.equal(samples(body).get('jobs'), 3)
      t.notMatch(body, /hunter2|pool_size [^a-z]/)
    }
    const warnings = lines().filter(({ metric }) => metric === 'pool_size')
    t.equal(warnings.length, 1, 'one line until it works again')
    t.match(warnings, [{ level: 40, msg: /could not be collected/ }])
  }
})

t.test(
  "the app's own default metrics in the plugin's registry get an error that says what to do",
  async (t) => {
    const { app } = await build(t)
    const register = app.observability.registry
    t.throws(() => collectDefaultMetrics({ register }), { message: /set metrics.defaultMetrics: false/ })
    const orders = () => new Counter({ name: 'orders_total', help: 'o', registers: [register] })
    orders()
    t.throws(orders, { message: /^A metric with the name orders_total/ })

    const other = await build(t, { metrics: { defaultMetrics: false } })
    collectDefaultMetrics({ register: other.app.observability.registry })
    t.match((await other.app.inject('/metrics')).body, /process_cpu_user_seconds_total/)
  }
)

t.test('a metric that returns nothing, or no list, costs only itself', async (t) => {
  const registry = new Registry()
  new Gauge({ name: 'jobs', help: 'j', registers: [registry] }).set(3)
  for (const [name, json] of Object.entries({ nothing: undefined, listless: { values: null } })) {
    const metric = {
      name,
      help: 'x',
      type: 'gauge',
      aggregator: 'sum',
      get: async () => json,
      reset: () => {}
    }
    registry.registerMetric(metric as never)
  }
  const { app, lines } = await build(t, { metrics: { registry } })
  const { statusCode, body } = await app.inject('/metrics')
  t.equal(statusCode, 200)
  t.equal(samples(body).get('jobs'), 3)
  t.equal(lines().filter(({ metric }) => ['nothing', 'listless'].includes(metric as string)).length, 2)
})

t.test("another plugin's collector that fails costs its own metric", async (t) => {
  const { app, lines } = await build(t)
  provided(app, meterPort)!.gauge({
    name: 'queue_length',
    help: 'q',
    collect() {
      throw new Error('no queue')
    }
  })
  const { statusCode, body } = await app.inject('/metrics')
  t.equal(statusCode, 200)
  t.notOk(samples(body).has('queue_length'))
  t.match(lines().at(-1), { metric: 'queue_length', err: { message: 'no queue' } })
})

t.test('a collector that hangs does not keep the scrape', async (t) => {
  const registry = new Registry()
  const collect = async () => new Promise<void>(() => undefined)
  registry.registerMetric(new Gauge({ name: 'stuck', help: 's', registers: [], collect }))
  const { app } = await build(t, { metrics: { registry } })
  t.ok(samples(await app.observability.metrics()).has('http_requests_in_flight'))
})

t.test("the registry's default labels reach the plugin's series", async (t) => {
  const registry = new Registry()
  registry.setDefaultLabels({ region: 'eu1', method: 'default' })
  const { app } = await build(t, { metrics: { registry } }, (app) => {
    app.get('/:id', { config: { observability: {} as never } }, async () => 'ok')
  })
  await app.inject('/1')
  for (const format of ['text', 'openmetrics'] as const) {
    const found = [...samples(await app.observability.metrics(format)).keys()]
    t.ok(found.length > 50)
    t.strictSame(
      found.filter((sample) => !sample.includes('region="eu1"')),
      []
    )
    t.ok(found.includes('http_requests_total{method="GET",route="/:id",status_code="200",region="eu1"}'))
    t.ok(found.includes('active_connections{region="eu1",method="default"}'))
  }
})

t.test("exemplars of the app's metrics are in OpenMetrics, also in a sum of workers", async (t) => {
  const registry = registryWithExemplars()
  registry.setDefaultLabels({ region: 'eu1' })
  const { app } = await build(t, { metrics: { registry } })
  await app.ready()
  const expected = [
    /^orders_total\{region="eu1",shop="a"\} 2 # \{note="a \\"b\\"\\n",traceId="abc"\} 2 \d+(\.\d+)?$/m,
    /^prices_bucket\{le="1",region="eu1",shop="a"\} 0$/m,
    /^prices_bucket\{le="2",region="eu1",shop="a"\} 1 # \{traceId="def"\} 1\.5 \d+(\.\d+)?$/m,
    /^prices_bucket\{le="\+Inf",region="eu1",shop="a"\} 2 # \{traceId="ghi"\} 9 \d+(\.\d+)?$/m
  ]
  const scrape = await app.observability.metrics('openmetrics')
  const text = await app.observability.metrics('text')
  const worker = (await registry.getMetricsAsJSON()) as unknown as MetricJson[]
  const sum = new WorkerSum()
  for (const families of [worker, worker]) {
    const sent = JSON.stringify(families.filter(({ name }) => /orders|prices/.test(name)).map(packFamily))
    sum.add(JSON.parse(sent) as PackedFamily[])
  }
  const ofWorkers = [...packedTexts(sum.families, 'openmetrics')].join('')
  for (const pattern of expected) t.match(scrape, pattern)
  t.match(ofWorkers, /^orders_total\{.*shop="a"\} 4 # \{note=.*,traceId="abc"\} 2 \d/m)
  t.match(ofWorkers, /^prices_bucket\{le="2",.*\} 2 # \{traceId="def"\} 1\.5 \d/m)
  t.notMatch(text, / # \{/)
})

t.test('a metric of the app with the name of ours stops the start', async (t) => {
  const registry = new Registry()
  new Counter({ name: 'http_requests_aborted_total', help: 'mine', registers: [registry] }).inc(7)
  const { app } = await build(t, { metrics: { registry } })
  await t.rejects(async () => app.ready(), {
    code: 'INVALID_OPTION',
    message: /"http_requests_aborted_total".*rename/
  })
})

t.test('a metric that OpenMetrics would merge with one of ours stops the start', async (t) => {
  const registry = new Registry()
  new Counter({ name: 'http_requests', help: 'mine', registers: [registry] }).inc()
  const { app } = await build(t, { metrics: { registry } })
  await t.rejects(async () => app.ready(), {
    code: 'INVALID_OPTION',
    message: /"http_requests", which is a name of ours/
  })
})

t.test('a text of the app with the name of ours loses that metric alone, and the log says so', async (t) => {
  const metrics = () =>
    '# HELP http_requests_total x\n# TYPE http_requests_total counter\nhttp_requests_total{a="1"} 5\n' +
    '# TYPE http_request_duration_seconds histogram\nhttp_request_duration_seconds_sum 7\n' +
    '# TYPE jobs gauge\njobs 3\n'
  const { app, lines } = await build(t, { metrics: { registry: { metrics } } })
  for (const accept of ['text/plain', 'application/openmetrics-text']) {
    const { body } = await app.inject({ url: '/metrics', headers: { accept } })
    t.equal(samples(body).get('jobs'), 3)
    t.equal(body.match(/^# TYPE http_requests(?:_total)? /gm)?.length, 1)
    t.notMatch(body, /a="1"|_sum 7/)
  }
  t.match(
    lines().filter(({ metric }) => metric === 'http_requests_total'),
    [{ level: 40, err: { message: /a name of ours too/ } }]
  )
})

t.test('two apps may share a registry', async (t) => {
  const registry = new Registry()
  const first = await build(t, { metrics: { registry } })
  await first.app.ready()
  const second = await build(t, { metrics: { registry } })
  await second.app.ready()
  t.equal(total(await second.app.observability.metrics(), 'http_requests_in_flight'), 0)
})

t.test('a route of the app at the path of the scrape is refused with the option that helps', async (t) => {
  const { app } = await build(t)
  t.throws(() => app.get('/metrics', async () => 'mine'), {
    code: 'INVALID_OPTION',
    message: /"metrics.path".*the app adds a route there/
  })
  t.doesNotThrow(() => app.post('/metrics', async () => 'mine'))
})

t.test('no scrape has more series of requests than maxSeries, before or after requests', async (t) => {
  const values = ['a', 'b', 'c', 'd']
  const labels = { x: { values, of: () => 'a' } }
  const { app } = await build(t, { metrics: { maxSeries: 30, labels } }, (app) => {
    for (let n = 0; n < 20; n++) app.get(`/r${n}`, async () => 'ok')
  })
  await app.ready()
  const count = async () =>
    [...samples(await app.observability.metrics()).keys()].filter((name) =>
      name.startsWith('http_requests_total')
    ).length
  t.equal(await count(), 30)
  for (let n = 0; n < 20; n++) await app.inject(`/r${n}`)
  t.equal(await count(), 30)
  t.equal(total(await app.observability.metrics(), 'http_requests_total'), 20)
})

t.test('a service that is started without npm has the name of its package.json', async (t) => {
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, 'src'))
  symlinkSync(join(import.meta.dirname, '../node_modules'), join(folder, 'node_modules'))
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'orders', version: '3.2.1', type: 'module' })
  )
  writeFileSync(
    join(folder, 'src/server.js'),
    `import Fastify from 'fastify'
     import { observability } from '${pathToFileURL(join(import.meta.dirname, '../src/index.ts'))}'
     const app = Fastify()
     await app.register(observability)
     console.log(await app.observability.metrics())
     process.exit(0)`
  )
  const { npm_package_name: _name, npm_package_version: _version, ...env } = process.env
  const service = startNode(t, join(folder, 'src/server.js'), {
    env: { ...env, npm_package_name: undefined }
  })
  await service.waitFor(/app_build_info\{name="orders",version="3\.2\.1"/)
})

t.test('memory without a limit is 0', async (t) => {
  const { constrainedMemory } = process
  t.teardown(() => Object.assign(process, { constrainedMemory }))
  const { app } = await build(t)
  for (const [limit, shown] of [
    [2 ** 63, 0],
    [2 ** 64, 0],
    [2 ** 26, 2 ** 26]
  ] as const) {
    Object.assign(process, { constrainedMemory: () => limit })
    t.equal(samples(await app.observability.metrics()).get('process_memory_limit_bytes'), shown)
  }
})

t.test('a collector of OTLP that hangs does not keep the end of the service', async (t) => {
  const hole = createServer(() => undefined).listen(0, '127.0.0.1')
  t.teardown(() => hole.closeAllConnections())
  t.teardown(() => hole.close())
  await new Promise((resolve) => hole.once('listening', resolve))
  const { port } = hole.address() as { port: number }
  const otlp = { url: `http://127.0.0.1:${port}/`, timeout: 60_000 }
  const { app, lines } = await build(t, { metrics: { otlp } })
  await app.ready()
  await app.close()
  t.ok(lines().some(({ msg }) => msg.includes('metrics could not be pushed')))
})
