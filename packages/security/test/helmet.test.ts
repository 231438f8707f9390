// @fastify/helmet and ours, case by case: options, those of a route, nonces, and calls of reply.helmet().
import fastifyHelmet, { type FastifyHelmetOptions } from '@fastify/helmet'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import { headers, type CspNonce, type HeadersOptions } from '../src/index.ts'
import { createApp, exchange, getBytes, headerLines, ok } from './helpers.ts'

type RouteOption = Omit<FastifyHelmetOptions, 'global'> | false

interface Case {
  options?: FastifyHelmetOptions
  route?: RouteOption
  /** Called in the handler. */
  call?: (reply: FastifyReply) => unknown
}

const policy = (directives: Record<string, string[]>) => ({ contentSecurityPolicy: { directives } })
const frame = (action: 'deny' | 'sameorigin') => ({ frameguard: { action } })

const cases: Record<string, Case> = {
  'a route removes a header': { route: { frameguard: false } },
  'a route adds a policy': {
    options: { contentSecurityPolicy: false },
    route: policy({ 'img-src': ["'self'", 'data:'] })
  },
  'a route replaces the policy': {
    options: policy({ scriptSrc: ["'self'", 'https://cdn.example.com'] }),
    route: policy({ styleSrc: ["'none'"] })
  },
  'a route has none': { route: false },
  'only a route has headers': { options: { global: false }, route: frame('deny') },
  'nonces for all': { options: { enableCSPNonces: true } },
  'nonces in directives': {
    options: { enableCSPNonces: true, ...policy({ 'script-src': ["'self'"], styleSrc: ["'self'"] }) }
  },
  'nonces beside a policy of true': { options: { enableCSPNonces: true, contentSecurityPolicy: true } },
  'nonces without a policy': { options: { enableCSPNonces: true, contentSecurityPolicy: false } },
  'nonces in a policy without defaults': {
    options: {
      enableCSPNonces: true,
      contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'self'"] } }
    }
  },
  'nonces in a policy that is only reported': {
    options: { enableCSPNonces: true, contentSecurityPolicy: { reportOnly: true } }
  },
  'nonces of one route': { route: { enableCSPNonces: true, ...policy({ scriptSrc: ["'self'"] }) } },
  'a route without nonces': { options: { enableCSPNonces: true }, route: { enableCSPNonces: false } },
  'nonces beside functions': {
    options: {
      enableCSPNonces: true,
      contentSecurityPolicy: {
        directives: { 'script-src': ["'self'", (request) => `https://${request.headers.host}.example.com`] }
      }
    }
  },
  'a set as a directive': {
    options: { contentSecurityPolicy: { directives: { imgSrc: new Set(["'none'"]) } } }
  },
  'a call': { options: { global: false }, call: (reply) => reply.helmet() },
  'a call with options': { options: frame('deny'), call: (reply) => reply.helmet(frame('sameorigin')) },
  'a call in a route with options': {
    options: { global: false, hidePoweredBy: false },
    route: { noSniff: false, ...frame('deny') },
    call: (reply) => reply.helmet({ ieNoOpen: false })
  },
  'a call in a route without headers': { route: false, call: (reply) => reply.helmet() }
}

/** The lines of the head, with the names of the reply's nonces in place of their values. */
async function sent(t: Test, app: FastifyInstance, { route, call }: Case): Promise<string[]> {
  const nonces: CspNonce[] = []
  const handler = async (_request: FastifyRequest, reply: FastifyReply) => {
    call?.(reply)
    nonces.push(...[(reply.cspNonce as CspNonce | null) ?? []].flat())
    return 'ok'
  }
  app.get('/', route === undefined ? {} : ({ helmet: route } as object), handler)
  const lines = headerLines(await exchange(t, app, getBytes('/')))
  const [{ script, style } = { script: 'no script', style: 'no style' }] = nonces
  return lines.map((line) => line.replaceAll(script, 'SCRIPT').replaceAll(style, 'STYLE'))
}

for (const [name, each] of Object.entries(cases)) {
  t.test(`as @fastify/helmet: ${name}`, async (t) => {
    const [theirs, ours] = [createApp(t), createApp(t)]
    await theirs.register(fastifyHelmet, each.options ?? {})
    await ours.register(headers, { profile: 'helmet', ...each.options } as HeadersOptions)
    const expected = await sent(t, theirs, each)
    // Those of a call come last in ours, and are the same.
    t.same((await sent(t, ours, each)).toSorted(), expected.toSorted())
    t.equal(expected.join().includes('nonce-'), expected.join().includes('SCRIPT'))
  })
}

t.test('nonces are there in the handler, also where no headers are sent', async (t) => {
  const app = createApp(t)
  await app.register(headers, { global: false, profile: 'helmet', enableCSPNonces: true })
  app.get('/', async (_request, reply) => {
    const { script } = reply.cspNonce
    reply.helmet()
    return script
  })
  const { body, headers: found } = await app.inject('/')
  t.match(body, /^[\da-f]{32}$/)
  t.match(found['content-security-policy'], new RegExp(`'nonce-${body}'`))
})

const bad = { contentSecurityPolicy: { directives: { scriptSrc: ['self'] } } }
const badBesideFunction = {
  enableCSPNonces: true,
  contentSecurityPolicy: { directives: { imgSrc: ['a;b'], scriptSrc: [() => "'self'"] } }
}

for (const [name, options] of Object.entries({ bad, badBesideFunction })) {
  t.test(`a ${name} directive stops the start, with its place`, async (t) => {
    const rejection = (place: string) => ({
      code: 'INVALID_OPTION',
      message: new RegExp(`security: "${place}": Content-Security-Policy received an invalid directive value`)
    })
    await t.rejects(Promise.resolve(createApp(t).register(headers, options)), rejection('headers'))
    const app = createApp(t)
    await app.register(headers)
    app.get('/page', { config: { headers: options } }, ok)
    await t.rejects(Promise.resolve(app.ready()), rejection('headers of /page'))
  })
}

t.test('routes that share their options have them, and their HEAD routes too', async (t) => {
  const app = createApp(t)
  await app.register(headers)
  const shared = { frameguard: { action: 'sameorigin' as const } }
  for (const url of ['/a', '/b']) app.get(url, { config: { headers: shared } }, ok)
  app.get('/c', { config: { headers: { xFrameOptions: false } } }, ok)
  for (const method of ['GET', 'HEAD'] as const) {
    for (const url of ['/a', '/b']) {
      t.equal((await app.inject({ method, url })).headers['x-frame-options'], 'SAMEORIGIN')
    }
    t.equal((await app.inject({ method, url: '/c' })).headers['x-frame-options'], undefined)
  }
})

t.test('a decorator of the app stays, and one of null is filled', async (t) => {
  for (const [value, expected] of [
    [null, 'function'],
    ['of the app', 'string']
  ]) {
    const app = createApp(t)
    app.decorateReply<unknown>('helmet' as string, value).decorateReply('cspNonce', null as never)
    await app.register(headers, { enableCSPNonces: true, profile: 'html' })
    app.get('/', async (_request, reply) => [typeof reply.helmet, typeof reply.cspNonce.script])
    t.same((await app.inject('/')).json(), [expected, 'string'])
  }
})
