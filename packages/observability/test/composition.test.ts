import { join } from 'node:path'
import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import t from 'tap'
import {
  lifecyclePort,
  managementPort,
  meterPort,
  propagatorPort,
  provide,
  reporterPort,
  whenProvided,
  type Propagator
} from '@seaworthy/contract'
import { observability, observabilityServerOptions, type ErrorContext } from '@seaworthy/observability'
import { startNode } from '@seaworthy/testing'
import { build, keptLog, listen, samples, total } from './helpers.ts'

/** The values that another plugin has received from observability. */
interface Received {
  flush?: () => unknown
  injected?: Record<string, string>
}

/** Another plugin that uses every port of observability, and provides those that observability uses. */
const otherPlugin = (received: Received) =>
  fp(async (fastify: FastifyInstance) => {
    provide(fastify, lifecyclePort, {
      state: 'running',
      onDrain: () => undefined,
      onShutdown: () => undefined,
      onFlush: (_, flush) => void (received.flush = flush)
    })
    whenProvided(fastify, meterPort, (meter) => {
      meter
        .counter({ name: 'other_total', help: 'Calls', labels: ['kind'] })
        .with('a')
        .inc(2)
    })
    whenProvided(fastify, managementPort, (management) => {
      management.route({ method: 'GET', url: '/other', handler: async () => 'here' })
      management.section('other', () => ({ fine: true }))
    })
    whenProvided(fastify, reporterPort, (reporter) => {
      reporter.report(new Error('from the other plugin'), { source: 'other' })
    })
    let propagator: Propagator | undefined
    whenProvided(fastify, propagatorPort, (value) => (propagator = value))
    fastify.addHook('preHandler', (request, _reply, done) => {
      received.injected = {}
      propagator?.inject(request, received.injected)
      done()
    })
  })

for (const first of ['the plugin', 'the other plugin']) {
  t.test(`meets another plugin when ${first} is registered first`, async (t) => {
    const received: Received = {}
    const seen: [unknown, ErrorContext][] = []
    const app = Fastify({ ...observabilityServerOptions({ logger: false }) }) as unknown as FastifyInstance
    t.teardown(() => app.close())
    const plugins = [
      async () =>
        app.register(observability, {
          management: { port: 0 },
          errorTracking: { sink: (error, context) => void seen.push([error, context]) }
        }),
      async () => app.register(otherPlugin(received))
    ]
    for (const register of first === 'the plugin' ? plugins : plugins.toReversed()) await register()
    app.get('/', async () => 'ok')
    await app.ready()

    const { management } = app.observability
    t.equal((await management!.inject('/other')).body, 'here')
    t.match((await management!.inject('/status')).json(), { other: { fine: true } })
    t.equal(samples((await management!.inject('/metrics')).body).get('other_total{kind="a"}'), 2)
    t.match(seen, [[{ message: 'from the other plugin' }, { source: 'other' }]])
    t.type(received.flush, 'function')
    await received.flush!()
    await app.inject({ url: '/', headers: { 'x-correlation-id': 'abc' } })
    t.match(received.injected, { 'x-correlation-id': 'abc', traceparent: /^00-/ })
  })
}

t.test('routes added before the plugin are logged, counted and named too', async (t) => {
  const { stream, text } = keptLog()
  const app = Fastify({ ...observabilityServerOptions({ logger: { stream } }) })
  t.teardown(() => app.close())
  app.get('/early/:id', async () => 'ok')
  await app.register(observability)
  await app.inject('/early/1')
  t.match(text(), /"route":"\/early\/:id"/)
  t.equal(total(await app.observability.metrics(), 'http_requests_total', /early/), 1)
})

t.test('routes in encapsulated plugins, with a prefix, count under their whole pattern', async (t) => {
  const { app, requests } = await build(t, {}, (app) => {
    void app.register(async (scope) => void scope.get('/users/:id', async () => 'ok'), { prefix: '/v1' })
  })
  await app.inject('/v1/users/3')
  t.match(requests(), [{ route: '/v1/users/:id', url: '/v1/users/3' }])
})

t.test('a not-found handler, an error handler and HEAD requests of the app are kept', async (t) => {
  const { app, requests } = await build(t, {}, (app) => {
    app.setNotFoundHandler(async (...[, reply]) => reply.code(404).send('mine'))
    app.setErrorHandler(async (...[, , reply]) => reply.code(503).send('also mine'))
    app.get('/boom', async () => Promise.reject(new Error('boom')))
    app.get('/ok', async () => 'ok')
  })
  t.equal((await app.inject('/nowhere')).body, 'mine')
  t.equal((await app.inject('/boom')).body, 'also mine')
  t.equal((await app.inject({ method: 'HEAD', url: '/ok' })).statusCode, 200)
  t.match(requests(), [
    { statusCode: 404 },
    { statusCode: 503, level: 50 },
    { method: 'HEAD', statusCode: 200 }
  ])
})

t.test('two apps in one process share no ids, lines, numbers or errors', async (t) => {
  const errors: string[] = []
  const make = async (name: string) =>
    build(
      t,
      { errorTracking: { sink: () => void errors.push(name) }, correlation: { context: true } },
      (app) => void app.get(`/${name}`, async () => Promise.reject(new Error(name)))
    )
  const [a, b] = [await make('a'), await make('b')]
  const [portA, portB] = [await listen(a.app), await listen(b.app)]
  await Promise.all([fetch(`http://127.0.0.1:${portA}/a`), fetch(`http://127.0.0.1:${portB}/b`)])
  t.strictSame(
    errors.toSorted((x, y) => x.localeCompare(y)),
    ['a', 'b']
  )
  for (const [built, name] of [
    [a, 'a'],
    [b, 'b']
  ] as const) {
    t.match(built.requests(), [{ route: `/${name}` }])
    t.equal(built.requests().length, 1)
    t.equal(total(await built.app.observability.metrics(), 'http_requests_total'), 1)
  }
})

t.test('registering the plugin twice on one app fails', async (t) => {
  const { app } = await build(t)
  await t.rejects(async () => app.register(observability), /register it once/)
})

t.test('closing leaves nothing behind in the process', async (t) => {
  const before = process.listenerCount('uncaughtException')
  for (let n = 0; n < 20; n++) {
    const { app } = await build(t, { management: { port: 0 } })
    await app.ready()
    t.equal(process.listenerCount('uncaughtException'), before + 1)
    await app.close()
  }
  t.equal(process.listenerCount('uncaughtException'), before)
})

t.test(
  '10,000 different paths, ids, hosts and label values leave heap and scrape as they were',
  async (t) => {
    const script = join(import.meta.dirname, 'fixtures/heap-app.ts')
    const service = startNode(t, script, { nodeArgs: ['--expose-gc'] })
    t.equal((await service.exit).code, 0, service.output())
    const [{ heap, scrape } = {}] = service.logs() as { heap: number; scrape: number }[]
    // One kept text of 200 characters each would be 2 MB.
    t.ok(heap! < 1_000_000, `the heap grew by ${heap} bytes`)
    t.ok(scrape! < 3000, `the scrape grew by ${scrape} bytes: numbers have more digits`)
  }
)

t.test('a decorator of the app that has a name of the plugin is named with the way out', async (t) => {
  const collisions: [name: string, collide: (app: FastifyInstance) => unknown][] = [
    ['observability', (app) => app.decorate('observability', {} as never)],
    ['observability', (app) => app.register(observability)]
  ]
  for (const [name, collide] of collisions) {
    const app = Fastify()
    t.teardown(() => app.close())
    await collide(app)
    await t.rejects(async () => app.register(observability), {
      message: new RegExp(
        `has the decorator "${name}", which @seaworthy/observability needs; rename the other one`
      ),
      code: 'FST_ERR_DEC_ALREADY_PRESENT'
    })
  }
})
