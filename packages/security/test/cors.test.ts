import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { cors, headers, rateLimit, type CorsOptions } from '../src/index.ts'
import { buildApp, captureLog, createApp, ok } from './helpers.ts'

async function build(t: Test, options: CorsOptions, routes?: (app: FastifyInstance) => void) {
  const app = createApp(t)
  await app.register(cors, options)
  app.get('/', ok)
  routes?.(app)
  await app.ready()
  return app
}

const request = (app: FastifyInstance, origin: string | undefined, preflight = false, url = '/') =>
  app.inject({
    method: preflight ? 'OPTIONS' : 'GET',
    url,
    headers: {
      ...(origin === undefined ? {} : { origin }),
      ...(preflight ? { 'access-control-request-method': 'PATCH' } : {})
    }
  })

const allowed = 'https://app.example.com'
const disallowed = [
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
  'a name': allowed,
  'a list': [allowed, 'https://admin.example.com'],
  'an anchored pattern': /^https:\/\/(?:app|admin)\.example\.com$/,
  'a sticky pattern': /^https:\/\/app\.example\.com$/g,
  'a callback': (origin, callback) => {
    // As the documents of @fastify/cors do.
    if (origin === allowed) callback(null, true)
    else callback(new Error('Not allowed by CORS'))
  },
  'a promise': async (origin: string | undefined) => origin === allowed,
  'a function that throws': (origin, callback) => {
    if (origin !== allowed) throw new Error('no')
    callback(null, allowed)
  },
  'a rejection': (origin: string | undefined) =>
    origin === allowed ? Promise.resolve([allowed]) : Promise.reject(new Error('no'))
}

for (const [name, origin] of Object.entries(rules)) {
  t.test(`${name}: the listed origin may read, others get no headers and no error`, async (t) => {
    for (const credentials of [true, false]) {
      const app = await build(t, { origin, credentials })
      for (const preflight of [false, true, false]) {
        const response = await request(app, allowed, preflight)
        t.equal(response.statusCode, preflight ? 204 : 200)
        t.equal(response.headers['access-control-allow-origin'], allowed)
        t.equal(response.headers['access-control-allow-credentials'], credentials ? 'true' : undefined)
        t.match(response.headers.vary, /Origin/)
        if (preflight) t.match(response.headers['access-control-allow-methods'], /PATCH/)
      }
      for (const origin of disallowed) {
        for (const preflight of [false, true]) {
          const response = await request(app, origin, preflight)
          const name = `${origin?.slice(0, 40)} ${preflight ? 'preflight' : 'simple'}, credentials ${credentials}`
          // Clients other than browsers read the response; a preflight allows nothing, whatever its status.
          t.ok(preflight ? response.statusCode < 500 : response.statusCode === 200, name)
          t.same(
            Object.keys(response.headers).filter((key) => key.startsWith('access-control')),
            [],
            name
          )
          t.match(response.headers.vary, /Origin/, 'a cache must not serve this response to others')
        }
      }
    }
  })
}

t.test('a pattern of all subdomains allows those, and no origin that ends alike', async (t) => {
  const app = await build(t, { origin: /^https:\/\/.+\.example\.com$/ })
  const isAllowed = async (origin: string) =>
    'access-control-allow-origin' in (await request(app, origin)).headers
  t.ok(await isAllowed('https://a.b.example.com'))
  for (const origin of ['https://evilexample.com', 'https://example.com', 'https://a.example.com.evil.com']) {
    t.notOk(await isAllowed(origin), origin)
  }
})

t.test('without an origin no other origin may read', async (t) => {
  for (const options of [{}, { origin: false }]) {
    const app = await build(t, options)
    for (const preflight of [false, true]) {
      const response = await request(app, allowed, preflight)
      t.notOk('access-control-allow-origin' in response.headers)
      t.ok(response.statusCode < 500)
    }
  }
})

t.test('every origin may read only with true or a star, and true is logged', async (t) => {
  const { logger, lines } = captureLog('warn')
  const app = createApp(t, { logger })
  await app.register(cors, { origin: true })
  app.get('/', ok)
  const response = await request(app, 'https://any.com')
  t.equal(response.headers['access-control-allow-origin'], 'https://any.com')
  t.notOk('access-control-allow-credentials' in response.headers)
  t.equal(lines.filter((line) => line.includes('every site may read')).length, 1)

  const star = await build(t, { origin: '*' })
  t.equal((await request(star, 'https://any.com')).headers['access-control-allow-origin'], '*')
})

t.test('a route may have origins of its own, or none', async (t) => {
  const app = await build(t, { origin: allowed }, (app) => {
    app.get('/partner', { config: { cors: { origin: 'https://partner.com', credentials: true } } }, ok)
    app.get('/closed', { config: { cors: false } }, ok)
  })
  t.equal(
    (await request(app, 'https://partner.com', false, '/partner')).headers['access-control-allow-origin'],
    'https://partner.com'
  )
  t.notOk('access-control-allow-origin' in (await request(app, allowed, false, '/partner')).headers)
  t.notOk('access-control-allow-origin' in (await request(app, allowed, false, '/closed')).headers)
})

t.test('a delegator that fails or returns unsafe options allows no origin', async (t) => {
  const delegators: NonNullable<CorsOptions['delegator']>[] = [
    async () => ({ origin: true, credentials: true }),
    async () => Promise.reject(new Error('no')),
    (_request, callback) => callback(new Error('no'), {})
  ]
  for (const delegator of delegators) {
    const app = await build(t, { delegator })
    const response = await request(app, 'https://evil.com')
    t.equal(response.statusCode, 200)
    t.notOk('access-control-allow-origin' in response.headers)
  }
  const app = await build(t, { delegator: async () => ({ origin: allowed }) })
  t.equal((await request(app, allowed)).headers['access-control-allow-origin'], allowed)
})

t.test('allowed origins may read rejections, and a preflight is not counted', async (t) => {
  const app = createApp(t)
  await app.register(headers)
  await app.register(cors, { origin: allowed })
  await app.register(rateLimit, { max: 1 })
  app.get('/', ok)
  for (let i = 0; i < 5; i++) t.equal((await request(app, allowed, true)).statusCode, 204)
  t.equal((await request(app, allowed)).statusCode, 200)
  const rejected = await request(app, allowed)
  t.equal(rejected.statusCode, 429)
  t.equal(rejected.headers['access-control-allow-origin'], allowed)
  t.match((await request(app, allowed, true)).headers['content-security-policy'], /default-src 'none'/)
})

t.test('an invalid name of an exposed header stops the start', async (t) => {
  for (const exposedHeaders of ['X-A\r\nX-B: c', ['X-A', ''], [7]]) {
    await t.rejects(build(t, { origin: allowed, exposedHeaders } as CorsOptions), {
      name: 'RangeError',
      message: /"cors.exposedHeaders" must be a header name or a list of them/
    })
  }
})

t.test('a list may have nested lists, as in @fastify/cors, but no booleans', async (t) => {
  const origin = [[allowed], ['https://a.example.com', [/^https:\/\/[a-z]+\.partner\.com$/]]]
  const app = await build(t, { origin, credentials: true })
  for (const origin of [allowed, 'https://a.example.com', 'https://shop.partner.com']) {
    const { headers } = await request(app, origin)
    t.equal(headers['access-control-allow-origin'], origin)
  }
  t.notOk('access-control-allow-origin' in (await request(app, 'https://evil.com')).headers)
  await t.rejects(build(t, { origin: [[true]] }), { name: 'RangeError', message: /"cors.origin"/ })
  await t.rejects(build(t, { origin: [['null']], credentials: true }), { name: 'RangeError' })
})

t.test('an origin function of any kind answers', async (t) => {
  const later = (callback: (error: null, allow: boolean) => void, allow: boolean) =>
    void setImmediate(callback, null, allow)
  const answers: Record<string, [origin: unknown, allowed: boolean]> = {
    'at once': [(origin: string) => origin === allowed, true],
    'the origin at once': [(_origin: string) => allowed, true],
    'a list at once': [() => [allowed], true],
    nothing: [(_origin: string) => undefined, false],
    'false, or its callback': [
      (origin: string, done: Function): unknown => origin === allowed && done(null, true),
      true
    ],
    'true by chance, and its callback': [
      (origin: string, done: never) => {
        later(done, origin === allowed)
        return true
      },
      true
    ],
    'its callback among other parameters': [
      (...all: [string, never]) => later(all[1], all[0] === allowed),
      true
    ],
    'a promise of nothing, and its callback': [
      async (origin: string, done: never) => later(done, origin === allowed),
      true
    ]
  }
  for (const [name, [origin, isAllowed]] of Object.entries(answers)) {
    const app = await build(t, { origin: origin as never })
    const { headers, statusCode } = await request(app, allowed)
    t.equal(statusCode, 200, name)
    t.equal(headers['access-control-allow-origin'], isAllowed ? allowed : undefined, name)
    const other = await request(app, 'https://evil.com')
    t.equal(other.statusCode, 200, name)
    t.notOk('access-control-allow-origin' in other.headers, name)
  }
})

t.test('a delegator of any kind answers', async (t) => {
  const origin = 'https://app.example.com'
  const answers: [name: string, delegator: unknown, allowed: string | undefined][] = [
    ['at once', () => ({ origin: [origin] }), origin],
    ['false', () => false, undefined],
    ['nothing', () => undefined, undefined],
    ['null', () => null, undefined],
    // oxlint-disable-next-line unicorn/no-thenable -- that is what the test is about
    ['a thenable', () => ({ then: (done: (options: object) => void) => done({ origin: [origin] }) }), origin],
    [
      'later',
      (_: unknown, done: (error: null, options: object) => void) => {
        setImmediate(done, null, { origin: [origin] })
      },
      origin
    ],
    [
      'later, from an asynchronous function',
      async (_: unknown, done: (error: null, options: object) => void) => {
        setImmediate(done, null, { origin: [origin] })
      },
      origin
    ],
    ['a new pattern each time', () => ({ origin: /^https:\/\/(?:[a-z]+\.)*example\.com$/ }), origin],
    ['true', () => true, undefined]
  ]
  for (const [name, delegator, allowed] of answers) {
    const app = await buildApp(t, cors, { delegator: delegator as never })
    const { statusCode, headers } = await app.inject({ url: '/', headers: { origin } })
    t.equal(statusCode, 200, name)
    t.equal(headers['access-control-allow-origin'], allowed, name)
  }
})

t.test("a route's own Vary keeps Origin", async (t) => {
  const app = await buildApp(t, cors, { origin: ['https://a.example'] }, (app) => {
    app.get('/set', (_request, reply) => void reply.header('vary', 'Accept').send('x'))
    app.get('/all', (_request, reply) => void reply.header('vary', '*').send('x'))
    app.get(
      '/public',
      { config: { cors: { origin: '*' } } },
      (_request, reply) => void reply.header('vary', 'Accept').send('x')
    )
  })
  const varyOf = async (url: string) =>
    (await app.inject({ url, headers: { origin: 'https://a.example' } })).headers.vary
  t.same(
    [await varyOf('/set'), await varyOf('/all'), await varyOf('/public')],
    ['Accept, Origin', '*', 'Accept']
  )
})
