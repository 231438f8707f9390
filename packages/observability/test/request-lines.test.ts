// The one line of each request: its fields, its level, and which lines are left out.
import { PassThrough } from 'node:stream'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { until } from '@seaworthy/testing'
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

t.test('an untrusted client cannot choose by a trace id whether it is logged', async (t) => {
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
