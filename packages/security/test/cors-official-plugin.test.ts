import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import fastifyCors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { cors } from '../src/index.ts'
import { buildApp, createApp, listen, ok } from './helpers.ts'

const allowed = 'https://app.example.com'

t.test('other options of @fastify/cors pass through', async (t) => {
  const app = await buildApp(t, cors, {
    origin: allowed,
    methods: ['GET', 'POST'],
    allowedHeaders: ['Content-Type', 'Authorization'],
    exposedHeaders: ['X-Total-Count'],
    maxAge: 86_400,
    optionsSuccessStatus: 200
  })
  const response = await app.inject({
    method: 'OPTIONS',
    url: '/',
    headers: { origin: allowed, 'access-control-request-method': 'PATCH' }
  })
  t.match(response, {
    statusCode: 200,
    headers: {
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'Content-Type, Authorization',
      'access-control-expose-headers': 'X-Total-Count',
      'access-control-max-age': '86400'
    }
  })
})

/** A response over a socket, where prepared headers are lines of the head. */
async function overSocket(app: FastifyInstance, path: string, origin: string | undefined, method = 'GET') {
  const port = await listen(app)
  const headers = {
    ...(origin === undefined ? {} : { origin }),
    ...(method === 'OPTIONS' ? { 'access-control-request-method': 'PATCH' } : {})
  }
  const sent = httpRequest({ port, host: '127.0.0.1', path, method, headers, agent: false }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  response.resume()
  await once(response, 'end')
  const { date: _date, connection: _connection, ...rest } = response.headers
  return { status: response.statusCode, headers: rest }
}

t.test('over a socket all headers are those of @fastify/cors', async (t) => {
  const origins = [
    allowed,
    'https://admin.example.com',
    'https://x.partner.com',
    'https://evil.com',
    undefined
  ]
  const listed = (origin: string | undefined) =>
    origin === allowed ||
    origin === 'https://admin.example.com' ||
    /^https:\/\/[a-z]+\.partner\.com$/.test(origin ?? '')
  const options = { credentials: true, exposedHeaders: ['X-Total-Count', 'X-Page'], maxAge: 600 }
  const methods = ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE']
  const routes = (app: FastifyInstance) => {
    app.get('/', ok)
    app.get('/fails', () => Promise.reject(new Error('inside')))
    app.get('/own', async (_request, reply) =>
      // With `Origin`: without it ours adds it, and the official plugin does not.
      reply.header('access-control-expose-headers', 'X-Own').header('Vary', 'Accept, Origin').send('ok')
    )
    app.get('/removed', async (_request, reply) =>
      reply.removeHeader('Access-Control-Allow-Origin').send('ok')
    )
    app.get('/closed', { config: { cors: false } }, ok)
  }
  const build = async (register: (app: FastifyInstance) => Promise<unknown>) => {
    const app = createApp(t)
    // A Vary header that is set already is extended.
    app.addHook('onRequest', (request, reply, done) => {
      if (request.url === '/varied') reply.header('Vary', 'Accept-Encoding')
      done()
    })
    await register(app)
    routes(app)
    app.get('/varied', ok)
    return app
  }
  const origin = [allowed, 'https://admin.example.com', /^https:\/\/[a-z]+\.partner\.com$/]
  const ours = await build(async (app) => app.register(cors, { ...options, origin }))
  const theirs = await build(async (app) =>
    app.register(fastifyCors, {
      ...options,
      methods,
      origin: (requested, callback) => callback(null, listed(requested))
    })
  )
  for (const requested of origins) {
    for (const path of ['/', '/fails', '/own', '/removed', '/closed', '/varied', '/nowhere']) {
      for (const method of ['GET', 'HEAD', 'OPTIONS']) {
        t.same(
          await overSocket(ours, path, requested, method),
          await overSocket(theirs, path, requested, method),
          `${method} ${path} of ${requested}`
        )
      }
    }
  }
})

t.test(
  'with strictPreflight: false an OPTIONS request without an origin is answered as @fastify/cors does',
  async (t) => {
    const methods = ['GET', 'POST']
    const withOptions = { strictPreflight: false, methods, maxAge: 600 }
    const origins = [
      [allowed],
      true,
      /^https:\/\/[a-z]+\.example\.com$/,
      () => Promise.resolve(true)
    ] as const
    for (const origin of origins) {
      const ours = await buildApp(t, cors, { ...withOptions, origin })
      const theirs = await buildApp(t, fastifyCors as never, { ...withOptions, origin: origin as never })
      const headerSets = [
        {},
        { 'access-control-request-method': 'POST' },
        { 'access-control-request-headers': 'x' }
      ]
      for (const headers of headerSets) {
        const [one, other] = await Promise.all(
          [ours, theirs].map(async (app) => {
            const { statusCode, headers: received } = await app.inject({
              method: 'OPTIONS',
              url: '/',
              headers
            })
            const { date: _date, ...rest } = received
            return { statusCode, rest }
          })
        )
        t.same(one, other, `${String(origin)} ${JSON.stringify(headers)}`)
        t.equal(one!.statusCode, 204)
      }
    }
    const none = await buildApp(t, cors, { ...withOptions, origin: () => Promise.resolve(false) })
    t.equal((await none.inject({ method: 'OPTIONS', url: '/' })).statusCode, 404)
  }
)

t.test('@fastify/cors is among the plugins of the app', async (t) => {
  const app = await buildApp(t, cors, { origin: allowed })
  t.ok(app.hasPlugin('@fastify/cors'))
})
