import Fastify, { type FastifyInstance } from 'fastify'
import { pino, type LoggerOptions } from 'pino'
import t from 'tap'
import { observability, observabilityServerOptions } from '@seaworthy/observability'
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
