import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_SCHEME,
  METRIC_HTTP_CLIENT_REQUEST_DURATION,
  METRIC_HTTP_SERVER_REQUEST_DURATION
} from '@opentelemetry/semantic-conventions'
import t, { type Test } from 'tap'
import { freePort, startIntake } from '@seaworthy/testing'
import { build, listen, samples, total } from './helpers.ts'
import { attributesOf, metricsOf, type Metric } from './otlp-intake.ts'

/** The name of an attribute as a label, by OpenTelemetry's rule for Prometheus. */
const label = (attribute: string): string => attribute.replaceAll('.', '_')

async function served(t: Test, unit: 'seconds' | 'milliseconds') {
  const collector = await startIntake(t)
  const upstream = await startIntake(t, () => ({ status: 404 }))
  const closed = await freePort()
  const otlp = { url: collector.url, interval: 60_000 }
  const metrics = { otlp, unit, semanticConventions: true }
  const { app } = await build(t, { metrics }, (app) => {
    app.get('/users/:id', async () => {
      await fetch(upstream.url)
      await fetch(`http://127.0.0.1:${closed}`).catch(() => undefined)
      return 'ok'
    })
    app.get('/broken', async () => Promise.reject(new Error('no')))
  })
  const port = await listen(app)
  for (const path of ['/users/7', '/broken', '/nowhere']) {
    await (await fetch(`http://127.0.0.1:${port}${path}`, { method: 'GET' })).text()
  }
  const text = await app.observability.metrics()
  await app.close()
  const { metrics: pushed } = metricsOf(collector.requests.at(-1)!)
  return { text, pushed, upstream, port }
}

for (const unit of ['seconds', 'milliseconds'] as const) {
  t.test(`the stable names stand beside ours, in seconds where ours are ${unit}`, async (t) => {
    const { text, pushed, upstream } = await served(t, unit)
    const name = `${label(METRIC_HTTP_SERVER_REQUEST_DURATION)}_seconds`
    const found = [...samples(text)].filter(([sample]) => sample.startsWith(`${name}_count`))
    const withLabels = (...pairs: [string, string][]) =>
      found.find(([sample]) => pairs.every(([key, value]) => sample.includes(`${label(key)}="${value}"`)))
    t.equal(withLabels([ATTR_HTTP_ROUTE, '/users/:id'], [ATTR_HTTP_RESPONSE_STATUS_CODE, '200'])?.[1], 1)
    t.equal(withLabels([ATTR_HTTP_ROUTE, '/broken'], [ATTR_ERROR_TYPE, '500'])?.[1], 1)
    const unmatched = withLabels([ATTR_HTTP_RESPONSE_STATUS_CODE, '404'])!
    t.notMatch(unmatched[0], 'http_route')
    t.match(unmatched[0], `${label(ATTR_URL_SCHEME)}="http"`)
    t.equal(total(text, 'http_requests_total'), 3, 'ours are there too')

    const server = pushed.get(METRIC_HTTP_SERVER_REQUEST_DURATION)!
    t.equal(server.unit, 's')
    t.notOk(pushed.has(name))
    t.ok(pushed.has(unit === 'seconds' ? 'http_request_duration_seconds' : 'http_request_duration_ms'))
    const point = server.histogram!.dataPoints.find(
      (entry) => attributesOf(entry)[ATTR_HTTP_ROUTE] === '/users/:id'
    )!
    t.strictSame(attributesOf(point), {
      [ATTR_HTTP_REQUEST_METHOD]: 'GET',
      [ATTR_HTTP_ROUTE]: '/users/:id',
      [ATTR_HTTP_RESPONSE_STATUS_CODE]: 200,
      [ATTR_URL_SCHEME]: 'http'
    })
    t.ok(point.sum! < 10 && point.explicitBounds!.at(-1)! <= 10, 'seconds')

    const client = pushed.get(METRIC_HTTP_CLIENT_REQUEST_DURATION)!
    const points = client.histogram!.dataPoints.map(attributesOf)
    const expected = { [ATTR_HTTP_REQUEST_METHOD]: 'GET', [ATTR_SERVER_ADDRESS]: '127.0.0.1' }
    t.match(points, [
      {
        ...expected,
        [ATTR_SERVER_PORT]: upstream.port,
        [ATTR_HTTP_RESPONSE_STATUS_CODE]: 404,
        [ATTR_ERROR_TYPE]: '404'
      }
    ])
    t.match(
      points.find((entry) => entry[ATTR_HTTP_RESPONSE_STATUS_CODE] === undefined),
      {
        ...expected,
        [ATTR_ERROR_TYPE]: 'ECONNREFUSED'
      }
    )
    const ours = pushed.get('http_client_request_duration_seconds') as Metric
    t.strictSame(Object.keys(attributesOf(ours.histogram!.dataPoints[0]!)), ['method', 'host', 'status_code'])
  })
}

t.test('without the option there are none of them', async (t) => {
  const { app } = await build(t, {}, (app) => app.get('/', async () => 'ok'))
  await app.inject('/')
  const text = await app.observability.metrics()
  t.notMatch(text, 'http_server_request_duration')
  t.notMatch(text, 'http_request_method')
})

t.test('registering fails with another value', async (t) => {
  await t.rejects(build(t, { metrics: { semanticConventions: 'both' as never } }), {
    message: /"metrics\.semanticConventions" must be true or false/
  })
})
