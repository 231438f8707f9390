// Loggers as apps configure them, and the schemas of the lines.
import Fastify from 'fastify'
import t from 'tap'
import { observability, observabilityServerOptions } from '@seaworthy/observability'
import { build, keptLog } from './helpers.ts'

t.test(
  'a log that starts silent, or with fatal lines alone, has the lines of requests once its level is lower',
  async (t) => {
    for (const level of ['silent', 'fatal'] as const) {
      const { stream, text } = keptLog()
      const app = Fastify({ ...observabilityServerOptions({ level, logger: { stream } }) })
      t.teardown(() => app.close())
      await app.register(observability)
      app.get('/', async () => 1)
      await app.inject('/')
      t.equal(text(), '')
      app.log.level = 'info'
      await app.inject('/')
      t.match(text(), /"url":"\/".*"msg":"request completed"/)
    }
  }
)

t.test('a pino with levels that descend, or other ends of lines, writes what it takes', async (t) => {
  for (const settings of [
    { levelComparison: 'DESC' as const, level: 'info' },
    { crlf: true },
    { levelComparison: (current: number, expected: number) => current >= expected }
  ]) {
    const { stream, text } = keptLog()
    const app = Fastify({ ...observabilityServerOptions({ logger: { ...settings, stream } }) })
    t.teardown(() => app.close())
    await app.register(observability)
    app.get('/', async () => 1)
    await app.inject('/')
    t.match(text(), /"msg":"request completed"\}\r?\n/)
    t.notMatch(text(), /version of pino is unknown/)
    if ('crlf' in settings) t.match(text(), /request completed"\}\r\n/)
  }
})

t.test('lines have the names of their schema', async (t) => {
  const expected = {
    ecs: {
      '@timestamp': /^\d{4}-/,
      'log.level': 'error',
      'ecs.version': /^8/,
      'http.request.method': 'GET',
      'http.route': '/boom/:id',
      'http.response.status_code': 500,
      'event.duration': Number,
      'trace.id': /^[0-9a-f]{32}$/,
      'http.request.id': 'id-1',
      'error.message': 'boom',
      'error.stack_trace': /boom/,
      message: 'request completed'
    },
    otel: {
      timestamp: /^\d{4}-/,
      severity_text: 'ERROR',
      severity_number: 17,
      body: 'request completed',
      trace_id: /^[0-9a-f]{32}$/,
      correlation_id: 'id-1',
      'http.response.status_code': 500,
      'exception.message': 'boom'
    },
    gcp: {
      severity: 'ERROR',
      time: /^\d{4}-/,
      message: 'request completed',
      httpRequest: { requestMethod: 'GET', requestUrl: '/boom/1', status: 500, latency: /^\d+\.\d{9}s$/ },
      'logging.googleapis.com/trace': /^[0-9a-f]{32}$/,
      correlationId: 'id-1',
      stack_trace: /boom/
    }
  }
  for (const [schema, shape] of Object.entries(expected)) {
    const { app, lines, text } = await build(t, { logging: { schema: schema as 'ecs' } }, (app) => {
      app.get('/boom/:id', async () => Promise.reject(new Error('boom')))
    })
    await app.inject({ url: '/boom/1', headers: { 'x-correlation-id': 'id-1' } })
    t.match(lines().at(-1), shape, schema)
    const keys = [
      ...text()
        .trimEnd()
        .split('\n')
        .at(-1)!
        .matchAll(/[{,]"([^"]+)":/g)
    ].map(([, key]) => key)
    t.equal(new Set(keys).size, keys.length, `${schema}: each key once`)
  }
})

t.test('keeps settings of pino: base, time, redaction, mixins', async (t) => {
  const { stream, text } = keptLog()
  const logger = {
    stream,
    base: { app: 'x' },
    timestamp: () => ',"at":1',
    mixin: () => ({ mixed: true }),
    redact: ['url']
  }
  const app = Fastify({ ...observabilityServerOptions({ logger }) })
  t.teardown(() => app.close())
  await app.register(observability)
  await app.inject('/nowhere')
  const line = JSON.parse(text().trimEnd().split('\n').at(-1)!) as object
  t.match(line, {
    app: 'x',
    at: 1,
    mixed: true,
    url: '[Redacted]',
    msg: 'request completed',
    statusCode: 404
  })
})

t.test('without the server options it works, and logs one warning with the line of code', async (t) => {
  const { stream, text } = keptLog()
  const app = Fastify({ logger: { stream } })
  t.teardown(() => app.close())
  await app.register(observability)
  app.get('/', async ({ id }) => id)
  const response = await app.inject({ url: '/', headers: { 'x-correlation-id': 'abc' } })

  t.equal(response.body, 'abc')
  t.equal(response.headers['x-correlation-id'], 'abc')
  t.equal(text().match(/Fastify\(\{ \.\.\.observabilityServerOptions\(\) \}\)/g)?.length, 1)
  t.match(text(), /"correlationId":"abc".*"route":"\/".*"statusCode":200/)
})

t.test('without a logger nothing is written and nothing fails', async (t) => {
  const app = Fastify({ ...observabilityServerOptions({ logger: false }) })
  t.teardown(() => app.close())
  await app.register(observability)
  t.equal((await app.inject('/nowhere')).statusCode, 404)
  t.match((await app.inject('/metrics')).body, /__unmatched__/)
})

t.test("the app's serializers apply to the line", async (t) => {
  const { stream, text } = keptLog()
  const logger = {
    serializers: { url: () => 'hidden', err: () => ({ type: 'scrubbed' }) },
    stream
  }
  const app = Fastify(observabilityServerOptions({ logger }))
  t.teardown(() => app.close())
  await app.register(observability)
  app.get('/broken', async () => {
    throw new Error('precious')
  })
  await app.inject('/broken')
  const line = text()
    .split('\n')
    .find((entry) => entry.includes('/broken'))
  t.match(line, /"url":"hidden"/)
  t.match(line, /"type":"scrubbed"/)
  t.notMatch(text(), /precious/)
})
