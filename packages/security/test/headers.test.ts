import fastifyHelmet, { type FastifyHelmetOptions } from '@fastify/helmet'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import type { AddressInfo } from 'node:net'
import { rawSocket } from '@seaworthy/testing'
import t, { type Test } from 'tap'
import { headers, rateLimit, securityServerOptions, type HeadersOptions } from '../src/index.ts'

async function build(
  t: Test,
  options: HeadersOptions = {},
  routes: (app: FastifyInstance) => void = (app) => void app.get('/', async () => ({ ok: true })),
  settings: FastifyServerOptions = {}
) {
  const app = Fastify(settings)
  t.teardown(() => app.close())
  await app.register(headers, options)
  routes(app)
  await app.ready()
  return app
}

/**
 * The header lines as they were sent, in order, without those that differ between any two answers. Names in small
 * letters, as Fastify writes all of its own.
 */
function lines(raw: string): string[] {
  const [, ...head] = raw.split('\r\n\r\n')[0]!.split('\r\n')
  return head
    .filter((line) => !/^(date|connection|keep-alive|content-length|content-type):/i.test(line))
    .map((line) => line.replace(/^[^:]+/, (name) => name.toLowerCase()))
}

async function over(t: Test, app: FastifyInstance, bytes: string): Promise<string> {
  if (!app.server.listening) await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const { received, closed } = await rawSocket(t, port, bytes)
  await closed
  return received()
}

const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${more}\r\n`

t.test(
  "the profile 'helmet' is @fastify/helmet's output, to the byte of every value and in its order",
  async (t) => {
    const cases: Record<string, FastifyHelmetOptions> = {
      defaults: {},
      "the recipe's": {
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
      const theirs = Fastify()
      const ours = Fastify()
      t.teardown(() => Promise.all([theirs.close(), ours.close()]))
      await theirs.register(fastifyHelmet, options)
      await ours.register(headers, { profile: 'helmet', ...options } as HeadersOptions)
      for (const app of [theirs, ours]) app.get('/', async () => ({ ok: true }))

      const [expected, found] = [await over(t, theirs, get('/')), await over(t, ours, get('/'))]
      t.same(lines(found), lines(expected), name)
    }
  }
)

t.test('every answer that leaves the server has them', async (t) => {
  const app = Fastify({
    ...securityServerOptions({ bodyLimit: 100, maxParamLength: 20, http: { maxHeaderSize: 4096 } })
  })
  t.teardown(() => app.close())
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
  const answers: [string, number, string][] = [
    ['a success', 200, get('/')],
    ['a stream', 200, get('/stream')],
    ['in a scope', 200, get('/scope/scoped')],
    ['an unknown route', 404, get('/nowhere')],
    ["a scope's unknown route", 404, get('/scope/nowhere')],
    ['a refusal of the limit', 429, get('/limited')],
    ['a failure', 500, get('/fails')],
    ['a wrong body', 400, post('application/json', '[1]')],
    ['broken JSON', 400, post('application/json', '{')],
    ['an unknown content type', 415, post('a/b', 'x')],
    ['too long a body', 413, post('application/json', `"${'x'.repeat(200)}"`)],
    ['a malformed URL', 400, get('/%')],
    ['a malformed parameter', 400, get('/param/%E0%A4%A')],
    ['too long a parameter', 414, get(`/param/${'x'.repeat(50)}`)],
    ['malformed HTTP', 400, 'GET / HTTP/1.1\r\nho st\r\n\r\n'],
    ['no HTTP at all', 400, 'hello\r\n\r\n'],
    ['too many headers', 431, get('/', `x: ${'x'.repeat(8000)}\r\n`)]
  ]
  for (const [what, status, bytes] of answers) {
    const answer = await over(t, app, bytes)
    t.match(answer, new RegExp(`^HTTP/1.1 ${status} `), `${what} is ${status}`)
    t.match(answer, /content-security-policy: default-src 'none'/i, what)
    t.match(answer, /x-content-type-options: nosniff/i, what)
    t.match(answer, /strict-transport-security: max-age=31536000; includeSubDomains/i, what)
    t.equal(answer.match(/content-security-policy:/gi)?.length, 1, `${what}: once`)
  }
})

t.test('what Fastify answers while it closes has them too', async (t) => {
  for (const return503OnClosing of [true, false]) {
    const app = Fastify({ ...securityServerOptions(), return503OnClosing })
    t.teardown(() => app.close())
    await app.register(headers)
    app.get('/', async () => 'ok')
    app.get('/none', { config: { headers: false } }, async () => 'ok')
    const answers: string[] = []
    app.addHook('preClose', async () => {
      for (const url of ['/', '/nowhere', '/none']) answers.push(await over(t, app, get(url)))
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    await app.close()

    const status = (answer: string) => answer.slice(9, 12)
    t.same(answers.map(status), return503OnClosing ? ['503', '503', '503'] : ['200', '404', '200'])
    const secured = return503OnClosing ? answers : answers.slice(0, 2)
    for (const answer of secured) {
      t.equal(answer.match(/content-security-policy: default-src 'none'/gi)?.length, 1)
      t.equal(answer.match(/x-content-type-options: nosniff/gi)?.length, 1)
    }
    if (!return503OnClosing) t.notMatch(answers[2], /content-security-policy/i, "the route's word stays")
  }
})

t.test("the profile 'api' lets nothing load, frame or cache an answer", async (t) => {
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
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': /camera=\(\).*geolocation=\(\)/
  })
  t.notMatch(found['strict-transport-security'], /preload/, 'preload is for who asks')
  t.notHas(found, { 'x-powered-by': /./ })
  t.equal((await app.inject('/cached')).headers['cache-control'], 'max-age=60', "a route's own word stays")

  const opted = await build(t, { hsts: { maxAge: 63_072_000, includeSubDomains: true, preload: true } })
  t.match((await opted.inject('/')).headers['strict-transport-security'], /; preload$/)
})

t.test("the profile 'html' takes no inline code and no image from anywhere", async (t) => {
  const html = await build(t, { profile: 'html' })
  const policy = String((await html.inject('/')).headers['content-security-policy'])
  t.notMatch(policy, /unsafe|https:|\*/)
  t.match(policy, /default-src 'none'.*script-src 'self'.*upgrade-insecure-requests/)
})

t.test('a route may have its own, fewer, or none', async (t) => {
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

t.test('with global: false only routes that ask have them', async (t) => {
  const app = await build(t, { global: false }, (app) => {
    app.get('/', async () => 'ok')
    app.get('/asks', { config: { headers: {} } }, async () => 'ok')
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
  t.ok('content-security-policy' in (await app.inject('/asks')).headers)
  t.ok('content-security-policy' in (await app.inject('/by-hand')).headers)
  t.equal((await app.inject('/by-hand-own')).headers['x-frame-options'], 'SAMEORIGIN')
})

t.test('nonces are fresh for each request, and are in the policy as in the page', async (t) => {
  const policies: HeadersOptions[] = [
    {},
    { profile: 'helmet' },
    { contentSecurityPolicy: { directives: { scriptSrc: ["'self'"], styleSrc: ["'self'"] } } },
    { contentSecurityPolicy: { directives: { 'script-src': ["'self'", () => 'https://cdn.example.com'] } } },
    { contentSecurityPolicy: { useDefaults: false, directives: { 'default-src': ["'self'"] } } },
    { contentSecurityPolicy: true }
  ]
  for (const [index, options] of policies.entries()) {
    const app = await build(t, { profile: 'html', ...options, enableCSPNonces: true }, (app) =>
      app.get('/', async (_request, reply) => reply.cspNonce)
    )
    const answers = await Promise.all([app.inject('/'), app.inject('/')])
    const seen = new Set<string>()
    for (const answer of answers) {
      const { script, style } = answer.json<{ script: string; style: string }>()
      const policy = String(answer.headers['content-security-policy'])
      t.match(policy, new RegExp(`script-src [^;]*'nonce-${script}'`), `${index} script`)
      t.match(policy, new RegExp(`style-src [^;]*'nonce-${style}'`), `${index} style`)
      t.match(script, /^[\da-f]{32}$/)
      seen.add(script).add(style)
    }
    t.equal(seen.size, 4, 'none twice')
  }
})

t.test("nonces are @fastify/helmet's, apart from their values", async (t) => {
  const options = {
    enableCSPNonces: true,
    contentSecurityPolicy: { directives: { scriptSrc: ["'self'"], 'img-src': ["'self'"] } }
  }
  const [theirs, ours] = [Fastify(), Fastify()]
  t.teardown(() => Promise.all([theirs.close(), ours.close()]))
  await theirs.register(fastifyHelmet, options)
  await ours.register(headers, { profile: 'helmet', ...options })
  for (const app of [theirs, ours]) app.get('/', async () => ({ ok: true }))

  const plain = (raw: string) => lines(raw).map((line) => line.replace(/nonce-[\da-f]{32}/g, 'nonce'))
  t.same(plain(await over(t, ours, get('/'))), plain(await over(t, theirs, get('/'))))
})

t.test("a route's policy keeps the request's nonce, and answers without a route have one too", async (t) => {
  const app = await build(t, { profile: 'html', enableCSPNonces: true }, (app) => {
    app.get('/', { config: { headers: { frameguard: false } } }, async (_request, reply) => {
      const { script } = reply.cspNonce
      reply.helmet({ frameguard: { action: 'sameorigin' } })
      return { before: script, after: reply.cspNonce.script }
    })
  })
  const answer = await app.inject('/')
  const { before, after } = answer.json<{ before: string; after: string }>()
  t.equal(before, after)
  t.match(answer.headers['content-security-policy'], new RegExp(`nonce-${before}`))
  t.match((await app.inject('/nowhere')).headers['content-security-policy'], /nonce-[\da-f]{32}/)
})

t.test('what a policy function throws is an answer, not a crash', async (t) => {
  const failing = () => {
    throw new Error('no source')
  }
  const app = await build(t, { contentSecurityPolicy: { directives: { 'script-src': [failing] } } })
  t.equal((await app.inject('/')).statusCode, 500)
  t.equal((await app.inject('/nowhere')).statusCode, 500)
})

t.test('app.security tells which headers there are', async (t) => {
  const app = await build(t)
  t.match(app.security.headers, { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
})

t.test('an app without the server options hears once what to add', async (t) => {
  const said: string[] = []
  const stream = { write: (line: string) => void said.push(line) }
  const { security } = await import('../src/index.ts')
  for (const settings of [{}, securityServerOptions()]) {
    const app = Fastify({ ...settings, logger: { level: 'warn', stream } })
    await app.register(security)
    await app.ready()
    await app.close()
  }
  t.equal(said.filter((line) => line.includes('securityServerOptions()')).length, 1)
})
