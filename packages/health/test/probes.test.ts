import rateLimit from '@fastify/rate-limit'
import underPressure from '@fastify/under-pressure'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { isOperational } from '@seaworthy/contract'
import { health, type HealthOptions } from '../src/index.ts'

const paths = ['/health/live', '/health/ready', '/health/startup']

async function build(t: Test, options: HealthOptions = {}) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(health, options)
  return app
}

t.test('liveness, readiness and startup respond with their bodies', async (t) => {
  const app = await build(t, { checks: { database: () => true, cache: async () => 'PONG' } })

  const live = await app.inject('/health/live')
  t.equal(live.statusCode, 200)
  t.strictSame(live.json(), { status: 'ok' })
  const ready = await app.inject('/health/ready')
  t.equal(ready.statusCode, 200)
  t.strictSame(ready.json(), { status: 'ready', checks: { database: true, cache: true } })
  const startup = await app.inject('/health/startup')
  t.equal(startup.statusCode, 200)
  t.strictSame(startup.json(), { status: 'started' })
})

t.test('readiness is 503 while a critical check fails, and liveness is 200', async (t) => {
  const app = await build(t, {
    checks: {
      database: () => Promise.reject(new Error('postgres://user:secret@db.internal')),
      cache: () => true
    }
  })

  const ready = await app.inject('/health/ready')
  t.equal(ready.statusCode, 503)
  t.strictSame(ready.json(), { status: 'not ready', checks: { database: false, cache: true } })
  t.equal((await app.inject('/health/live')).statusCode, 200)
})

/** Hooks and plugins of an app that affect all requests, and must not affect probes. */
const globalHooks: [string, (app: FastifyInstance) => unknown][] = [
  [
    'an onRequest hook that rejects',
    (app) =>
      app.addHook('onRequest', async () =>
        Promise.reject(Object.assign(new Error('no'), { statusCode: 401 }))
      )
  ],
  [
    'an onRequest hook that answers',
    (app) => app.addHook('onRequest', async (_request, reply) => reply.code(401).send('no'))
  ],
  ['an onRequest hook that never calls done', (app) => app.addHook('onRequest', () => undefined)],
  [
    'a preHandler that rejects',
    (app) => app.addHook('preHandler', async () => Promise.reject(new Error('no')))
  ],
  ['an onSend hook that throws', (app) => app.addHook('onSend', async () => Promise.reject(new Error('no')))],
  [
    'an onRoute hook that adds a rejecting hook',
    (app) =>
      app.addHook('onRoute', (route) => {
        route.onRequest = async () => Promise.reject(new Error('no'))
      })
  ],
  [
    'a serializer that throws',
    (app) =>
      app.setReplySerializer(() => {
        throw new Error('no')
      })
  ],
  ['a global rate limit', (app) => app.register(rateLimit, { global: true, max: 1, allowList: [] })],
  ['under-pressure', (app) => app.register(underPressure, { maxRssBytes: 1, maxHeapUsedBytes: 1 })]
]

for (const [what, add] of globalHooks) {
  for (const order of ['before', 'after'] as const) {
    t.test(`${what}, registered ${order} health, fails no probe`, async (t) => {
      const app = Fastify()
      t.teardown(() => app.close())
      if (order === 'before') await add(app)
      await app.register(health, { checks: { database: () => true } })
      if (order === 'after') await add(app)

      for (const path of paths) {
        for (let i = 0; i < 3; i++) {
          t.equal((await app.inject({ path, remoteAddress: '10.0.0.9' })).statusCode, 200, path)
          t.equal((await app.inject({ path, method: 'HEAD' })).statusCode, 200, `HEAD ${path}`)
        }
      }
    })
  }
}

t.test('the hooks that probes bypass run for all other routes', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.addHook('onRequest', async (_request, reply) => reply.code(401).send('no'))
  await app.register(health)
  app.get('/', async () => 'secret')

  t.equal((await app.inject('/')).statusCode, 401)
  t.equal((await app.inject('/health/other')).statusCode, 401)
  t.equal((await app.inject('/health/live')).statusCode, 200)
})

for (const when of ['before', 'after'] as const) {
  t.test(`a route of the app that is added ${when} health has precedence and is logged`, async (t) => {
    const lines: string[] = []
    const app = Fastify({ logger: { level: 'warn', stream: { write: (line: string) => lines.push(line) } } })
    t.teardown(() => app.close())
    const add = () => app.get('/health/live', async () => ({ mine: true }))
    if (when === 'before') add()
    await app.register(health)
    if (when === 'after') add()

    t.strictSame((await app.inject('/health/live')).json(), { mine: true })
    t.strictSame((await app.inject('/health/ready')).json(), { status: 'ready', checks: {} })
    const logged = lines.filter((line) => line.includes('/health/live'))
    t.equal(logged.length, 1)
    t.match(logged[0], /health: the app has its own \/health\/live/)
  })
}

t.test('routes of the app with a parameter in the same place match all other paths', async (t) => {
  const app = await build(t)
  app.get('/health/:part', (request, reply) => reply.send(request.params))
  app.get('/health/:other(^x+$)', (request, reply) => reply.send(request.params))
  app.get('/:any/*', async () => 'any')

  t.strictSame((await app.inject('/health/live')).json(), { status: 'ok' })
  t.strictSame((await app.inject('/health/pulse')).json(), { part: 'pulse' })
})

t.test('the prefix can be another, empty, or inside the prefix of a scope', async (t) => {
  const other = await build(t, { prefix: '/ops/probes' })
  t.equal((await other.inject('/ops/probes/live')).statusCode, 200)
  t.equal((await other.inject('/health/live')).statusCode, 404)

  const none = await build(t, { prefix: '' })
  t.equal((await none.inject('/ready')).statusCode, 200)
  t.equal((await none.inject('/other')).statusCode, 404)

  const app = Fastify({ rewriteUrl: (request) => (request.url ?? '/').replace(/^\/rewritten/, '') })
  t.teardown(() => app.close())
  await app.register(async (scope) => scope.register(health), { prefix: '/admin' })
  t.equal((await app.inject('/admin/health/live')).statusCode, 200)
  t.equal((await app.inject('/rewritten/admin/health/live')).statusCode, 200)
})

t.test('probes are not cached, not logged and run no hook of the app', async (t) => {
  const lines: string[] = []
  const seen: unknown[] = []
  const app = Fastify({ logger: { level: 'trace', stream: { write: (line: string) => lines.push(line) } } })
  t.teardown(() => app.close())
  app.addHook('onResponse', async (request) => {
    seen.push(isOperational(request))
  })
  await app.register(health, { checks: { database: () => true } })
  app.get('/', async () => 'hello')
  await app.ready()
  const before = lines.length

  for (const path of [...paths, '/health/group/none']) {
    const response = await app.inject(path)
    t.equal(response.headers['cache-control'], 'no-store', path)
    t.equal(response.headers['x-content-type-options'], 'nosniff', path)
    t.match(response.headers['content-type'], /^application\/json/, path)
  }
  t.strictSame(lines.slice(before), [])
  t.strictSame(seen, [])
  await app.inject('/')
  t.ok(lines.length > before)
})

t.test('HEAD has the same response without a body', async (t) => {
  const app = Fastify({ exposeHeadRoutes: false })
  t.teardown(() => app.close())
  await app.register(health, { checks: { database: () => false } })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const origin = app.listeningOrigin

  for (const path of [...paths, '/health/group/ready']) {
    const get = await fetch(origin + path)
    const head = await fetch(origin + path, { method: 'HEAD' })
    t.equal(head.status, get.status, path)
    t.equal(head.headers.get('content-length'), String((await get.text()).length))
    t.equal(await head.text(), '')
  }
})

t.test('a request that accepts application/health+json gets it', async (t) => {
  const app = await build(t, {
    checks: { database: () => true, cache: { check: () => false, critical: false }, queue: () => 'degraded' }
  })
  const get = async (path: string, accept: string) => app.inject({ path, headers: { accept } })

  const ready = await get('/health/ready', 'application/health+json')
  t.match(ready.headers, { 'content-type': /^application\/health\+json/, vary: 'accept' })
  t.strictSame(ready.json(), {
    status: 'warn',
    checks: { database: [{ status: 'pass' }], cache: [{ status: 'fail' }], queue: [{ status: 'warn' }] }
  })
  t.strictSame((await get('/health/live', 'text/html, application/health+json;q=0.9')).json(), {
    status: 'pass'
  })
  t.strictSame((await get('/health/live', 'application/health+json;q=0, application/json')).json(), {
    status: 'ok'
  })
  t.strictSame((await get('/health/live', '*/*')).json(), { status: 'ok' })
})

t.test('with expose: false public responses name no check', async (t) => {
  const app = await build(t, { expose: false, checks: { database: () => false } })
  app.health.hold('warming')

  t.strictSame((await app.inject('/health/ready')).json(), { status: 'not ready', reason: 'starting' })
  t.strictSame((await app.inject('/health/startup')).json(), { status: 'starting' })
  t.strictSame((await app.inject('/health/group/ready')).json(), { status: 'not ready', reason: 'starting' })
})
