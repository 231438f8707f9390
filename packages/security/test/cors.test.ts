import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import fastifyCors from '@fastify/cors'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { cors, headers, rateLimit, type CorsOptions } from '../src/index.ts'

async function build(t: Test, options: CorsOptions, routes?: (app: FastifyInstance) => void) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(cors, options)
  app.get('/', async () => 'ok')
  routes?.(app)
  await app.ready()
  return app
}

const ask = (app: FastifyInstance, origin: string | undefined, preflight = false, url = '/') =>
  app.inject({
    method: preflight ? 'OPTIONS' : 'GET',
    url,
    headers: {
      ...(origin === undefined ? {} : { origin }),
      ...(preflight ? { 'access-control-request-method': 'PATCH' } : {})
    }
  })

const good = 'https://app.example.com'
const strangers = [
  'https://evil.com',
  'null',
  undefined,
  'https://app.example.com.evil.com',
  'https://evilapp.example.com',
  'https://app.example.com:8443',
  'http://app.example.com',
  `https://${'a'.repeat(5000)}.example.com`
]

const rules: Record<string, NonNullable<CorsOptions['origin']>> = {
  'a name': good,
  'a list': [good, 'https://admin.example.com'],
  'an anchored pattern': /^https:\/\/(?:app|admin)\.example\.com$/,
  'a sticky pattern': /^https:\/\/app\.example\.com$/g,
  'a callback': (origin, callback) => {
    // As the recipe refuses.
    if (origin === good) callback(null, true)
    else callback(new Error('Not allowed by CORS'))
  },
  'a promise': async (origin: string | undefined) => origin === good,
  'a function that throws': (origin, callback) => {
    if (origin !== good) throw new Error('no')
    callback(null, good)
  },
  'a rejection': (origin: string | undefined) =>
    origin === good ? Promise.resolve([good]) : Promise.reject(new Error('no'))
}

for (const [name, origin] of Object.entries(rules)) {
  t.test(`${name}: the listed origin may read, a stranger gets no headers and no error`, async (t) => {
    for (const credentials of [true, false]) {
      const app = await build(t, { origin, credentials })
      for (const preflight of [false, true, false]) {
        const answer = await ask(app, good, preflight)
        t.equal(answer.statusCode, preflight ? 204 : 200)
        t.equal(answer.headers['access-control-allow-origin'], good)
        t.equal(answer.headers['access-control-allow-credentials'], credentials ? 'true' : undefined)
        t.match(answer.headers.vary, /Origin/)
        if (preflight) t.match(answer.headers['access-control-allow-methods'], /PATCH/)
      }
      for (const stranger of strangers) {
        for (const preflight of [false, true]) {
          const answer = await ask(app, stranger, preflight)
          const what = `${stranger?.slice(0, 40)} ${preflight ? 'preflight' : 'simple'}, credentials ${credentials}`
          // The answer is there for who is no browser; a preflight allows nothing, whatever its status.
          t.ok(preflight ? answer.statusCode < 500 : answer.statusCode === 200, what)
          t.same(
            Object.keys(answer.headers).filter((key) => key.startsWith('access-control')),
            [],
            what
          )
          t.match(answer.headers.vary, /Origin/, 'a cache must not give this answer to others')
        }
      }
    }
  })
}

t.test('a pattern of all subdomains lets in those, and no name that ends alike', async (t) => {
  const app = await build(t, { origin: /^https:\/\/.+\.example\.com$/ })
  const allowed = async (origin: string) => 'access-control-allow-origin' in (await ask(app, origin)).headers
  t.ok(await allowed('https://a.b.example.com'))
  for (const origin of ['https://evilexample.com', 'https://example.com', 'https://a.example.com.evil.com']) {
    t.notOk(await allowed(origin), origin)
  }
})

t.test('without an origin nobody else may read', async (t) => {
  for (const options of [{}, { origin: false }]) {
    const app = await build(t, options)
    for (const preflight of [false, true]) {
      const answer = await ask(app, good, preflight)
      t.notOk('access-control-allow-origin' in answer.headers)
      t.ok(answer.statusCode < 500)
    }
  }
})

t.test('everybody may read only when that is said, and is warned of', async (t) => {
  const said: string[] = []
  const app = Fastify({
    logger: { level: 'warn', stream: { write: (line: string) => void said.push(line) } }
  })
  t.teardown(() => app.close())
  await app.register(cors, { origin: true })
  app.get('/', async () => 'ok')
  const answer = await ask(app, 'https://anybody.com')
  t.equal(answer.headers['access-control-allow-origin'], 'https://anybody.com')
  t.notOk('access-control-allow-credentials' in answer.headers)
  t.equal(said.filter((line) => line.includes('every site may read')).length, 1)

  const star = await build(t, { origin: '*' })
  t.equal((await ask(star, 'https://anybody.com')).headers['access-control-allow-origin'], '*')
})

t.test("@fastify/cors' other options pass through", async (t) => {
  const app = await build(t, {
    origin: good,
    methods: ['GET', 'POST'],
    allowedHeaders: ['Content-Type', 'Authorization'],
    exposedHeaders: ['X-Total-Count'],
    maxAge: 86_400,
    optionsSuccessStatus: 200
  })
  const answer = await ask(app, good, true)
  t.match(answer, {
    statusCode: 200,
    headers: {
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'Content-Type, Authorization',
      'access-control-expose-headers': 'X-Total-Count',
      'access-control-max-age': '86400'
    }
  })
})

t.test('a route may have its own origins, or none', async (t) => {
  const app = await build(t, { origin: good }, (app) => {
    app.get(
      '/partner',
      { config: { cors: { origin: 'https://partner.com', credentials: true } } },
      async () => 'ok'
    )
    app.get('/closed', { config: { cors: false } }, async () => 'ok')
  })
  t.equal(
    (await ask(app, 'https://partner.com', false, '/partner')).headers['access-control-allow-origin'],
    'https://partner.com'
  )
  t.notOk('access-control-allow-origin' in (await ask(app, good, false, '/partner')).headers)
  t.notOk('access-control-allow-origin' in (await ask(app, good, false, '/closed')).headers)
})

t.test('a delegator that fails or gives what is unsafe gives nobody anything', async (t) => {
  const delegators: NonNullable<CorsOptions['delegator']>[] = [
    async () => ({ origin: true, credentials: true }),
    async () => Promise.reject(new Error('no')),
    (_request, callback) => callback(new Error('no'), {})
  ]
  for (const delegator of delegators) {
    const app = await build(t, { delegator })
    const answer = await ask(app, 'https://evil.com')
    t.equal(answer.statusCode, 200)
    t.notOk('access-control-allow-origin' in answer.headers)
  }
  const app = await build(t, { delegator: async () => ({ origin: good }) })
  t.equal((await ask(app, good)).headers['access-control-allow-origin'], good)
})

t.test('refusals can be read by the origin that may read answers; a preflight spends nothing', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(headers)
  await app.register(cors, { origin: good })
  await app.register(rateLimit, { max: 1 })
  app.get('/', async () => 'ok')
  for (let i = 0; i < 5; i++) t.equal((await ask(app, good, true)).statusCode, 204)
  t.equal((await ask(app, good)).statusCode, 200)
  const refused = await ask(app, good)
  t.equal(refused.statusCode, 429)
  t.equal(refused.headers['access-control-allow-origin'], good)
  t.match((await ask(app, good, true)).headers['content-security-policy'], /default-src 'none'/)
})

/** Over a socket, where prepared headers are lines of the head. */
async function overSocket(app: FastifyInstance, path: string, origin: string | undefined, method = 'GET') {
  if (!app.server.listening) await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const headers = {
    ...(origin === undefined ? {} : { origin }),
    ...(method === 'OPTIONS' ? { 'access-control-request-method': 'PATCH' } : {})
  }
  const sent = httpRequest({ port, host: '127.0.0.1', path, method, headers, agent: false }).end()
  const [answer] = (await once(sent, 'response')) as [import('node:http').IncomingMessage]
  answer.resume()
  await once(answer, 'end')
  const { date: _date, connection: _connection, ...rest } = answer.headers
  return { status: answer.statusCode, headers: rest }
}

t.test('over a socket an answer says what @fastify/cors says, word for word', async (t) => {
  const origins = [good, 'https://admin.example.com', 'https://x.partner.com', 'https://evil.com', undefined]
  const listed = (origin: string | undefined) =>
    origin === good ||
    origin === 'https://admin.example.com' ||
    /^https:\/\/[a-z]+\.partner\.com$/.test(origin ?? '')
  const options = { credentials: true, exposedHeaders: ['X-Total-Count', 'X-Page'], maxAge: 600 }
  const methods = ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE']
  const routes = (app: FastifyInstance) => {
    app.get('/', async () => 'ok')
    app.get('/fails', () => Promise.reject(new Error('inside')))
    app.get('/own', async (_request, reply) =>
      reply.header('access-control-expose-headers', 'X-Own').header('Vary', 'Accept').send('ok')
    )
    app.get('/removed', async (_request, reply) =>
      reply.removeHeader('Access-Control-Allow-Origin').send('ok')
    )
    app.get('/closed', { config: { cors: false } }, async () => 'ok')
  }
  const build = async (register: (app: FastifyInstance) => Promise<unknown>) => {
    const app = Fastify()
    t.teardown(() => app.close())
    // Somebody's Vary that is there already is added to.
    app.addHook('onRequest', (request, reply, done) => {
      if (request.url === '/varied') reply.header('Vary', 'Accept-Encoding')
      done()
    })
    await register(app)
    routes(app)
    app.get('/varied', async () => 'ok')
    return app
  }
  const origin = [good, 'https://admin.example.com', /^https:\/\/[a-z]+\.partner\.com$/]
  const ours = await build(async (app) => app.register(cors, { ...options, origin }))
  const theirs = await build(async (app) =>
    app.register(fastifyCors, {
      ...options,
      methods,
      origin: (asked, callback) => callback(null, listed(asked))
    })
  )
  for (const asked of origins) {
    for (const path of ['/', '/fails', '/own', '/removed', '/closed', '/varied', '/nowhere']) {
      for (const method of ['GET', 'HEAD', 'OPTIONS']) {
        t.same(
          await overSocket(ours, path, asked, method),
          await overSocket(theirs, path, asked, method),
          `${method} ${path} of ${asked}`
        )
      }
    }
  }
})

t.test('who looks for @fastify/cors among the plugins finds it', async (t) => {
  const app = await build(t, { origin: good })
  t.ok(app.hasPlugin('@fastify/cors'))
})

t.test('an exposed header that no header can be stops the start', async (t) => {
  for (const exposedHeaders of ['X-A\r\nX-B: c', ['X-A', ''], [7]]) {
    await t.rejects(build(t, { origin: good, exposedHeaders } as CorsOptions), {
      name: 'RangeError',
      message: /"cors.exposedHeaders" must be a header name or a list of them/
    })
  }
})

t.test('a list may have lists, as @fastify/cors takes them, but no booleans', async (t) => {
  const origin = [[good], ['https://a.example.com', [/^https:\/\/[a-z]+\.partner\.com$/]]]
  const app = await build(t, { origin, credentials: true })
  for (const asked of [good, 'https://a.example.com', 'https://shop.partner.com']) {
    const { headers } = await ask(app, asked)
    t.equal(headers['access-control-allow-origin'], asked)
  }
  t.notOk('access-control-allow-origin' in (await ask(app, 'https://evil.com')).headers)
  await t.rejects(build(t, { origin: [[true]] }), { name: 'RangeError', message: /"cors.origin"/ })
  await t.rejects(build(t, { origin: [['null']], credentials: true }), { name: 'RangeError' })
})
