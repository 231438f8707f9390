// Operators change rate limits for a while.
import { managementPort, provide } from '@seaworthy/contract'
import { until } from '@seaworthy/testing'
import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import t, { type Test } from 'tap'
import { rateLimit, type RateLimitOptions } from '../src/index.ts'
import { captureLog, ok, statuses } from './helpers.ts'

async function build(
  t: Test,
  options: RateLimitOptions,
  routes: (app: FastifyInstance) => unknown = (app) => app.get('/', ok)
) {
  const { lines, logger } = captureLog('warn')
  const app = Fastify({ logger })
  const operators = Fastify({ routerOptions: { maxParamLength: 2000 } })
  t.teardown(async () => {
    await app.close()
    await operators.close()
  })
  await app.register(
    fp(async (fastify: FastifyInstance) =>
      provide(fastify, managementPort, {
        route: (route) => void operators.route(route),
        section: () => undefined
      })
    )
  )
  await app.register(rateLimit, options)
  await routes(app)
  await app.ready()
  const send = async (method: 'GET' | 'PUT' | 'DELETE', name: string, payload?: object) => {
    const url = `/rate-limits${name === '' ? '' : `/${encodeURIComponent(name)}`}`
    const response = await operators.inject({ method, url, ...(payload && { payload }) })
    return { status: response.statusCode, body: response.json<{ limits: object[] }>() }
  }
  return { app, send, lines }
}

t.test('a limit is changed for a while, and that of the options returns', async (t) => {
  const { app, send, lines } = await build(t, { max: 2, timeWindow: '1 minute' })
  t.strictSame(await statuses(app, 3), [200, 200, 429])
  const { status, body } = await send('PUT', 'ip', { max: 4, timeWindow: '2 minutes', ttl: 60_000 })
  t.match(
    { status, body },
    {
      status: 200,
      body: {
        limits: [
          {
            name: 'ip',
            max: 4,
            timeWindow: 120_000,
            normal: { max: 2, timeWindow: 60_000 },
            until: /^20.*Z$/
          }
        ]
      }
    }
  )
  const response = await app.inject('/')
  t.match(response.headers, { 'ratelimit-policy': '"ip";q=4;w=120', 'x-ratelimit-limit': '4' })
  t.strictSame(await statuses(app, 2), [200, 429], 'what was used counts')
  t.match(
    lines.map((line) => (JSON.parse(line) as { msg: string }).msg),
    ['security: the limit "ip" is changed for 60000 ms; that of the options returns then']
  )
  t.match((await send('DELETE', 'ip')).body, { limits: [{ name: 'ip', max: 2, timeWindow: 60_000 }] })
  t.match((await app.inject('/')).headers, { 'ratelimit-policy': '"ip";q=2;w=60' })

  await send('PUT', 'ip', { max: 100, ttl: 20 })
  await until('the end', async () => JSON.stringify((await send('GET', '')).body).includes('"max":2'))
})

t.test('limits of routes, of users and of hooks have names of their own', async (t) => {
  const { app, send } = await build(t, { max: 1000, user: { max: 500 } }, (app) => {
    app.get('/', ok)
    app.get('/items/:id', { config: { rateLimit: { max: 1 } } }, ok)
    app.get('/hook', { preHandler: app.rateLimit({ max: 1, name: 'of the hook' } as object) }, ok)
  })
  const { body } = await send('GET', '')
  t.match(body.limits.map((limit) => (limit as { name: string }).name).toSorted(), [
    'GET /items/:id',
    'ip',
    'of the hook',
    'user'
  ])
  await send('PUT', 'GET /items/:id', { max: 3 })
  await send('PUT', 'of the hook', { max: 2 })
  t.strictSame(await statuses(app, 4, '/items/1'), [200, 200, 200, 429])
  t.strictSame(await statuses(app, 3, '/hook'), [200, 200, 429])
  await send('PUT', 'ip', { max: 0 })
  t.strictSame(await statuses(app, 1), [429], 'none pass')
})

t.test('a function of the app is replaced for a while', async (t) => {
  const { app, send } = await build(t, { max: () => 1 })
  t.strictSame(await statuses(app, 2), [200, 429])
  await send('PUT', 'ip', { max: 3 })
  t.strictSame(await statuses(app, 3), [200, 200, 429])
  t.strictSame((await send('DELETE', 'ip')).body.limits, [{ name: 'ip', timeWindow: 60_000 }])
})

t.test('wrong values, times and names are rejected, and change nothing', async (t) => {
  const { send } = await build(t, { max: 2 })
  for (const body of [
    {},
    { ttl: 1000 },
    { max: -1 },
    { max: 1.5 },
    { max: '5' },
    { timeWindow: 0 },
    { timeWindow: 'soon' },
    { max: 1, ttl: 0 },
    { max: 1, ttl: 1e12 },
    { max: 1, ttl: '1' },
    { max: 1, by: 'user' }
  ])
    t.equal((await send('PUT', 'ip', body)).status, 400, JSON.stringify(body))
  t.equal((await send('PUT', 'none', { max: 1 })).status, 404)
  t.equal((await send('DELETE', 'none')).status, 404)
  t.strictSame((await send('GET', '')).body.limits, [{ name: 'ip', max: 2, timeWindow: 60_000 }])
})

t.test('registrations in two scopes share the routes of operators', async (t) => {
  const { app, send } = await build(t, { max: 5 }, (app) => {
    app.get('/', ok)
    app.register(async (scope) => {
      await scope.register(rateLimit, { max: 1 })
      scope.get('/inner', ok)
    })
  })
  const names = async () =>
    (await send('GET', '')).body.limits.map((limit) => (limit as { name: string }).name)
  t.strictSame(await names(), ['ip', '2 ip'])
  await send('PUT', '2 ip', { max: 2 })
  t.strictSame(await statuses(app, 3, '/inner'), [200, 200, 429])
})
