// An app that registers an official plugin beside ours.
import fastifyHelmet from '@fastify/helmet'
import fastifyRateLimit from '@fastify/rate-limit'
import t from 'tap'
import { headers, rateLimit, security } from '../src/index.ts'
import { captureLog, createApp, ok, statuses } from './helpers.ts'

for (const order of ['before', 'after'] as const) {
  t.test(`@fastify/helmet ${order} ours: its headers are sent, and ours are not`, async (t) => {
    const { lines, logger } = captureLog('warn')
    const app = createApp(t, { logger })
    if (order === 'before') await app.register(fastifyHelmet)
    await app.register(headers)
    if (order === 'after') await app.register(fastifyHelmet)
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
    app.get('/', ok)
    app.get('/route', { config: { rateLimit: { max: 2 } } }, ok)
    app.get('/denied', { config: { rateLimit: { max: 9 } } }, (_request, reply) => reply.code(401).send())
    t.same(await statuses(app, 4), [200, 200, 200, 429])
    t.same(await statuses(app, 3, '/route'), [200, 200, 429])
    t.same(await statuses(app, 3, '/denied'), [401, 401, 429])
    t.equal(lines.filter((line) => line.includes('registers @fastify/rate-limit too')).length, 1)
  })
}

t.test('an app without them has no such line', async (t) => {
  const { lines, logger } = captureLog('warn')
  const app = createApp(t, { logger })
  await app.register(security)
  await app.ready()
  t.notMatch(lines.join(), /registers/)
})
