import fastifyHelmet, { type FastifyHelmetOptions } from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { headers, rateLimit, security, securityServerOptions, type HeadersOptions } from '../src/index.ts'
import { buildApp, captureLog, createApp, exchange, getBytes, headerLines } from './helpers.ts'

const build = (t: Test, options: HeadersOptions = {}, routes?: (app: FastifyInstance) => void) =>
  buildApp(t, headers, options, routes)

t.test("the profile 'helmet' sends exactly the headers of @fastify/helmet, in its order", async (t) => {
  const cases: Record<string, FastifyHelmetOptions> = {
    defaults: {},
    'a usual policy': {
      contentSecurityPolicy: {
        directives: {
          defaultSrc: ["'self'"],
          styleSrc: ["'self'", "'unsafe-inline'"],
          scriptSrc: ["'self'"],
          imgSrc: ["'self'", 'data:', 'https:']
        }
      },
      hsts: { maxAge: 31_536_000, includeSubDomains: true, preload: true }
    },
    'without a policy': { contentSecurityPolicy: false },
    'report only': { contentSecurityPolicy: { reportOnly: true, directives: { defaultSrc: ["'self'"] } } },
    'no defaults': {
      contentSecurityPolicy: { useDefaults: false, directives: { 'default-src': ["'none'"] } }
    },
    'with functions': {
      contentSecurityPolicy: {
        directives: { scriptSrc: ["'self'", (request) => `https://${request.headers.host}.example.com`] }
      }
    },
    'all off': {
      contentSecurityPolicy: false,
      crossOriginEmbedderPolicy: false,
      crossOriginOpenerPolicy: false,
      crossOriginResourcePolicy: false,
      originAgentCluster: false,
      referrerPolicy: false,
      strictTransportSecurity: false,
      xContentTypeOptions: false,
      xDnsPrefetchControl: false,
      xDownloadOptions: false,
      xFrameOptions: false,
      xPermittedCrossDomainPolicies: false,
      xPoweredBy: false,
      xXssProtection: false
    },
    'older names': {
      dnsPrefetchControl: { allow: true },
      frameguard: { action: 'deny' },
      ieNoOpen: false,
      noSniff: false,
      permittedCrossDomainPolicies: { permittedPolicies: 'by-content-type' },
      hidePoweredBy: true,
      xssFilter: false
    },
    'others on': {
      crossOriginEmbedderPolicy: { policy: 'credentialless' },
      crossOriginOpenerPolicy: { policy: 'same-origin-allow-popups' },
      crossOriginResourcePolicy: { policy: 'cross-origin' },
      referrerPolicy: { policy: ['no-referrer', 'strict-origin'] }
    }
  }
  for (const [name, options] of Object.entries(cases)) {
    const [theirs, ours] = [createApp(t), createApp(t)]
    await theirs.register(fastifyHelmet, options)
    await ours.register(headers, { profile: 'helmet', ...options } as HeadersOptions)
    for (const app of [theirs, ours]) app.get('/', async () => ({ ok: true }))

    const [expected, actual] = [
      await exchange(t, theirs, getBytes('/')),
      await exchange(t, ours, getBytes('/'))
    ]
    t.same(headerLines(actual), headerLines(expected), name)
  }
})

t.test('every response that leaves the server has the headers', async (t) => {
  const app = createApp(
    t,
    securityServerOptions({ bodyLimit: 100, maxParamLength: 20, http: { maxHeaderSize: 4096 } })
  )
  await app.register(headers)
  await app.register(rateLimit, { max: 1000 })
  app.get('/', async () => 'ok')
  app.get('/limited', { config: { rateLimit: { max: 0 } } }, async () => 'never')
  app.get('/fails', () => Promise.reject(new Error('inside')))
  app.get('/param/:id', async () => 'ok')
  app.post('/body', { schema: { body: { type: 'object' } } }, async () => 'ok')
  app.get('/stream', (_request, reply) => reply.send(new Response('streamed')))
  app.register(
    async (scope) => {
      scope.get('/scoped', async () => 'ok')
      scope.setNotFoundHandler((_request, reply) => reply.code(404).send('scoped'))
    },
    { prefix: '/scope' }
  )

  const post = (type: string, body: string) =>
    `POST /body HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  const cases: [string, number, string][] = [
    ['a success', 200, getBytes('/')],
    ['a stream', 200, getBytes('/stream')],
    ['in a scope', 200, getBytes('/scope/scoped')],
    ['an unknown route', 404, getBytes('/nowhere')],
    ["a scope's unknown route", 404, getBytes('/scope/nowhere')],
    ['a rejection of the limit', 429, getBytes('/limited')],
    ['a failure', 500, getBytes('/fails')],
    ['a wrong body', 400, post('application/json', '[1]')],
    ['broken JSON', 400, post('application/json', '{')],
    ['an unknown content type', 415, post('a/b', 'x')],
    ['too long a body', 413, post('application/json', `"${'x'.repeat(200)}"`)],
    ['a malformed URL', 400, getBytes('/%')],
    ['a malformed parameter', 400, getBytes('/param/%E0%A4%A')],
    ['too long a parameter', 414, getBytes(`/param/${'x'.repeat(50)}`)],
    ['malformed HTTP', 400, 'GET / HTTP/1.1\r\nho st\r\n\r\n'],
    ['no HTTP at all', 400, 'hello\r\n\r\n'],
    ['too many headers', 431, getBytes('/', `x: ${'x'.repeat(8000)}\r\n`)]
  ]
  for (const [name, status, bytes] of cases) {
    const response = await exchange(t, app, bytes)
    t.match(response, new RegExp(`^HTTP/1.1 ${status} `), `${name} is ${status}`)
    t.match(response, /content-security-policy: default-src 'none'/i, name)
    t.match(response, /x-content-type-options: nosniff/i, name)
    t.match(response, /strict-transport-security: max-age=31536000; includeSubDomains/i, name)
    t.equal(response.match(/content-security-policy:/gi)?.length, 1, `${name}: once`)
  }
})

t.test('responses while Fastify closes have the headers too', async (t) => {
  for (const return503OnClosing of [true, false]) {
    const app = createApp(t, { ...securityServerOptions(), return503OnClosing })
    await app.register(headers)
    app.get('/', async () => 'ok')
    app.get('/none', { config: { headers: false } }, async () => 'ok')
    const responses: string[] = []
    app.addHook('preClose', async () => {
      for (const url of ['/', '/nowhere', '/none']) responses.push(await exchange(t, app, getBytes(url)))
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    await app.close()

    const status = (response: string) => response.slice(9, 12)
    t.same(responses.map(status), return503OnClosing ? ['503', '503', '503'] : ['200', '404', '200'])
    const secured = return503OnClosing ? responses : responses.slice(0, 2)
    for (const response of secured) {
      t.equal(response.match(/content-security-policy: default-src 'none'/gi)?.length, 1)
      t.equal(response.match(/x-content-type-options: nosniff/gi)?.length, 1)
    }
    if (!return503OnClosing)
      t.notMatch(responses[2], /content-security-policy/i, 'a route with headers: false has none')
  }
})

t.test("the profile 'api' allows nothing to load, frame or cache a response", async (t) => {
  const app = await build(t, {}, (app) => {
    app.get('/', async () => ({ ok: true }))
    app.get('/cached', async (_request, reply) => {
      reply.header('cache-control', 'max-age=60')
      return { ok: true }
    })
  })
  const { headers: found } = await app.inject('/')
  t.match(found, {
    'content-security-policy': "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
    'cache-control': 'no-store',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': /camera=\(\).*geolocation=\(\)/
  })
  t.notMatch(found['strict-transport-security'], /preload/, 'preload is opt-in')
  t.notHas(found, { 'x-powered-by': /./ })
  t.equal((await app.inject('/cached')).headers['cache-control'], 'max-age=60', 'a header of the route stays')

  const opted = await build(t, { hsts: { maxAge: 63_072_000, includeSubDomains: true, preload: true } })
  t.match((await opted.inject('/')).headers['strict-transport-security'], /; preload$/)
})

t.test("the profile 'html' allows no inline code and no images of other origins", async (t) => {
  const html = await build(t, { profile: 'html' })
  const policy = String((await html.inject('/')).headers['content-security-policy'])
  t.notMatch(policy, /unsafe|https:|\*/)
  t.match(policy, /default-src 'none'.*script-src 'self'/)
  t.notMatch(policy, /upgrade-insecure/, 'a page without TLS, as in a private network, must load')
})

t.test('a route may have headers of its own, fewer, or none', async (t) => {
  const app = await build(t, { profile: 'html' }, (app) => {
    const ok = async () => 'ok'
    app.get('/app', ok)
    app.get('/none', { config: { headers: false } }, ok)
    app.get('/api', { config: { headers: { profile: 'api' } } }, ok)
    app.get('/framed', { config: { headers: { frameguard: { action: 'sameorigin' } } } }, ok)
    app.get('/old', { helmet: { frameguard: false } } as object, ok)
    app.get('/old-config', { config: { helmet: { contentSecurityPolicy: false } } }, ok)
    app.get('/skipped', { config: { helmet: { skipRoute: true } } }, ok)
    app.get('/own', { config: { headers: { xFrameOptions: false } } }, async (_request, reply) => {
      reply.header('x-frame-options', 'DENY')
      return 'ok'
    })
  })
  const head = async (url: string) => (await app.inject(url)).headers

  t.match((await head('/app'))['x-frame-options'], 'DENY')
  for (const url of ['/none', '/skipped']) {
    const found = await head(url)
    t.notOk('content-security-policy' in found || 'strict-transport-security' in found, url)
    t.notOk('permissions-policy' in found, url)
  }
  t.match((await head('/api'))['content-security-policy'], /form-action 'none'/)
  t.equal((await head('/api'))['cache-control'], 'no-store')
  t.equal((await head('/framed'))['x-frame-options'], 'SAMEORIGIN')
  t.match((await head('/framed'))['content-security-policy'], /default-src 'none'/, 'the rest stays')
  t.notOk('x-frame-options' in (await head('/old')))
  t.notOk('content-security-policy' in (await head('/old-config')))
  t.equal((await head('/own'))['x-frame-options'], 'DENY')
})

t.test('with global: false only routes with options have the headers', async (t) => {
  const app = await build(t, { global: false }, (app) => {
    app.get('/', async () => 'ok')
    app.get('/with-options', { config: { headers: {} } }, async () => 'ok')
    app.get('/by-hand', async (_request, reply) => {
      reply.helmet()
      return 'ok'
    })
    app.get('/by-hand-own', async (_request, reply) => {
      reply.helmet({ frameguard: { action: 'sameorigin' } })
      return 'ok'
    })
  })
  t.notOk('content-security-policy' in (await app.inject('/')).headers)
  t.ok('content-security-policy' in (await app.inject('/with-options')).headers)
  t.ok('content-security-policy' in (await app.inject('/by-hand')).headers)
  t.equal((await app.inject('/by-hand-own')).headers['x-frame-options'], 'SAMEORIGIN')
})

t.test('app.security.headers has the headers', async (t) => {
  const app = await build(t)
  t.match(app.security.headers, { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
})

t.test('an app without the server options gets one warning that names them', async (t) => {
  const { logger, lines } = captureLog('warn')
  for (const settings of [{}, securityServerOptions()]) {
    await buildApp(t, security, {}, () => undefined, { ...settings, logger })
  }
  t.equal(lines.filter((line) => line.includes('securityServerOptions()')).length, 1)
})
