// An app that registers an official plugin beside ours.
import fastifyCors from '@fastify/cors'
import fastifyHelmet from '@fastify/helmet'
import fastifyRateLimit from '@fastify/rate-limit'
import t from 'tap'
import { cors, headers, rateLimit, security, type CorsOptions } from '../src/index.ts'
import { captureLog, createApp, ok, statuses } from './helpers.ts'

const orders = ['before', 'after', 'imported after'] as const

for (const order of orders) {
  t.test(`@fastify/helmet ${order} ours: its headers are sent, and ours are not`, async (t) => {
    const { lines, logger } = captureLog('warn')
    const app = createApp(t, { logger })
    if (order === 'before') await app.register(fastifyHelmet)
    await app.register(headers)
    if (order === 'after') await app.register(fastifyHelmet)
    if (order === 'imported after') await app.register(import('@fastify/helmet'))
    app.get('/', ok)
    const { headers: sent } = await app.inject('/')
    t.match(sent['content-security-policy'], /script-src 'self';script-src-attr/)
    t.notOk('permissions-policy' in sent || 'cache-control' in sent)
    t.equal(lines.filter((line) => line.includes('registers @fastify/helmet too')).length, 1)
  })

  t.test(`@fastify/rate-limit ${order} ours: it counts, and ours keeps users and failures`, async (t) => {
    const { lines, logger } = captureLog('warn')
    const app = createApp(t, { logger })
    const ours = { max: 1, failures: { max: 2 } }
    if (order === 'before') await app.register(fastifyRateLimit, { max: 3 })
    await app.register(rateLimit, ours)
    if (order === 'after') await app.register(fastifyRateLimit, { max: 3 })
    if (order === 'imported after') await app.register(import('@fastify/rate-limit'), { max: 3 })
    app.get('/', ok)
    app.get('/route', { config: { rateLimit: { max: 2 } } }, ok)
    app.get('/denied', { config: { rateLimit: { max: 9 } } }, (_request, reply) => reply.code(401).send())
    t.same(await statuses(app, 4), [200, 200, 200, 429])
    t.same(await statuses(app, 3, '/route'), [200, 200, 429])
    t.same(await statuses(app, 3, '/denied'), [401, 401, 429])
    t.equal(lines.filter((line) => line.includes('registers @fastify/rate-limit too')).length, 1)
  })
}

for (const order of orders) {
  t.test(`@fastify/rate-limit ${order} ours leaves out most routes: they keep our limit`, async (t) => {
    const app = createApp(t)
    const theirs = { global: false, max: 3 }
    if (order === 'before') await app.register(fastifyRateLimit, theirs)
    await app.register(rateLimit, { max: 2 })
    if (order === 'after') await app.register(fastifyRateLimit, theirs)
    if (order === 'imported after') await app.register(import('@fastify/rate-limit'), theirs)
    app.get('/', ok)
    app.get('/route', { config: { rateLimit: { max: 4 } } }, ok)
    t.same(await statuses(app, 3), [200, 200, 429])
    t.same(await statuses(app, 5, '/route'), [200, 200, 200, 200, 429])
    t.same(await statuses(app, 3, '/nowhere'), [429, 429, 429], 'unknown paths count with the first route')
  })
}

t.test('in a scope of @fastify/rate-limit without global limits, ours is in force', async (t) => {
  const app = createApp(t)
  await app.register(fastifyRateLimit, { global: false })
  await app.register(async (scope) => {
    await scope.register(rateLimit, { max: 2 })
    scope.get('/', ok)
  })
  t.same(await statuses(app, 3), [200, 200, 429])
})

const [a, b, c] = ['https://a.example', 'https://b.example', 'https://c.example']
const forms: Record<string, CorsOptions> = {
  'a list': { origin: [a, /^https:\/\/p\.example$/] },
  'a function': { origin: (origin, done) => done(null, origin === a) },
  'a delegator': { delegator: async () => ({ origin: a }) },
  'a list in preHandler': { origin: [a], hook: 'preHandler' },
  'a function in preParsing': { origin: (origin, done) => done(null, origin === a), hook: 'preParsing' },
  'a delegator in preSerialization': { delegator: async () => ({ origin: a }), hook: 'preSerialization' }
}

for (const [name, options] of Object.entries(forms)) {
  for (const order of orders) {
    t.test(`@fastify/cors ${order} ${name} of ours: its origins may read, and ours may not`, async (t) => {
      const { lines, logger } = captureLog('warn')
      const app = createApp(t, { logger })
      const theirs = { origin: [b], methods: ['GET', 'PUT'] }
      if (order === 'before') await app.register(fastifyCors, theirs)
      await app.register(cors, options)
      if (order === 'after') await app.register(fastifyCors, theirs)
      if (order === 'imported after') await app.register(import('@fastify/cors'), theirs)
      app.get('/', ok)
      app.get('/route', { config: { cors: { origin: c } } }, ok)
      const ask = async (origin: string | undefined, url = '/', method: 'GET' | 'OPTIONS' = 'GET') => {
        const preflight = method === 'OPTIONS' ? { 'access-control-request-method': 'PUT' } : {}
        const response = await app.inject({ method, url, headers: { origin, ...preflight } })
        return response.headers['access-control-allow-origin']
      }
      for (const method of ['GET', 'OPTIONS'] as const) {
        t.equal(await ask(b, '/', method), b, method)
        t.equal(await ask(a, '/', method), undefined, `${method} of an origin of ours`)
      }
      t.equal(await ask(c, '/route'), c)
      t.equal(lines.filter((line) => line.includes('registers @fastify/cors too')).length, 1)
    })
  }
}

t.test('an app without them has no such line', async (t) => {
  const { lines, logger } = captureLog('warn')
  const app = createApp(t, { logger })
  await app.register(security)
  await app.ready()
  t.notMatch(lines.join(), /registers/)
})
