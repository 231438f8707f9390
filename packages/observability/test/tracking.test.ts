import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { lifecyclePort, provide, provided, reporterPort, type Lifecycle } from '@seaworthy/contract'
import { startIntake, startLoad, startNode, until, type Intake } from '@seaworthy/testing'
import type { ErrorContext } from '@seaworthy/observability'
import { build, type TestApp } from './helpers.ts'

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))

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

interface SentryEvent {
  exception: { values: { value: string }[] }
  tags: Record<string, unknown>
  user?: Record<string, unknown>
  request?: Record<string, unknown>
  environment: string
}

/** The events that an intake got: envelopes are lines of JSON. */
function events({ requests }: Intake): SentryEvent[] {
  return requests.flatMap(({ body, headers }) => {
    const text = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
    const lines = text.toString().split('\n').filter(Boolean)
    return lines.map((line) => JSON.parse(line) as SentryEvent).filter(({ exception }) => exception)
  })
}

for (const [name, nodeArgs, environment] of [
  ['started by the plugin', [], 'test'],
  ['started by the service before', ['--import', fixture('sentry-preload.mjs')], 'preloaded']
] as const) {
  t.test(`Sentry ${name} gets each failure once, with its final status and no personal data`, async (t) => {
    const intake = await startIntake(t)
    const service = startNode(t, fixture('sentry-app.ts'), {
      nodeArgs: [...nodeArgs],
      env: { DSN: `http://public@127.0.0.1:${intake.port}/1` }
    })
    const [, url = ''] = await service.waitFor(/listening at (http:\/\/127\.0\.0\.1:\d+)/)
    const headers = {
      'x-correlation-id': 'chain-9',
      cookie: 'session=hunter2',
      'content-type': 'application/json'
    }
    await fetch(`${url}/boom/1?token=hunter2`, { method: 'POST', headers, body: '{"password":"hunter2"}' })
    for (const path of ['/mapped', '/gone', '/shared', '/shared', '/nowhere', '/captured'])
      await fetch(url + path)
    service.kill('SIGTERM')
    t.equal((await service.exit).code, 0)

    const got = events(intake)
    t.equal(got.length, 3)
    t.strictSame(
      new Set(got.map(({ exception }) => exception.values.at(-1)?.value)),
      new Set(['boom', 'shared', 'captured'])
    )
    const boom = got.find(({ exception }) => exception.values.at(-1)?.value === 'boom')
    t.match(boom, {
      environment,
      tags: {
        route: '/boom/:id',
        statusCode: 500,
        method: 'POST',
        correlationId: 'chain-9',
        traceId: /^[0-9a-f]{32}$/
      },
      user: { id: 'user-7' }
    })
    const everything = Buffer.concat(intake.requests.map(({ body }) => body)).toString()
    t.notMatch(everything, /hunter2|someone@example/)
    t.notOk(boom?.user?.ip_address)
  })
}

for (const [path, message] of [
  ['/crash', 'crashed'],
  ['/reject', 'rejected']
] as const) {
  t.test(
    `a process that crashes by ${path} under load writes its last line and sends its event`,
    async (t) => {
      const intake = await startIntake(t)
      const service = startNode(t, fixture('sentry-app.ts'), {
        env: { DSN: `http://public@127.0.0.1:${intake.port}/1` }
      })
      const [, port = ''] = await service.waitFor(/listening at http:\/\/127\.0\.0\.1:(\d+)/)
      const load = startLoad(Number(port), '/nowhere', {
        connections: 10,
        onResult: (status) => typeof status === 'number'
      })
      await until('some load', () => load.result.statuses['404']! > 20)
      await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined)
      const { code } = await service.exit
      await load.stop()
      t.equal(code, 1)
      t.match(
        service.logs().find(({ level }) => level === 60),
        {
          msg: /^observability: (?:uncaughtException|unhandledRejection); the error is reported; the process exits/,
          err: { message }
        }
      )
      t.strictSame(
        events(intake).map(({ exception }) => exception.values.at(-1)?.value),
        [message]
      )
    }
  )
}

t.test("Sentry's integration of pino gets the lines of requests", async (t) => {
  const intake = await startIntake(t)
  const service = startNode(t, fixture('sentry-app.ts'), {
    nodeArgs: ['--import', fixture('sentry-preload.mjs')],
    env: { DSN: `http://public@127.0.0.1:${intake.port}/1`, SENTRY_LOGS: '1' }
  })
  const [, url = ''] = await service.waitFor(/listening at (http:\/\/127\.0\.0\.1:\d+)/)
  await fetch(`${url}/gone`)
  service.kill('SIGTERM')
  t.equal((await service.exit).code, 0)
  t.match(service.logs().at(-1), { msg: 'request completed', route: '/gone', statusCode: 410 })
  const sent = intake.requests.map(({ body, headers }) =>
    (headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString()
  )
  const logs = sent.filter((text) => text.includes('"type":"log"')).join('\n')
  t.match(logs, /"body":"request completed"/)
  t.match(logs, /"route":\{"value":"\/gone"/)
  t.notMatch(logs, /self-test/)
})

for (const [name, env, sent] of [
  ['one app', {}, 0],
  ['two apps', { APPS: '2' }, 0],
  ["the app's own Sentry", { SENTRY: '1' }, 1],
  ["the app's own Sentry and a DSN", { SENTRY: '1', TRACKING: '1' }, 1],
  ['two apps and a Sentry', { APPS: '2', SENTRY: '1', TRACKING: '1' }, 1],
  ['a rejection', { REJECT: '1' }, 0],
  ["a rejection beside the app's own Sentry", { REJECT: '1', SENTRY: '1' }, 1],
  ['a rejection beside a Sentry and two apps', { REJECT: '1', APPS: '2', SENTRY: '1', TRACKING: '1' }, 1]
] as const) {
  t.test(`an uncaught error ends the process with code 1: ${name}`, async (t) => {
    const intake = await startIntake(t)
    const service = startNode(t, fixture('crashing-app.ts'), {
      env: { ...env, DSN: `http://public@127.0.0.1:${intake.port}/1` }
    })
    t.equal((await service.exit).code, 1)
    t.match(
      service.logs().find(({ level }) => level === 60),
      { msg: /the process exits with code 1/, err: { message: 'state is corrupt' } }
    )
    t.strictSame(
      events(intake).map(({ exception }) => exception.values.at(-1)?.value),
      Array.from({ length: sent }, () => 'state is corrupt')
    )
  })
}

t.test(
  "an unhandled rejection is left to a listener of the app, also beside the app's own Sentry",
  async (t) => {
    const intake = await startIntake(t)
    const env = { REJECT: '1', LISTENER: '1', SENTRY: '1', DSN: `http://public@127.0.0.1:${intake.port}/1` }
    const service = startNode(t, fixture('crashing-app.ts'), { env })
    await service.waitFor(/the app decides/)
    t.equal((await service.exit).code, 3)
    t.notOk(service.logs().some(({ level }) => level === 60))
  }
)
