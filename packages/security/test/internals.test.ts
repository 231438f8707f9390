// The undocumented parts of Node, Fastify and official plugins, in the installed versions.
import fastifyCors from '@fastify/cors'
import fastifyRateLimit from '@fastify/rate-limit'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { cors, security } from '../src/index.ts'
import {
  canReplaceHeadWriter,
  isOfficialCors,
  isOfficialLimiter,
  nativeResponse,
  recognisesOfficialCors,
  registerCorsWithoutHook,
  replyOfHelmet,
  requestWithoutSocket,
  trustsForwardedFor
} from '../src/internals.ts'
import { buildApp, captureLog, createApp, exchange, getBytes, ok } from './helpers.ts'

t.test('Node writes the head of a response through _storeHeader', async (t) => {
  t.type(nativeResponse._storeHeader, 'function')
  t.ok(canReplaceHeadWriter())
})

t.test('without _storeHeader the documented writer sends the headers, and one line is logged', async (t) => {
  const prototype = ServerResponse.prototype as unknown as {
    _storeHeader(firstLine: string, headers: unknown): void
  }
  const original = prototype._storeHeader
  prototype._storeHeader = function rewritten(firstLine, rest) {
    original.call(this, firstLine.slice(0, firstLine.indexOf('\r\n') + 2), rest)
  }
  t.teardown(() => (prototype._storeHeader = original))
  t.notOk(canReplaceHeadWriter())

  const { logger, lines } = captureLog()
  const app = await buildApp(t, security, { cors: { origin: 'https://a.com' } }, undefined, { logger })
  t.match(await exchange(t, app, getBytes('/')), /\r\nx-frame-options: DENY\r\n/i)
  t.equal(lines.filter((line) => line.includes('sending them through writeHead()')).length, 1)
})

t.test('the limiter of @fastify/rate-limit is recognised on the routes that it limits', async (t) => {
  const app = createApp(t)
  await app.register(fastifyRateLimit, { global: false, hook: 'preHandler' })
  const limited: string[] = []
  app.addHook('onRoute', ({ url, onRequest, preHandler }) => {
    if ([onRequest, preHandler].flat().some(isOfficialLimiter)) limited.push(url)
  })
  app.get('/', { onRequest: (_request, _reply, done) => done() }, ok)
  app.get('/route', { config: { rateLimit: { max: 1 } }, preHandler: [] }, ok)
  app.get('/hook', { onRequest: app.rateLimit() }, ok)
  t.same([...new Set(limited)], ['/route', '/hook'])
})

t.test('the class of requests shows which peers are trusted', async (t) => {
  const trusting = createApp(t, { trustProxy: ['10.0.0.1'] })
  t.equal(trustsForwardedFor(trusting, '10.0.0.1'), true)
  t.equal(trustsForwardedFor(trusting, '10.0.0.2'), false)
  const untrusting = createApp(t)
  t.equal(trustsForwardedFor(untrusting, '10.0.0.1'), false)
  await untrusting.register(async (scope) => {
    t.equal(trustsForwardedFor(scope, '10.0.0.1'), false, 'in a scope too')
  })
})

/** An app like the real one, with its symbol for the class of requests replaced or removed. */
function withOtherSymbol(app: FastifyInstance, symbol?: symbol): FastifyInstance {
  const key = Object.getOwnPropertySymbols(app).find(
    ({ description }) => description === 'fastify.Request'
  ) as keyof FastifyInstance
  t.ok(key, 'the installed Fastify has the symbol')
  return { log: app.log, ...(symbol && { [symbol]: app[key] }) } as unknown as FastifyInstance
}

t.test('a class of requests under another symbol is recognised, and a missing one is unknown', async (t) => {
  const app = createApp(t, { trustProxy: true })
  t.equal(trustsForwardedFor(withOtherSymbol(app, Symbol('renamed')), '10.0.0.1'), true)
  t.equal(trustsForwardedFor(withOtherSymbol(app), '10.0.0.1'), undefined)
})

t.test('unknown trust is a warning, not a claim', async (t) => {
  const { logTrustProxy } = await import('../src/trust-proxy.ts')
  const { logger, lines } = captureLog()
  const app = createApp(t, { trustProxy: true, logger })
  for (const proxies of [false, ['10.0.0.1']] as const) logTrustProxy(withOtherSymbol(app), proxies)
  t.equal(lines.length, 2)
  for (const line of lines) t.match(line, /"level":40.*does not show which peers it trusts/)
})

t.test('@fastify/cors adds one hook, which runs only if it is called', async (t) => {
  for (const hook of [undefined, 'onRequest', 'preParsing', 'preHandler', 'preSerialization'] as const) {
    const app = createApp(t)
    const added = await registerCorsWithoutHook(app, { origin: 'https://a.com', ...(hook && { hook }) })
    t.type(added, 'function', `${hook}`)
    app.get('/', ok)
    t.notOk('access-control-allow-origin' in (await app.inject('/')).headers)
    t.ok(app.hasPlugin('@fastify/cors'))
  }

  const plugin = await buildApp(t, cors, { origin: 'https://a.com' })
  const preflight = await plugin.inject({
    method: 'OPTIONS',
    url: '/',
    headers: { origin: 'https://a.com', 'access-control-request-method': 'PUT' }
  })
  t.equal(preflight.statusCode, 204)
})

t.test('each copy of @fastify/cors is recognised by its name', async (t) => {
  t.ok(recognisesOfficialCors())
  t.ok(isOfficialCors(fastifyCors))
  t.ok(isOfficialCors(fp(async () => undefined, { name: '@fastify/cors' })))
  for (const other of [fp(async () => undefined, { name: 'cors' }), ok, {}, undefined])
    t.notOk(isOfficialCors(other))
})

t.test('without the names of plugins cors gives way to our copy of @fastify/cors, and says so', async (t) => {
  const official = fastifyCors as unknown as Record<symbol, unknown>
  const metadata = Symbol.for('plugin-meta')
  const { [metadata]: kept } = official
  t.teardown(() => (official[metadata] = kept))
  delete official[metadata]
  t.notOk(recognisesOfficialCors())

  const { logger, lines } = captureLog()
  const app = createApp(t, { logger })
  await app.register(cors, { origin: 'https://ours.com' })
  await app.register(fastifyCors, { origin: 'https://app.com' })
  app.get('/', ok)
  const { headers } = await app.inject({ url: '/', headers: { origin: 'https://app.com' } })
  t.equal(headers['access-control-allow-origin'], 'https://app.com')
  t.equal(lines.filter((line) => line.includes('keeps the names of plugins in another way')).length, 1)
})

t.test('a request without a socket passes the hooks of an app, and its response takes headers', async (t) => {
  const app = createApp(t)
  app.addHook('onRequest', async (_request, reply) => void reply.raw.setHeader('x-hook', 'ran'))
  const handled = Promise.withResolvers<object>()
  app.get('/', (_request, reply) => {
    reply.hijack()
    handled.resolve(reply.raw.getHeaders())
  })
  await app.ready()
  app.routing(...requestWithoutSocket('/'))
  t.match(await handled.promise, { 'x-hook': 'ran' })
})

t.test(
  'the hooks of @fastify/helmet make its method for a reply, and are not added to the app',
  async (t) => {
    const app = createApp(t)
    const { raw, helmet } = (await replyOfHelmet(app))!
    t.same(raw.getHeaderNames(), [])
    helmet({ frameguard: { action: 'deny' } })
    t.match(raw.getHeaders(), { 'x-frame-options': 'DENY', 'x-content-type-options': 'nosniff' })
    t.notOk(app.hasReplyDecorator('helmet'))
    app.get('/', ok)
    t.notOk((await app.inject('/')).headers['x-content-type-options'])
  }
)

t.test('a @fastify/helmet whose hooks fail without an app has one of its own', async (t) => {
  const headersOf = await (await helmetWithout(t, {}))(createApp(t))
  t.match(headersOf({ frameguard: { action: 'deny' } }), { 'x-frame-options': 'DENY' })
  t.notMatch(headersOf({ noSniff: false }), { 'x-content-type-options': 'nosniff' })
})

t.test('a @fastify/helmet that does not write its headers at once stops the start', async (t) => {
  const silent = fp((app: FastifyInstance, _options: object, done: () => void) => {
    app.decorateReply('helmet' as 'code', () => undefined as never)
    done()
  })
  const runHelmet = await helmetWithout(t, { '@fastify/helmet': silent })
  await t.rejects(runHelmet(createApp(t)), /does not set its headers at once/)
})

/** The module that runs @fastify/helmet, with internals that do not. */
async function helmetWithout(t: Test, mocks: Record<string, unknown>) {
  const { replyOfOwnApp } = await t.mockImport<object & { replyOfOwnApp: unknown }>(
    '../src/headers/own-app.ts',
    mocks
  )
  const { runHelmet } = await t.mockImport<typeof import('../src/headers/run-helmet.ts')>(
    '../src/headers/run-helmet.ts',
    {
      '../src/internals.ts': { replyOfHelmet: async () => undefined },
      '../src/headers/own-app.ts': { replyOfOwnApp }
    }
  )
  return runHelmet
}
