import Fastify, { type FastifyInstance } from 'fastify'
import { pino, type LoggerOptions } from 'pino'
import t, { type Test } from 'tap'
import {
  observability,
  observabilityServerOptions,
  type ObservabilityServerOptions
} from '@seaworthy/observability'
import type { Line } from './helpers.ts'

/** A stream that keeps what is written. */
function memory() {
  const lines: Line[] = []
  return { lines, write: (line: string) => void lines.push(JSON.parse(line) as Line) }
}

t.test('the result has the keys that are set, and no others', async (t) => {
  const keys = ['childLoggerFactory', 'clientErrorHandler', 'frameworkErrors', 'genReqId', 'logController']
  t.strictSame(Object.keys(observabilityServerOptions()).toSorted(), [...keys, 'logger'])
  t.strictSame(Object.keys(observabilityServerOptions({ logger: undefined })).toSorted(), [...keys, 'logger'])
  const withOwn = observabilityServerOptions({ loggerInstance: pino({ level: 'silent' }) })
  t.strictSame(Object.keys(withOwn).toSorted(), [...keys, 'loggerInstance'])
})

for (const [name, settings] of [
  ['plain', {}],
  ['with serializers, a mixin and redaction', { mixin: () => ({ app: 'a' }), redact: ['password'] }]
] satisfies [string, LoggerOptions][]) {
  t.test(`the app's own pino, ${name}: one line a request, with its ids`, async (t) => {
    const stream = memory()
    const loggerInstance = pino({ base: { service: 'shop' }, level: 'debug', ...settings }, stream)
    const app = Fastify({ ...observabilityServerOptions({ loggerInstance }) })
    t.teardown(() => app.close())
    await app.register(observability)
    app.get('/items/:id', async ({ log }) => {
      log.debug({ password: 'x' }, 'from the handler')
      return 'ok'
    })
    app.get('/boom', async () => Promise.reject(new Error('boom')))

    const headers = { 'x-correlation-id': 'chain-1' }
    const { headers: responseHeaders } = await app.inject({ url: '/items/3?token=x', headers })
    t.equal(responseHeaders['x-correlation-id'], 'chain-1')
    await app.inject('/boom')

    const [handlerLine, line, failed, ...others] = stream.lines
    t.match(handlerLine, {
      msg: 'from the handler',
      correlationId: 'chain-1',
      traceId: /^\w{32}$/,
      service: 'shop'
    })
    t.match(line, {
      msg: 'request completed',
      route: '/items/:id',
      url: '/items/3',
      statusCode: 200,
      correlationId: 'chain-1',
      service: 'shop'
    })
    t.match(failed, { level: 50, statusCode: 500, err: { type: 'Error', message: 'boom', stack: /boom/ } })
    t.strictSame(others, [])
  })
}

t.test('a level or settings beside a logger are invalid, and so is a value that is no logger', async (t) => {
  const loggerInstance = pino({ level: 'silent' })
  t.throws(() => observabilityServerOptions({ loggerInstance, level: 'info' }), {
    name: 'RangeError',
    message: 'observability: "level" must be left out where there is a "loggerInstance", got \'info\''
  })
  t.throws(() => observabilityServerOptions({ loggerInstance, logger: {} }), { message: /"logger"/ })
  t.throws(() => observabilityServerOptions({ loggerInstance: 5 as never }), { message: /"loggerInstance"/ })
})

t.test(
  'logger: false, by the option or after the spread, logs nothing and keeps ids and metrics',
  async (t) => {
    const apps = [
      Fastify({ ...observabilityServerOptions(), logger: false }),
      Fastify({ ...observabilityServerOptions({ logger: false }) })
    ]
    for (const app of apps) {
      t.teardown(() => app.close())
      await app.register(observability)
      app.get('/', async () => 'ok')
      const { headers } = await app.inject({ url: '/', headers: { 'x-correlation-id': 'chain-2' } })
      t.equal(headers['x-correlation-id'], 'chain-2')
      t.match(
        await app.observability.metrics(),
        /http_requests_total\{method="GET",route="\/",status_code="200"\} 1/
      )
    }
  }
)

t.test('the options go with HTTP/2', async (t) => {
  const app = Fastify({ ...observabilityServerOptions({ level: 'silent' }), http2: true })
  t.teardown(() => app.close())
  await app.register(observability)
  app.get('/', async () => 'ok')
  const response = await (app as unknown as FastifyInstance).inject('/')
  t.match(response, { statusCode: 200, headers: { 'x-correlation-id': /./ } })
})

/** The lines of an app that logs an error at its start, one in a handler, and one that the handler throws. */
async function linesOf(t: Test, options: ObservabilityServerOptions): Promise<Line[]> {
  const stream = memory()
  const logger = { ...options.logger, stream } as Record<string, unknown>
  const app = Fastify({ ...observabilityServerOptions({ ...options, logger }) })
  t.teardown(() => app.close())
  await app.register(observability)
  app.get('/', async ({ log }) => {
    log.error({ err: new TypeError('mine', { cause: new Error('inner') }) }, 'failed')
    throw new RangeError('thrown', { cause: new Error('inner') })
  })
  app.log.error(new TypeError('start', { cause: new Error('inner') }))
  await app.inject('/')
  return stream.lines
}

const causes = (type: string, message: string) => ({
  type,
  message,
  cause: { type: 'Error', message: 'inner' }
})

t.test("pino's errorKey: each error has that name, its class and its cause", async (t) => {
  const lines = await linesOf(t, { logger: { errorKey: 'error' } })
  t.match(lines, [
    { error: causes('TypeError', 'start'), msg: 'start' },
    { error: causes('TypeError', 'mine') },
    { error: causes('RangeError', 'thrown'), statusCode: 500 }
  ])
  t.notOk(lines.some((line) => 'err' in line))
  t.throws(() => observabilityServerOptions({ logger: { errorKey: 5 } }), { message: /"logger.errorKey"/ })
})

t.test("pino's errorKey: the platform's names stay", async (t) => {
  const lines = await linesOf(t, { logger: { errorKey: 'error' }, logging: { schema: 'ecs' } })
  for (const line of lines)
    t.match(line, { 'error.type': /^(Type|Range)Error$/, 'error.stack_trace': /caused by: Error: inner/ })
  t.notOk(lines.some((line) => 'err' in line || 'error' in line))
})

t.test("pino's nestedKey: the fields are there, the ids of a request beside them", async (t) => {
  const [, appLine, request] = await linesOf(t, { logger: { nestedKey: 'data' } })
  t.match(appLine, { correlationId: /./, data: { err: causes('TypeError', 'mine') } })
  t.match(request, { correlationId: /./, data: { err: causes('RangeError', 'thrown'), statusCode: 500 } })
})

t.test("pino's nestedKey beside the fields of a platform is refused", async (t) => {
  t.throws(() => observabilityServerOptions({ logger: { nestedKey: 'data' }, logging: { schema: 'gcp' } }), {
    code: 'INVALID_OPTION',
    message: /"logger.nestedKey" must be left out beside "logging.schema"/
  })
})

t.test('base: null: the lines have no process and no host, and all else', async (t) => {
  for (const schema of ['default', 'ecs', 'otel', 'gcp'] as const) {
    const lines = await linesOf(t, { logger: { base: null }, logging: { schema } })
    t.equal(lines.length, 3, schema)
    t.notMatch(JSON.stringify(lines), /"(?:process\.)?pid"|"host/)
    t.match(JSON.stringify(lines[2]), /thrown/)
  }
})

t.test('two apps of one options object have ids, lines and metrics of their own', async (t) => {
  const stream = memory()
  const server = observabilityServerOptions({ logger: { stream } })
  const options = { logging: { slowThreshold: 1000 } }
  const apps = [Fastify(server), Fastify(server)]
  for (const [index, app] of apps.entries()) {
    t.teardown(() => app.close())
    await app.register(observability, options)
    app.get(`/${index}`, async ({ id }) => id)
  }
  for (const url of ['/0', '/1', '/0']) {
    const response = await apps[Number(url.slice(1))]!.inject({
      url,
      headers: { 'x-correlation-id': `id${url[1]}` }
    })
    t.equal(response.body, `id${url[1]}`)
  }
  t.match(stream.lines, [
    { route: '/0', correlationId: 'id0' },
    { route: '/1', correlationId: 'id1' },
    { route: '/0', correlationId: 'id0' }
  ])
  const counts = await Promise.all(apps.map(async (app) => app.observability.metrics()))
  t.match(counts[0], /http_requests_total\{method="GET",route="\/0",status_code="200"\} 2/)
  t.match(counts[1], /http_requests_total\{method="GET",route="\/1",status_code="200"\} 1/)
})

t.test("an app's own factory of loggers keeps its bindings, and there is one line a request", async (t) => {
  const stream = memory()
  const app = Fastify({
    ...observabilityServerOptions({ logger: { stream } }),
    childLoggerFactory: (logger, bindings, options) => logger.child({ ...bindings, tenant: 'acme' }, options)
  })
  t.teardown(() => app.close())
  await app.register(observability)
  app.get('/', async () => 'ok')
  await app.inject({ url: '/', headers: { 'x-correlation-id': 'chain-1' } })
  t.match(stream.lines, [{ msg: 'request completed', tenant: 'acme', correlationId: 'chain-1' }])
  t.equal(stream.lines.length, 1)
})
