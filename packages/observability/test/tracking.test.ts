// Error tracking by a sink of the app.
import t, { type Test } from 'tap'
import { lifecyclePort, provide, provided, reporterPort, type Lifecycle } from '@seaworthy/contract'
import type { ErrorContext } from '@seaworthy/observability'
import { build, type TestApp } from './helpers.ts'

async function withSink(t: Test): Promise<TestApp & { seen: [unknown, ErrorContext][] }> {
  const seen: [unknown, ErrorContext][] = []
  const shared = new Error('shared')
  const sink = (error: unknown, context: ErrorContext) => void seen.push([error, context])
  const built = await build(t, { errorTracking: { sink } }, (app) => {
    app.decorateRequest('user')
    app.addHook('onRequest', (request, _reply, done) => {
      Object.assign(request, { user: { sub: 'u1', email: 'a@b.c' } })
      done()
    })
    app.setErrorHandler((error: Error & { statusCode?: number }, _, reply) => {
      const status = error.message === 'mapped' ? 404 : (error.statusCode ?? 500)
      return reply.code(status).send('sorry')
    })
    app.get('/boom/:id', async () => Promise.reject(new Error('boom')))
    app.get('/mapped', async () => Promise.reject(new Error('mapped')))
    app.get('/gone', async () => Promise.reject(Object.assign(new Error('gone'), { statusCode: 410 })))
    app.get('/shared', async () => Promise.reject(shared))
    app.get('/text', async () => {
      throw 'just text'
    })
    app.get('/validated', { schema: { querystring: { type: 'object', required: ['q'] } } }, async () => 'ok')
  })
  return { ...built, seen }
}

t.test('the sink gets failures only, each once, with the status that the client got', async (t) => {
  const { app, seen } = await withSink(t)
  for (const url of [
    '/boom/1?token=x',
    '/mapped',
    '/gone',
    '/shared',
    '/shared',
    '/text',
    '/validated',
    '/nowhere'
  ]) {
    await app.inject({ url, headers: { 'x-correlation-id': `id${url.replace(/\W.*$/, '')}` } })
  }
  t.strictSame(
    seen.map(([error, { route, statusCode }]) => [
      error instanceof Error ? error.message : error,
      route,
      statusCode
    ]),
    [
      ['boom', '/boom/:id', 500],
      ['shared', '/shared', 500],
      ['just text', '/text', 500]
    ]
  )
  t.match(seen[0]![1], {
    source: 'request',
    method: 'GET',
    correlationId: String,
    traceId: /^[0-9a-f]{32}$/,
    userId: 'u1'
  })
  t.notMatch(JSON.stringify(seen), /token|a@b\.c|127\.0\.0\.1/)
})

t.test('errors from elsewhere: captureError and the reporter port', async (t) => {
  const { app, seen } = await withSink(t)
  const error = new Error('job')
  app.observability.captureError(error, { source: 'job "mail"', attempt: 3 })
  app.observability.captureError(error)
  provided(app, reporterPort)!.report(new Error('probe'), { source: 'health check "db"' })
  t.match(seen, [
    [{ message: 'job' }, { source: 'job "mail"', attempt: 3 }],
    [{ message: 'probe' }, { source: 'health check "db"' }]
  ])
  t.equal(seen.length, 2)
})

t.test('an error that a plugin reports has the route and the ids of its request', async (t) => {
  const { app, seen } = await withSink(t)
  app.get('/late/:id', async (request) => {
    const statusCode = 500
    provided(app, reporterPort)!.report(new Error('late'), {
      source: 'response cut off',
      request,
      statusCode
    })
    return 'ok'
  })
  await app.inject({ url: '/late/7', headers: { 'x-correlation-id': 'abc' } })
  const [, context] = seen[0]!
  t.match(context, {
    source: 'response cut off',
    method: 'GET',
    route: '/late/:id',
    statusCode: 500,
    correlationId: 'abc',
    traceId: /^[0-9a-f]{32}$/
  })
})

t.test('a sink that throws, rejects or hangs does not affect requests', async (t) => {
  for (const sink of [
    () => {
      throw new Error('sink')
    },
    async () => Promise.reject(new Error('sink')),
    async () => new Promise(() => undefined)
  ]) {
    const { app } = await build(t, { errorTracking: { sink } }, (app) => {
      app.get('/', async () => Promise.reject(new Error('boom')))
    })
    t.equal((await app.inject('/')).statusCode, 500)
    await app.observability.flush(50)
  }
})

t.test('a userId function that throws costs the user, not the error', async (t) => {
  const seen: [unknown, ErrorContext][] = []
  const errorTracking = {
    sink: (error: unknown, context: ErrorContext) => void seen.push([error, context]),
    userId() {
      throw new Error('no user')
    }
  }
  const { app } = await build(t, { errorTracking }, (app) => {
    app.get('/', async () => Promise.reject(new Error('boom')))
  })
  t.equal((await app.inject('/')).statusCode, 500)
  t.match(seen, [[{ message: 'boom' }, { userId: undefined, statusCode: 500 }]])
})

t.test('a plugin that ends the service gets the flush of errors', async (t) => {
  const flushes: string[] = []
  const fake: Partial<Lifecycle> = { onFlush: (name) => void flushes.push(name) }
  await (
    await build(t, { errorTracking: { sink: () => undefined } }, (app) => {
      provide(app, lifecyclePort, fake as Lifecycle)
    })
  ).app.ready()
  t.strictSame(flushes, ['observability'])
})
