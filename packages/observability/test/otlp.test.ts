import { Counter, Histogram } from 'prom-client'
import t from 'tap'
import { startIntake, until } from '@seaworthy/testing'
import { build, listen } from './helpers.ts'

interface Point {
  attributes: { key: string; value: { stringValue: string } }[]
  timeUnixNano: string
  startTimeUnixNano: string
  asDouble?: number
  count?: string
  sum?: number
  bucketCounts?: string[]
  explicitBounds?: number[]
}
interface Metric {
  name: string
  sum?: { dataPoints: Point[]; isMonotonic: boolean; aggregationTemporality: number }
  gauge?: { dataPoints: Point[] }
  histogram?: { dataPoints: Point[]; aggregationTemporality: number }
}
interface Body {
  resourceMetrics: {
    resource: { attributes: Point['attributes'] }
    scopeMetrics: { metrics: Metric[] }[]
  }[]
}

const labels = ({ attributes }: Pick<Point, 'attributes'>) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]))

t.test('numbers are pushed as OTLP: counters, gauges and histograms, the last ones at the end', async (t) => {
  const collector = await startIntake(t)
  const otlp = { url: `${collector.url}/v1/metrics`, headers: { 'api-key': 'key-1' } }
  const metrics = { otlp, buildInfo: { name: 'api', version: '1.2.3' } }
  const { app } = await build(t, { metrics }, (app) => app.get('/users/:id', async () => 'ok'))
  const registry = app.observability.registry
  const orders = new Counter({
    name: 'orders_total',
    help: 'Orders',
    labelNames: ['kind'],
    registers: [registry]
  })
  orders.inc({ kind: 'a "b"\n\\c' }, 3)
  const sizes = new Histogram({ name: 'sizes', help: 'Sizes', buckets: [1, 10], registers: [registry] })
  for (const size of [1, 5, 50]) sizes.observe(size)
  const port = await listen(app)
  for (let n = 0; n < 3; n++) await fetch(`http://127.0.0.1:${port}/users/${n}`)
  await app.close()

  const [push] = collector.requests
  t.match(push, {
    method: 'POST',
    url: '/v1/metrics',
    headers: { 'content-type': 'application/json', 'api-key': 'key-1' }
  })
  const { resourceMetrics } = JSON.parse(push!.body.toString()) as Body
  const [{ resource, scopeMetrics }] = resourceMetrics as [Body['resourceMetrics'][0]]
  t.match(labels(resource), {
    'service.name': 'api',
    'service.version': '1.2.3',
    'service.instance.id': /:\d+$/
  })
  const found = new Map(scopeMetrics[0]!.metrics.map((metric) => [metric.name, metric]))

  const total = found.get('http_requests_total')!.sum!
  t.match(total, { isMonotonic: true, aggregationTemporality: 2 })
  const ok = total.dataPoints.find((point) => labels(point).status_code === '200')!
  t.match([labels(ok), ok.asDouble], [{ method: 'GET', route: '/users/:id' }, 3])
  t.ok(BigInt(ok.timeUnixNano) > BigInt(ok.startTimeUnixNano))

  const duration = found.get('http_request_duration_seconds')!.histogram!.dataPoints[0]!
  t.equal(duration.count, '3')
  t.equal(duration.bucketCounts!.length, duration.explicitBounds!.length + 1)
  t.equal(
    duration.bucketCounts!.reduce((sum, count) => sum + Number(count), 0),
    3
  )
  t.ok(duration.sum! > 0)

  t.match(found.get('app_build_info')!.gauge!.dataPoints[0], { asDouble: 1 })
  t.match(labels(found.get('orders_total')!.sum!.dataPoints[0]!), { kind: 'a "b"\n\\c' })
  t.match(found.get('sizes')!.histogram!.dataPoints[0], {
    count: '3',
    sum: 56,
    bucketCounts: ['1', '1', '1'],
    explicitBounds: [1, 10]
  })
})

t.test('a failing collector is one warning, and one line when it accepts metrics again', async (t) => {
  let status = 503
  const collector = await startIntake(t, () => ({ status }))
  const otlp = { url: collector.url, interval: 1000, headers: { key: 'hunter2' } }
  const { app, lines, text } = await build(t, { metrics: { otlp } })
  await app.ready()
  await until('two failures', () => collector.requests.length >= 2)
  status = 200
  const linesWith = (part: string) => lines().filter(({ msg }) => msg.includes(part))
  await until('recovery', () => linesWith('accepts metrics again').length === 1)
  t.match(linesWith('could not be pushed'), [{ level: 40, err: { message: 'the collector answered 503' } }])
  t.equal(linesWith('could not be pushed').length, 1)
  t.notMatch(text(), /hunter2/)
})

t.test('two apps of one process are two instances, and one that follows takes the free place', async (t) => {
  const collector = await startIntake(t)
  const pushed = async (close: boolean) => {
    const { app } = await build(t, { metrics: { otlp: { url: collector.url } } })
    await app.ready()
    return { app, closed: close && (await app.close()) }
  }
  const first = await pushed(false)
  await pushed(true)
  await pushed(true)
  await first.app.close()
  const instances = collector.requests.map(({ body }) => {
    const { resourceMetrics } = JSON.parse(body.toString()) as Body
    return labels(resourceMetrics[0]!.resource)['service.instance.id']
  })
  t.equal(instances[0], instances[1])
  t.equal(instances[0], `${instances[2]}:2`)
})

t.test('a collector that asks for patience is left alone, and others are not', async (t) => {
  const collectors = [
    await startIntake(t, () => ({ status: 429, headers: { 'retry-after': '300' } })),
    await startIntake(t)
  ]
  for (const { url } of collectors) {
    const { app } = await build(t, { metrics: { otlp: { url, interval: 1000, timeout: 1000 } } })
    await app.ready()
  }
  const [patient, other] = collectors
  await until('the first push', () => patient!.requests.length > 0)
  const before = other!.requests.length
  await until('three intervals', () => other!.requests.length >= before + 3)
  t.equal(patient!.requests.length, 1)
})

t.test('a collector that hangs does not keep the app from closing', async (t) => {
  const collector = await startIntake(t)
  collector.server.removeAllListeners('request')
  const { app, lines } = await build(t, { metrics: { otlp: { url: collector.url, timeout: 100 } } })
  await app.ready()
  await app.close()
  t.match(lines().at(-1), { level: 40, msg: /could not be pushed/ })
})

for (const [otlp, rule] of [
  [{ url: 'collector:4318' }, /"metrics\.otlp\.url" must be an http or https URL/],
  [{ url: 'http://a', interval: 10 }, /"metrics\.otlp\.interval"/],
  [{ url: 'http://a', timeout: 0 }, /"metrics\.otlp\.timeout"/],
  [{ url: 'http://a', headers: { key: 'hunter2\nx' } }, /"metrics\.otlp\.headers" .* under "key"$/],
  [{ uri: 'http://a' }, /uri/]
] as const) {
  t.test(`registering fails with otlp ${JSON.stringify(otlp)}`, async (t) => {
    await t.rejects(build(t, { metrics: { otlp: otlp as never } }), { name: 'RangeError', message: rule })
  })
}
