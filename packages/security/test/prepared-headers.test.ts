// What an answer's headers are to those who read, change and remove them, however the answer is sent.
import { connect } from 'node:http2'
import { once } from 'node:events'
import { request as httpRequest, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { headers, type HeadersOptions } from '../src/index.ts'

type Answer = { status: number; headers: Record<string, string | string[] | undefined>; body: string }
type Ask = (path: string, method?: string) => Promise<Answer>

function routes(app: FastifyInstance) {
  app.addHook('onSend', (request, reply, payload, done) => {
    if (request.url === '/amended') {
      const before = reply.getHeader('content-security-policy') as string
      reply.header('content-security-policy', before.replace("'none'", "'self'"))
    }
    done(null, payload)
  })
  app.get('/', async () => ({ ok: true }))
  app.get('/amended', async () => 'ok')
  app.get('/override', async (_request, reply) => reply.header('X-Frame-Options', 'SAMEORIGIN').send('ok'))
  app.get('/raw-override', async (_request, reply) => {
    reply.raw.setHeader('X-Frame-Options', 'SAMEORIGIN')
    return 'ok'
  })
  app.get('/removed', async (_request, reply) => reply.removeHeader('X-Frame-Options').send('ok'))
  app.get('/raw-removed', async (_request, reply) => {
    reply.raw.removeHeader('X-Frame-Options')
    return { left: reply.hasHeader('x-frame-options'), others: reply.hasHeader('Cache-Control') }
  })
  app.get('/read', async (_request, reply) => ({
    one: reply.getHeader('X-Frame-Options'),
    raw: reply.raw.getHeader('x-frame-options'),
    has: reply.hasHeader('X-Frame-Options'),
    none: reply.hasHeader('x-nothing'),
    all: Object.keys(reply.getHeaders()).toSorted(),
    names: reply.raw.getHeaderNames().toSorted()
  }))
  app.get('/stream', (_request, reply) => void reply.type('text/plain').send(Readable.from(['a', 'b'])))
  app.get('/empty', (_request, reply) => void reply.code(204).send())
  app.get('/unchanged', (_request, reply) => void reply.code(304).send())
  app.get('/fails', () => Promise.reject(new Error('inside')))
  app.get('/none', { config: { headers: false } }, async () => 'ok')
  app.get('/html', { config: { headers: { profile: 'html' } } }, async () => 'ok')
  app.get('/by-hand', async (_request, reply) => {
    reply.helmet({ frameguard: { action: 'sameorigin' } })
    return 'ok'
  })
}

async function overHttp(t: Test, options: HeadersOptions, settings = {}): Promise<Ask> {
  const app = Fastify(settings)
  t.teardown(() => app.close())
  await app.register(headers, options)
  routes(app)
  app.get('/appended', async (_request, reply) => {
    reply.raw.appendHeader('cache-control', 'private')
    return 'ok'
  })
  const hijacked = (path: string, write: (raw: import('node:http').ServerResponse) => void) =>
    app.get(path, (_request, reply) => {
      reply.hijack()
      write(reply.raw)
    })
  hijacked('/hijacked', (raw) => raw.end('ok'))
  hijacked('/hijacked/object', (raw) => raw.writeHead(200, { 'Cache-Control': 'max-age=1' }).end('ok'))
  hijacked('/hijacked/flat', (raw) =>
    raw.writeHead(200, ['Cache-Control', 'max-age=1', 'x-a', 'b']).end('ok')
  )
  hijacked('/hijacked/pairs', (raw) =>
    raw.writeHead(200, [['Cache-Control', 'max-age=1']] as never).end('ok')
  )
  hijacked('/hijacked/set', (raw) => {
    raw.setHeader('Cache-Control', 'max-age=1')
    raw.write('o')
    raw.end('k')
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  return async (path, method = 'GET') => {
    const request = httpRequest({ port, path, method, agent: false }).end()
    const [response] = (await once(request, 'response')) as [import('node:http').IncomingMessage]
    let body = ''
    for await (const chunk of response) body += String(chunk)
    return { status: response.statusCode!, headers: response.headers, body }
  }
}

async function overInject(t: Test, options: HeadersOptions): Promise<Ask> {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(headers, options)
  routes(app)
  return async (path, method = 'GET') => {
    const answer = await app.inject({ url: path, method: method as 'GET' })
    return { status: answer.statusCode, headers: answer.headers as Answer['headers'], body: answer.body }
  }
}

async function overHttp2(t: Test, options: HeadersOptions): Promise<Ask> {
  const app = Fastify({ http2: true }) as unknown as FastifyInstance
  t.teardown(() => app.close())
  await app.register(headers, options)
  routes(app)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const session = connect(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`)
  t.teardown(() => session.destroy())
  return async (path, method = 'GET') => {
    const stream = session.request({ ':path': path, ':method': method })
    const [found] = (await once(stream, 'response')) as [Record<string, string>]
    let body = ''
    for await (const chunk of stream) body += String(chunk)
    return { status: Number(found[':status']), headers: found, body }
  }
}

/** Without what belongs to the protocol. */
const own = ({ status, headers, body }: Answer) => ({
  status,
  body,
  headers: Object.fromEntries(
    Object.entries(headers)
      .filter(
        ([name]) => !/^(?::status|date|connection|keep-alive|transfer-encoding|content-length)$/.test(name)
      )
      .toSorted(([a], [b]) => a.localeCompare(b))
  )
})

/** A Node that makes a head in another way than today's: only what it documents works. */
function withoutLines(t: Test) {
  const prototype = ServerResponse.prototype as unknown as {
    _storeHeader(first: string, rest: unknown): void
  }
  const store = prototype._storeHeader
  prototype._storeHeader = function rewritten(first, rest) {
    store.call(this, first.slice(0, first.indexOf('\r\n') + 2), rest)
  }
  t.teardown(() => (prototype._storeHeader = store))
}

const paths =
  '/ /amended /override /raw-override /removed /raw-removed /read /stream /empty /unchanged /fails /none /html /by-hand /nowhere'

t.test(
  'an answer is the same over HTTP/1.1, HTTP/2 and inject, whatever the app does with its headers',
  async (t) => {
    const [http, http2, inject] = [await overHttp(t, {}), await overHttp2(t, {}), await overInject(t, {})]
    const answers = new Map<string, Answer>()
    for (const path of paths.split(' ')) answers.set(path, await http(path))
    t.same(own(await inject('/', 'HEAD')), own(await http('/', 'HEAD')))

    withoutLines(t)
    const pairs = await overHttp(t, {})
    for (const [path, answer] of answers) {
      const expected = own(answer)
      t.same(own(await pairs(path)), expected, `pairs ${path}`)
      t.same(own(await inject(path)), expected, `inject ${path}`)
      t.same(own(await http2(path)), expected, `HTTP/2 ${path}`)
    }
  }
)

for (const way of ['lines', 'pairs']) {
  t.test(`what the app says of a header wins, and the others stay: ${way}`, async (t) => {
    if (way === 'pairs') withoutLines(t)
    const ask = await overHttp(t, {})
    const found = async (path: string) => (await ask(path)).headers
    for (const path of ['/override', '/raw-override', '/by-hand']) {
      t.match(await found(path), { 'x-frame-options': 'SAMEORIGIN', 'cache-control': 'no-store' }, path)
    }
    for (const path of ['/removed', '/raw-removed']) {
      t.notOk('x-frame-options' in (await found(path)), path)
      t.match(await found(path), { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }, path)
    }
    t.match((await found('/amended'))['content-security-policy'], /^default-src 'self'/)
    t.equal((await found('/appended'))['cache-control'], 'no-store, private')
    const { body } = await ask('/read')
    t.match(JSON.parse(body), { one: 'DENY', raw: 'DENY', has: true, none: false })
    t.ok((JSON.parse(body) as { names: string[] }).names.includes('content-security-policy'))
  })
}

for (const way of ['lines', 'pairs']) {
  t.test(`hijacked replies have them, however their head is written: ${way}`, async (t) => {
    if (way === 'pairs') withoutLines(t)
    const ask = await overHttp(t, {})
    for (const path of ['', '/object', '/flat', '/pairs', '/set']) {
      const answer = await ask(`/hijacked${path}`)
      t.equal(answer.body, 'ok', path)
      t.match(
        answer.headers,
        { 'content-security-policy': /^default-src 'none'/, 'x-frame-options': 'DENY' },
        path
      )
      t.equal(answer.headers['cache-control'], path === '' ? 'no-store' : 'max-age=1', path)
    }
    const nonces = await overHttp(t, { profile: 'html', enableCSPNonces: true })
    t.match((await nonces('/hijacked')).headers['content-security-policy'], /nonce-[\da-f]{32}/)
  })
}

t.test("a server's own class of responses keeps its ways, and has the headers", async (t) => {
  let heads = 0
  class Counting extends ServerResponse {
    override writeHead(...args: unknown[]): this {
      heads++
      return super.writeHead(...(args as [number]))
    }
  }
  const ask = await overHttp(t, {}, { http: { ServerResponse: Counting } })
  for (const path of ['/', '/stream', '/hijacked'])
    t.match((await ask(path)).headers, { 'x-frame-options': 'DENY' })
  t.equal(heads, 3)
})

t.test('a middleware that wraps writeHead, before or after, changes nothing', async (t) => {
  for (const [first, way] of [
    [true, 'lines'],
    [false, 'lines'],
    [true, 'pairs'],
    [false, 'pairs']
  ]) {
    if (way === 'pairs') withoutLines(t)
    const app = Fastify()
    t.teardown(() => app.close())
    const wrap = () =>
      app.addHook('onRequest', (_request, { raw }, done) => {
        const { writeHead } = raw
        raw.writeHead = function wrapped(this: typeof raw, ...args: unknown[]) {
          raw.setHeader('x-wrapped', 'yes')
          return writeHead.apply(this, args as never)
        }
        done()
      })
    if (first) wrap()
    await app.register(headers)
    if (!first) wrap()
    app.get('/', async () => 'ok')
    const found = (await fetch(await app.listen({ port: 0, host: '127.0.0.1' }))).headers
    t.equal(found.get('x-wrapped'), 'yes')
    t.equal(found.get('x-frame-options'), 'DENY')
  }
})

t.test('what cannot be in a header stops the start', async (t) => {
  for (const source of ["'self'\r\nset-cookie: a=b", 'https://\u{1F40C}.example.com']) {
    const app = Fastify()
    app.register(headers, { contentSecurityPolicy: { directives: { 'default-src': [source] } } })
    await t.rejects(async () => app.ready(), /content-security-policy/i)
  }
})

t.test('what a policy function gives cannot add headers', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(headers, {
    contentSecurityPolicy: { directives: { 'default-src': [() => "'self'\r\nset-cookie: a=b"] } }
  })
  app.get('/', async () => 'ok')
  const answer = await fetch(await app.listen({ port: 0, host: '127.0.0.1' }))
  t.equal(answer.status, 500)
  t.equal(answer.headers.get('set-cookie'), null)
})
