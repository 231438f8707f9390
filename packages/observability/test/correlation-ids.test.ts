import Fastify, { type FastifyServerOptions } from 'fastify'
import t from 'tap'
import { observability, observabilityServerOptions } from '@seaworthy/observability'
import { build, keptLog } from './helpers.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const parent = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }
const traceparent = `00-${parent.traceId}-${parent.spanId}-01`

for (const [name, id] of Object.entries({
  'an overlong id': 'x'.repeat(8000),
  'an id with a line break in it': 'a%0Ab c',
  'an empty id': '',
  'an id with quotes': '"},{"admin":true'
})) {
  t.test(`${name} is replaced by a fresh one`, async (t) => {
    const { app, text } = await build(t, {}, (app) => app.get('/', async ({ id }) => id))
    const response = await app.inject({ url: '/', headers: { 'x-correlation-id': id } })
    t.match(response.headers['x-correlation-id'], uuid)
    t.equal(response.body, response.headers['x-correlation-id'])
    if (id !== '') t.notOk(text().includes(id))
  })
}

t.test('the id is on every line of the request and on each kind of response', async (t) => {
  const { app, lines } = await build(t, {}, (app) => {
    app.get('/', async ({ log }) => log.info('inside') as never)
    app.get('/boom', async () => Promise.reject(new Error('boom')))
  })
  for (const url of ['/', '/boom', '/nowhere', '/%zz']) {
    const before = lines().length
    const response = await app.inject({ url, headers: { 'x-correlation-id': `id${before}`, traceparent } })
    t.equal(response.headers['x-correlation-id'], `id${before}`, url)
    for (const line of lines().slice(before))
      t.match(line, { correlationId: `id${before}`, traceId: parent.traceId })
  }
})

t.test('the header and the function that makes ids can be replaced', async (t) => {
  const correlation = { header: 'X-Request-Id', generate: () => 'made-here' }
  const { app } = await build(t, { correlation }, (app) => app.get('/', async ({ id }) => id))
  const fresh = await app.inject('/')
  const inbound = await app.inject({ url: '/', headers: { 'x-request-id': 'inbound' } })
  t.match([fresh.headers['x-request-id'], inbound.headers['x-request-id']], ['made-here', 'inbound'])
})

t.test('ids and traces of peers that are not trusted are replaced', async (t) => {
  const routes = (app: Parameters<NonNullable<Parameters<typeof build>[2]>>[0]) =>
    void app.get('/', async (...[request]) => app.observability.headers(request))
  const { app } = await build(t, { correlation: { trust: ['10.0.0.0/8'] } }, routes)
  const headers = { 'x-correlation-id': 'theirs', traceparent }
  const untrusted = await app.inject({ url: '/', headers, remoteAddress: '192.0.2.1' })
  const trusted = await app.inject({ url: '/', headers, remoteAddress: '10.1.2.3' })
  t.match(untrusted.headers['x-correlation-id'], uuid)
  t.notMatch(untrusted.json(), { traceparent: new RegExp(parent.traceId) })
  t.match(trusted.json(), {
    'x-correlation-id': 'theirs',
    traceparent: new RegExp(`^00-${parent.traceId}-(?!${parent.spanId})[0-9a-f]{16}-01$`)
  })
})

for (const [name, id] of Object.entries({
  'an overlong id': 'x'.repeat(3000),
  'an odd id': 'a b"},{',
  'an id from outside': 'fine'
})) {
  t.test(`${name} does not get in by another option than ours`, async (t) => {
    const trust = name === 'an id from outside' ? ['10.0.0.0/8'] : undefined
    const correlation = { trust }
    const { stream, lines } = keptLog()
    const settings = observabilityServerOptions({ correlation, logger: { stream } })
    const genReqId = ({ headers }: { headers: Record<string, unknown> }) => String(headers['x-request-id'])
    for (const options of [
      { ...settings, requestIdHeader: 'X-Request-Id' },
      { ...settings, requestIdHeader: true },
      { ...settings, genReqId },
      { logger: { stream }, requestIdHeader: 'x-request-id' }
    ]) {
      const app = Fastify(options as FastifyServerOptions)
      t.teardown(() => app.close())
      app.setErrorHandler((_error, request, reply) => reply.code(500).send(request.id))
      app.addHook('onRequest', async ({ url }) => {
        if (url === '/thrown') throw new Error('early')
      })
      app.get('/early', { onRequest: async (request, reply) => reply.send(request.id) }, async () => 1)
      await app.register(observability, { correlation })
      app.get('/thrown', async () => 1)
      app.get('/', async (request) => [request.id, app.observability.headers(request)['x-correlation-id']])
      const headers = { 'x-request-id': id, 'request-id': id }
      const response = await app.inject({ url: '/', headers })
      const receivedId = response.headers['x-correlation-id']
      t.match(receivedId, uuid)
      t.strictSame(response.json(), [receivedId, receivedId])
      t.match((await app.inject({ url: '/early', headers })).headers['x-correlation-id'], uuid)
      t.match((await app.inject({ url: '/thrown', headers })).payload, uuid, 'an earlier hook throws')
      if (!('genReqId' in options)) continue
      const rejected = (await app.inject({ url: '/%zz', headers })).headers['x-correlation-id']
      t.match(rejected, uuid, 'a malformed address')
      t.match(lines().at(-1), { correlationId: rejected, reason: 'bad_url' })
    }
    for (const line of lines()) t.notMatch(line, { correlationId: id }, 'no line has it')
  })
}

t.test("Fastify's requestIdHeader: a valid id is taken, false takes none", async (t) => {
  for (const [requestIdHeader, taken] of [
    ['x-request-id', true],
    [false, false]
  ] as const) {
    const { app, requests } = await build(t, {}, (app) => app.get('/', async ({ id }) => id), {
      requestIdHeader
    })
    const { body, headers } = await app.inject({ url: '/', headers: { 'x-request-id': 'from-the-proxy' } })
    t.equal(body === 'from-the-proxy', taken)
    t.equal(headers['x-correlation-id'], body)
    t.match(requests(), [{ correlationId: body }])
  }
})
