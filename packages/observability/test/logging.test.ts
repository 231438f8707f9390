import { PassThrough } from 'node:stream'
import { runInNewContext } from 'node:vm'
import Fastify from 'fastify'
import t from 'tap'
import { until } from '@seaworthy/testing'
import { observability, observabilityServerOptions } from '@seaworthy/observability'
import { build, listen } from './helpers.ts'

t.test('a success is exactly one line, with unique keys', async (t) => {
  const { app, text, lines } = await build(t, {}, (app) => app.get('/users/:id', async () => ({ id: 1 })))
  const before = lines().length
  const response = await app.inject({
    url: '/users/7?token=hunter2',
    headers: { 'x-correlation-id': 'abc-1' }
  })

  const [line, ...others] = lines().slice(before)
  t.strictSame(others, [])
  t.match(line, {
    level: 30,
    msg: 'request completed',
    correlationId: 'abc-1',
    traceId: /^[0-9a-f]{32}$/,
    method: 'GET',
    route: '/users/:id',
    url: '/users/7',
    statusCode: 200,
    duration: Number
  })
  t.notOk('slow' in line!)
  const keys = [
    ...text()
      .trimEnd()
      .split('\n')
      .at(-1)!
      .matchAll(/"(\w+)":/g)
  ].map(([, key]) => key)
  t.equal(new Set(keys).size, keys.length, 'each key once')
  t.equal(response.headers['x-correlation-id'], 'abc-1')
})

t.test('the level follows the outcome, and a failure carries its error once', async (t) => {
  const { app, requests, lines } = await build(t, {}, (app) => {
    app.get('/boom', async () => {
      throw new Error('broken', { cause: new Error('disk') })
    })
    app.get('/bad', async () => {
      throw Object.assign(new Error('you sent: hunter2'), { statusCode: 400, code: 'E_BAD' })
    })
  })
  const before = lines().length
  await app.inject('/boom')
  await app.inject('/bad')
  await app.inject('/nowhere')

  const [boom, bad, nowhere] = requests()
  t.equal(lines().length - before, 3)
  t.match(boom, {
    level: 50,
    statusCode: 500,
    err: { message: 'broken', stack: /broken/, cause: { message: 'disk' } }
  })
  t.match(bad, { level: 30, statusCode: 400, code: 'E_BAD', err: undefined })
  t.match(nowhere, { level: 30, statusCode: 404, route: undefined, url: '/nowhere' })
})

t.test('levels may be chosen by outcome', async (t) => {
  const levels = { success: 'debug', clientError: 'warn' } as const
  const { app, requests } = await build(t, { logging: { levels } }, (app) => app.get('/', async () => 'ok'))
  await app.inject('/')
  await app.inject('/nowhere')
  t.match(requests(), [{ level: 40, statusCode: 404 }])
  t.equal(requests().length, 1, "debug is below the logger's level")
})

t.test('a slow request is logged at warn, by the threshold of its route', async (t) => {
  const { app, requests } = await build(t, { logging: { slowThreshold: 60_000 } }, (app) => {
    const late = async () => new Promise((resolve) => setTimeout(resolve, 15, 'late'))
    app.get('/default', late)
    app.get('/own', { config: { observability: { slowThreshold: 5 } } }, late)
    app.get('/objective', { config: { observability: { objective: 5 } } }, late)
  })
  for (const url of ['/default', '/own', '/objective']) await app.inject(url)
  t.match(requests(), [
    { level: 30, slow: undefined },
    { level: 40, slow: true },
    { level: 40, slow: true }
  ])
})

t.test('successes of probes, scrapes and routes with log: false are not logged', async (t) => {
  const { app, requests } = await build(t, {}, (app) => {
    app.get('/health/live', { config: { operational: 'probe' } }, async () => 'ok')
    app.get('/noise', { config: { observability: { log: false } } }, async () => 'ok')
    app.get('/off', { config: { observability: false } }, async ({ url }) => {
      if (url.includes('fail')) throw new Error('failed')
      return 'ok'
    })
  })
  for (const url of ['/health/live', '/metrics', '/noise', '/off', '/off?fail']) await app.inject(url)
  t.match(requests(), [{ url: '/off', statusCode: 500 }])
  t.equal(requests().length, 1)
})

t.test('an error of another realm has its class, message and cause in the line', async (t) => {
  const { app, lines, requests } = await build(t, {}, (app) => {
    app.get('/', async ({ log }) => {
      const error = runInNewContext("new RangeError('outer', { cause: new Error('inner') })") as Error
      log.error(error)
      log.error({ err: error }, 'mine')
      log.error({ problem: error }, 'theirs')
      throw error
    })
  })
  await app.inject('/')
  const err = { type: 'RangeError', message: 'outer', cause: { message: 'inner' } }
  t.match(lines().slice(-4), [
    { err, msg: 'outer' },
    { err, msg: 'mine' },
    { problem: err, msg: 'theirs' },
    { err, statusCode: 500 }
  ])
  t.equal(requests().length, 1)
})

t.test('whatever is thrown, its request is logged and counted once', async (t) => {
  const trap = () => {
    throw new Error('trap')
  }
  const hostile = new Proxy(new Error('x'), { get: trap, has: trap, getPrototypeOf: trap, ownKeys: trap })
  const { proxy: revoked, revoke } = Proxy.revocable([], {})
  revoke()
  const values: Record<string, unknown> = {
    hostile,
    errors: Object.assign(new AggregateError([], 'x'), { errors: revoked }),
    code: Object.defineProperty(new Error('x'), 'code', { get: trap }),
    text: Object.assign(() => 1, { toString: trap }),
    frozen: Object.freeze(new Error('x')),
    null: null,
    symbol: Symbol('x')
  }
  const options = { management: { port: 0 }, errorTracking: { sink: () => undefined } }
  const { app, requests } = await build(t, options, (app) => {
    app.setErrorHandler((_error, _request, reply) => reply.code(500).send('sorry'))
    app.get('/:name', async ({ params }) => {
      throw values[(params as { name: string }).name]
    })
  })
  const names = Object.keys(values)
  for (const name of names) t.match(await app.inject(`/${name}`), { statusCode: 500 }, name)
  t.equal(requests().length, names.length)
  const { management } = app.observability
  t.match(await management!.inject('/status.json'), { statusCode: 200 })
})

t.test(
  'a log that starts silent, or with fatal lines alone, has the lines of requests once its level is lower',
  async (t) => {
    for (const level of ['silent', 'fatal'] as const) {
      let text = ''
      const stream = { write: (line: string) => void (text += line) }
      const app = Fastify({ ...observabilityServerOptions({ level, logger: { stream } }) })
      t.teardown(() => app.close())
      await app.register(observability)
      app.get('/', async () => 1)
      await app.inject('/')
      t.equal(text, '')
      app.log.level = 'info'
      await app.inject('/')
      t.match(text, /"url":"\/".*"msg":"request completed"/)
    }
  }
)

t.test('a pino with levels that descend, or other ends of lines, writes what it takes', async (t) => {
  for (const settings of [
    { levelComparison: 'DESC' as const, level: 'info' },
    { crlf: true },
    { levelComparison: (current: number, expected: number) => current >= expected }
  ]) {
    let text = ''
    const stream = { write: (line: string) => void (text += line) }
    const app = Fastify({ ...observabilityServerOptions({ logger: { ...settings, stream } }) })
    t.teardown(() => app.close())
    await app.register(observability)
    app.get('/', async () => 1)
    await app.inject('/')
    t.match(text, /"msg":"request completed"\}\r?\n/)
    t.notMatch(text, /version of pino is unknown/)
    if ('crlf' in settings) t.match(text, /request completed"\}\r\n/)
  }
})

t.test('a stranger cannot choose by a trace id whether he is logged', async (t) => {
  const { app, requests } = await build(t, { logging: { sampling: 0.5 } }, (app) => {
    app.get('/', async () => 'ok')
  })
  const traceparent = '00-ffffffffffffffffffffffffffffffff-00f067aa0ba902b7-01'
  for (let n = 0; n < 200; n++) await app.inject({ url: '/', headers: { traceparent } })
  t.ok(requests().length > 40 && requests().length < 160, `${requests().length} of 200 kept`)
})

t.test('sampling keeps a share of the successes, and every error and slow request', async (t) => {
  const options = { logging: { sampling: 0.25 }, correlation: { trust: ['127.0.0.1'] } }
  const { app, requests } = await build(t, options, (app) => {
    app.get('/', async () => 'ok')
    app.get('/boom', async () => Promise.reject(new Error('boom')))
    app.get('/slow', { config: { observability: { slowThreshold: 0 } } }, async () => 'slow')
  })
  for (let n = 0; n < 400; n++) await app.inject('/')
  const kept = requests().length
  t.ok(kept > 40 && kept < 180, `${kept} of 400 kept`)
  for (let n = 0; n < 20; n++) {
    await app.inject('/boom')
    await app.inject('/slow')
  }
  t.equal(requests().length, kept + 40)
  const traceId = 'ffffffffffffffffffffffff00000001'
  for (let n = 0; n < 3; n++)
    await app.inject({ url: '/', headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` } })
  t.equal(requests().length, kept + 43, 'the trace decides, so all of its services agree')
})

t.test('no secret reaches the log', async (t) => {
  const secret = 'hunter2-s3cr3t'
  const { app, text, requests } = await build(t, {}, (app) => {
    app.post('/login', async ({ body, headers, log, raw }) => {
      const inner = Object.assign(new Error(`password=${secret}`), {
        config: { headers: { authorization: secret } }
      })
      const error = Object.assign(
        new Error(`GET https://user:${secret}@db/x?token=${secret} failed ${'x'.repeat(5e6)}`),
        {
          request: { body },
          headers
        }
      )
      inner.cause = error
      error.cause = inner
      log.error({ err: error }, 'seen')
      log.info({ req: raw, res: { statusCode: 1 } }, 'raw')
      throw error
    })
    app.get('/reset/:token', async () => 'ok')
  })
  await app.inject({
    method: 'POST',
    url: `/login?token=${secret}`,
    headers: { authorization: `Bearer ${secret}`, cookie: `session=${secret}` },
    payload: { password: secret }
  })
  await app.inject(`/reset/${secret}`)

  t.equal(text().includes(secret), false)
  t.match(requests(), [
    { statusCode: 500, err: { cause: { message: /\[redacted\]/ } } },
    { url: '/reset/:token' }
  ])
  for (const line of text().split('\n')) t.ok(line.length <= 16_384, `${line.length} bytes`)
})

t.test('the fields of the function are bounded and repeat no key', async (t) => {
  const fields = (request: { headers: Record<string, unknown> }) => ({
    tenant: request.headers['x-tenant'],
    method: 'mine',
    big: 'x'.repeat(10_000)
  })
  const { app, requests, text } = await build(t, { logging: { fields } }, (app) =>
    app.get('/', async () => 'ok')
  )
  await app.inject({ url: '/', headers: { 'x-tenant': 'acme' } })
  t.match(requests(), [{ tenant: 'acme', method: 'GET', big: /^x{900,1024}… \(\d+ more\)$/ }])
  t.equal(text().match(/"method"/g)!.length, 1)
})

/** Values that could make a line long, or never end. */
function extremeValues(): Record<string, unknown> {
  const circle: Record<string, unknown> = { name: 'circle' }
  circle.again = { deep: circle, list: [circle, circle] }
  let deep: object = {}
  for (let n = 0; n < 5000; n++) deep = { deep }
  return {
    text: '\u0001"é€'.repeat(100_000),
    list: Array.from({ length: 100_000 }, (_, n) => `item ${n}`),
    wide: Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`key ${n}`, n])),
    bytes: Buffer.alloc(1_000_000),
    big: 10n ** 5000n,
    getter: Object.defineProperty({}, 'x', {
      enumerable: true,
      get() {
        throw new Error('no')
      }
    }),
    circle,
    deep
  }
}
const lineBytes = (text: string) => text.split('\n').map((line) => Buffer.byteLength(line) + 1)

for (const schema of ['default', 'ecs', 'otel', 'gcp'] as const) {
  t.test(`a line has at most 16 KB for any values, and counts the dropped fields (${schema})`, async (t) => {
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`field${n}`, 'é"\n'.repeat(2000)]))
    const taken = {
      'http.route': 'mine',
      'error.type': 'mine',
      httpRequest: 'mine',
      route: 'mine',
      body: 'x'
    }
    const fields = () => ({ ...extremeValues(), ...taken, ...many })
    const causes = (depth: number): Error =>
      Object.assign(new AggregateError(Array.from({ length: 9 }, () => new Error('"\n'.repeat(9999)))), {
        message: '\u0001'.repeat(9999),
        ...(depth > 0 ? { cause: causes(depth - 1) } : {})
      })
    const { app, text, lines } = await build(t, { logging: { schema, fields } }, (app) => {
      app.get('/boom', async () => Promise.reject(causes(9)))
      app.get('/*', async () => 'ok')
    })
    await app.inject(`/${'"é'.repeat(5000)}`)
    await app.inject('/boom')
    const [ok, failed] = lines().filter((line) => 'droppedFields' in line)
    t.match(ok, {
      text: /… \(\d+ more\)$/,
      list: Array,
      circle: { name: 'circle' },
      bytes: '(1000000 bytes)'
    })
    t.match(ok!.getter, /unreadable/)
    t.ok((failed!.droppedFields as number) > (ok!.droppedFields as number), 'the error comes first')
    for (const bytes of lineBytes(text())) t.ok(bytes <= 16_384, `${bytes} bytes`)
    t.ok(Math.max(...lineBytes(text())) > 12_000, 'and the room is used')
    for (const line of text().trimEnd().split('\n')) {
      const keys = [...line.matchAll(/[{,]"((?:http|error\.|field|route|body)[^"]*)":/g)].map(
        ([, key]) => key
      )
      t.equal(new Set(keys).size, keys.length, 'each key once')
    }
  })
}

t.test('any value that is logged as err is bounded', async (t) => {
  const { app, lines, text } = await build(t)
  const thrown = {
    ...extremeValues(),
    password: 'hunter2',
    headers: { authorization: 'hunter2', accept: 'x' }
  }
  app.log.error({ err: thrown }, 'object')
  for (const err of Object.values(thrown)) app.log.error({ err }, 'value')
  const unreadable = new Proxy(new Error('x'), {
    get() {
      throw new Error('no')
    }
  })
  app.log.error({ err: unreadable }, 'unreadable')
  app.log.error({ err: 'just text with token=hunter2' }, 'text')
  app.log.error({ err: Object.assign(new Error('real'), { cause: extremeValues().circle }) }, 'error')
  for (const bytes of lineBytes(text())) t.ok(bytes < 10_000, `${bytes} bytes`)
  t.notMatch(text().replace('"hunter2"},"msg":"value"', ''), /token=hunter2|"authorization":"hunter2"/)
  t.match(lines()[0], { err: { text: /… \(\d+ more\)$/ } })
  t.match(lines().at(-2), { err: 'just text with token=[redacted]' })
  t.match(lines().at(-1), { err: { type: 'Error', message: 'real' } })
})

t.test('a failing field function costs its fields, not the line', async (t) => {
  const fields = () => {
    throw new Error('oops')
  }
  const { app, requests } = await build(t, { logging: { fields } }, (app) => app.get('/', async () => 'ok'))
  await app.inject('/')
  t.match(requests(), [{ statusCode: 200, fieldsError: /oops/ }])
})

t.test('a stream is timed to its end, and logged after it', async (t) => {
  let streamed = 0
  const { app, requests } = await build(t, {}, (app) => {
    app.get('/', async () => {
      const start = performance.now()
      const stream = new PassThrough()
      stream.write('first')
      setTimeout(() => {
        t.strictSame(requests(), [], 'no line before the end')
        streamed = performance.now() - start
        stream.end('last')
      }, 20)
      return stream
    })
  })
  const port = await listen(app)
  await (await fetch(`http://127.0.0.1:${port}/`)).text()
  await until('the line', () => requests().length > 0)
  t.ok(requests()[0]!.duration! >= streamed, 'the duration includes the stream')
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
  let text = ''
  const stream = { write: (line: string) => void (text += line) }
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
  const line = JSON.parse(text.trimEnd().split('\n').at(-1)!) as object
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
  let text = ''
  const app = Fastify({ logger: { stream: { write: (line: string) => void (text += line) } } })
  t.teardown(() => app.close())
  await app.register(observability)
  app.get('/', async ({ id }) => id)
  const response = await app.inject({ url: '/', headers: { 'x-correlation-id': 'abc' } })

  t.equal(response.body, 'abc')
  t.equal(response.headers['x-correlation-id'], 'abc')
  t.equal(text.match(/Fastify\(\{ \.\.\.observabilityServerOptions\(\) \}\)/g)?.length, 1)
  t.match(text, /"correlationId":"abc".*"route":"\/".*"statusCode":200/)
})

t.test('without a logger nothing is written and nothing fails', async (t) => {
  const app = Fastify({ ...observabilityServerOptions({ logger: false }) })
  t.teardown(() => app.close())
  await app.register(observability)
  t.equal((await app.inject('/nowhere')).statusCode, 404)
  t.match((await app.inject('/metrics')).body, /__unmatched__/)
})

t.test("the app's serializers apply to the line", async (t) => {
  const text: string[] = []
  const logger = {
    serializers: { url: () => 'hidden', err: () => ({ type: 'scrubbed' }) },
    stream: { write: (line: string) => void text.push(line) }
  }
  const app = Fastify(observabilityServerOptions({ logger }))
  t.teardown(() => app.close())
  await app.register(observability)
  app.get('/broken', async () => {
    throw new Error('precious')
  })
  await app.inject('/broken')
  const line = text.find((entry) => entry.includes('/broken'))
  t.match(line, /"url":"hidden"/)
  t.match(line, /"type":"scrubbed"/)
  t.notMatch(text.join(''), /precious/)
})
