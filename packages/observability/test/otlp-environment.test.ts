import t, { type Test } from 'tap'
import { startIntake } from '@seaworthy/testing'
import { build, type TestApp } from './helpers.ts'
import { logsOf, metricsOf } from './otlp-intake.ts'

/** Sets variables for as long as a test runs. */
function environment(t: Test, variables: Record<string, string>): void {
  for (const [name, value] of Object.entries(variables)) {
    const before = process.env[name]
    process.env[name] = value
    t.teardown(() => {
      if (before === undefined) delete process.env[name]
      else process.env[name] = before
    })
  }
}

async function runOnce({ app }: TestApp): Promise<void> {
  await app.ready()
  app.log.info('a line')
  await app.close()
}

t.test('the variables of OpenTelemetry alone switch both pushes on, and say all else', async (t) => {
  const collector = await startIntake(t, () => ({ body: '' }))
  environment(t, {
    OTEL_METRICS_EXPORTER: 'prometheus, otlp',
    OTEL_LOGS_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/base/`,
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${collector.url}/logs-as-they-are`,
    OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%20key,x-tenant=eu=1',
    OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'api-key=of-metrics',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    OTEL_SERVICE_NAME: 'orders',
    OTEL_RESOURCE_ATTRIBUTES: 'service.name=other,deployment.environment.name=prod%2Ceu,service.version=9'
  })
  const built = await build(t)
  await runOnce(built)
  t.notMatch(built.text(), 'no agent was loaded', 'there is none to load')
  const metrics = collector.requests.find(({ url }) => url === '/base/v1/metrics')
  const logs = collector.requests.find(({ url }) => url === '/logs-as-they-are')
  t.match(metrics!.headers, {
    'content-type': 'application/x-protobuf',
    'content-encoding': 'gzip',
    'api-key': 'of-metrics'
  })
  t.notMatch(metrics!.headers, { 'x-tenant': String })
  t.match(logs!.headers, { 'content-type': 'application/json', 'api-key': 'a key', 'x-tenant': 'eu=1' })
  const resource = {
    'service.name': 'orders',
    'service.version': '9',
    'deployment.environment.name': 'prod,eu'
  }
  t.match(metricsOf(metrics!).resource, resource)
  t.match(logsOf(logs!).resource, resource)
  t.ok(metricsOf(metrics!).metrics.has('app_build_info'))
})

t.test('without these variables nothing is pushed, and an option decides over them', async (t) => {
  const collector = await startIntake(t)
  environment(t, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })
  await runOnce(await build(t))
  t.equal(collector.requests.length, 0, 'an address alone is for the spans of an SDK')
  t.test('an exporter of spans needs an agent', async (t) => {
    environment(t, { OTEL_TRACES_EXPORTER: 'otlp' })
    const { app, text } = await build(t, { metrics: { otlp: {} } })
    await app.ready()
    t.match(text(), 'no agent was loaded')
  })

  environment(t, { OTEL_METRICS_EXPORTER: 'otlp', OTEL_LOGS_EXPORTER: 'none' })
  await runOnce(await build(t, { metrics: { otlp: false } }))
  t.equal(collector.requests.length, 0)

  await runOnce(await build(t, { metrics: { otlp: false }, logging: { otlp: {} } }))
  t.strictSame(
    collector.requests.map(({ url }) => url),
    ['/v1/logs']
  )
})

t.test('OTEL_SDK_DISABLED switches off what the options say', async (t) => {
  const collector = await startIntake(t)
  environment(t, { OTEL_SDK_DISABLED: 'TRUE' })
  const otlp = { url: collector.url }
  await runOnce(await build(t, { metrics: { otlp }, logging: { otlp } }))
  t.equal(collector.requests.length, 0)
})

t.test('options come before variables', async (t) => {
  const collector = await startIntake(t)
  environment(t, {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_EXPORTER_OTLP_TIMEOUT: 'soon',
    OTEL_METRIC_EXPORT_INTERVAL: '5'
  })
  const otlp = { url: collector.url, protocol: 'http/json', timeout: 5000, interval: 5000 } as const
  await runOnce(await build(t, { metrics: { otlp } }))
  t.equal(collector.requests.length, 1)
})

for (const [variables, rule] of [
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' },
    /"OTEL_EXPORTER_OTLP_ENDPOINT" must be an http or https/
  ],
  [
    { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://me:hunter2@collector' },
    /"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT" must be an address without user and password/
  ],
  [
    { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    /"OTEL_EXPORTER_OTLP_PROTOCOL" must be one of 'http\/json', 'http\/protobuf', got 'grpc'/
  ],
  [
    { OTEL_EXPORTER_OTLP_TIMEOUT: '10s' },
    /"OTEL_EXPORTER_OTLP_TIMEOUT" must be a whole number of milliseconds from 100 to 60000, got '10s'/
  ],
  [{ OTEL_EXPORTER_OTLP_COMPRESSION: 'zip' }, /"OTEL_EXPORTER_OTLP_COMPRESSION" must be one of/],
  [{ OTEL_METRIC_EXPORT_INTERVAL: '10' }, /"OTEL_METRIC_EXPORT_INTERVAL" must be .* at least 1000/],
  [{ OTEL_EXPORTER_OTLP_HEADERS: 'hunter2' }, /"OTEL_EXPORTER_OTLP_HEADERS" must be pairs/],
  [{ OTEL_EXPORTER_OTLP_HEADERS: 'key=hunter2%zz' }, /"OTEL_EXPORTER_OTLP_HEADERS" must be pairs/],
  [
    { OTEL_EXPORTER_OTLP_HEADERS: 'key=hunter2%0Ax' },
    /"OTEL_EXPORTER_OTLP_HEADERS" must have text of one line/
  ],
  [{ OTEL_EXPORTER_OTLP_HEADERS: 'a key=hunter2' }, /"OTEL_EXPORTER_OTLP_HEADERS" must have names/],
  [{ OTEL_RESOURCE_ATTRIBUTES: 'a' }, /"OTEL_RESOURCE_ATTRIBUTES" must be pairs/],
  [
    { OTEL_METRICS_EXPORTER: 'oltp' },
    /"OTEL_METRICS_EXPORTER" must be one of 'otlp', 'prometheus', 'console', 'none', got 'oltp'/
  ],
  [{ OTEL_LOGS_EXPORTER: 'otlp', OTEL_BLRP_MAX_QUEUE_SIZE: '0' }, /"OTEL_BLRP_MAX_QUEUE_SIZE"/],
  [
    { OTEL_LOGS_EXPORTER: 'otlp', OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '5000' },
    /"OTEL_BLRP_MAX_EXPORT_BATCH_SIZE"/
  ],
  [{ OTEL_LOGS_EXPORTER: 'otlp', OTEL_BLRP_SCHEDULE_DELAY: '-1' }, /"OTEL_BLRP_SCHEDULE_DELAY"/]
] as const) {
  t.test(`registering fails with ${JSON.stringify(variables)}`, async (t) => {
    environment(t, { OTEL_METRICS_EXPORTER: 'otlp', ...variables })
    const error = await build(t).catch((thrown: Error) => thrown)
    t.match(error, { name: 'RangeError', code: 'INVALID_OPTION', message: rule })
    t.notMatch((error as Error).message, 'hunter2')
  })
}

for (const [otlp, rule] of [
  [{ url: 'collector:4318' }, /"logging\.otlp\.url" must be an http or https URL/],
  [{ interval: 10 }, /"logging\.otlp\.interval"/],
  [{ maxQueueSize: 0 }, /"logging\.otlp\.maxQueueSize"/],
  [{ maxQueueSize: 10, maxBatchSize: 11 }, /"logging\.otlp\.maxBatchSize" must be .* from 1 to 10/],
  [{ protocol: 'grpc' }, /"logging\.otlp\.protocol"/],
  [{ compression: 'br' }, /"logging\.otlp\.compression"/],
  [{ headers: { key: 'hunter2\nx' } }, /"logging\.otlp\.headers" .* under "key"$/],
  [{ queue: 1 }, /queue/],
  [true, /"logging\.otlp" must be an object or false/],
  ['http://collector', /"logging\.otlp" must be an object/]
] as const) {
  t.test(`registering fails with logging.otlp ${JSON.stringify(otlp)}`, async (t) => {
    await t.rejects(build(t, { logging: { otlp: otlp as never } }), { name: 'RangeError', message: rule })
  })
}
