// Code that reads, changes and removes headers sees those of blocks like others, in every way of sending a response.
import { connect } from 'node:http2'
import { once } from 'node:events'
import { request as httpRequest, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { headers, type HeadersOptions } from '../src/index.ts'

type Received = { status: number; headers: Record<string, string | string[] | undefined>; body: string }
type Send = (path: string, method?: string) => Promise<Received>

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

async function overHttp(t: Test, options: HeadersOptions, settings = {}): Promise<Send> {
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

async function overInject(t: Test, options: HeadersOptions): Promise<Send> {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(headers, options)
  routes(app)
  return async (path, method = 'GET') => {
    const response = await app.inject({ url: path, method: method as 'GET' })
    return {
      status: response.statusCode,
      headers: response.headers as Received['headers'],
      body: response.body
    }
  }
}

async function overHttp2(t: Test, options: HeadersOptions): Promise<Send> {
  const app = Fastify({ http2: true }) as unknown as FastifyInstance
  t.teardown(() => app.close())
  await app.register(headers, options)
  routes(app)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const session = connect(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`)
  t.teardown(() => session.destroy())
  return async (path, method = 'GET') => {
    const stream = session.request({ ':path': path, ':method': method })
    const [received] = (await once(stream, 'response')) as [Record<string, string>]
    let body = ''
    for await (const chunk of stream) body += String(chunk)
    return { status: Number(received[':status']), headers: received, body }
  }
}

/** Without the headers of the protocol. */
const withoutProtocolHeaders = ({ status, headers, body }: Received) => ({
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

/** Simulates a Node that writes the head in another way, so that only its documented methods work. */
function breakHeadWriter(t: Test) {
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
  'a response is the same over HTTP/1.1, HTTP/2 and inject, whatever the app does with its headers',
  async (t) => {
    const [http, http2, inject] = [await overHttp(t, {}), await overHttp2(t, {}), await overInject(t, {})]
    const responses = new Map<string, Received>()
    for (const path of paths.split(' ')) responses.set(path, await http(path))
    t.same(withoutProtocolHeaders(await inject('/', 'HEAD')), withoutProtocolHeaders(await http('/', 'HEAD')))

    breakHeadWriter(t)
    const documented = await overHttp(t, {})
    for (const [path, response] of responses) {
      const expected = withoutProtocolHeaders(response)
      t.same(withoutProtocolHeaders(await documented(path)), expected, `documented writer ${path}`)
      t.same(withoutProtocolHeaders(await inject(path)), expected, `inject ${path}`)
      t.same(withoutProtocolHeaders(await http2(path)), expected, `HTTP/2 ${path}`)
    }
  }
)

for (const writer of ['raw', 'documented']) {
  t.test(
    `headers of the app override those of the plugin, and the others stay: ${writer} writer`,
    async (t) => {
      if (writer === 'documented') breakHeadWriter(t)
      const send = await overHttp(t, {})
      const headersOf = async (path: string) => (await send(path)).headers
      for (const path of ['/override', '/raw-override', '/by-hand']) {
        t.match(await headersOf(path), { 'x-frame-options': 'SAMEORIGIN', 'cache-control': 'no-store' }, path)
      }
      for (const path of ['/removed', '/raw-removed']) {
        t.notOk('x-frame-options' in (await headersOf(path)), path)
        t.match(
          await headersOf(path),
          { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
          path
        )
      }
      t.match((await headersOf('/amended'))['content-security-policy'], /^default-src 'self'/)
      t.equal((await headersOf('/appended'))['cache-control'], 'no-store, private')
      const { body } = await send('/read')
      t.match(JSON.parse(body), { one: 'DENY', raw: 'DENY', has: true, none: false })
      t.ok((JSON.parse(body) as { names: string[] }).names.includes('content-security-policy'))
    }
  )
}

for (const writer of ['raw', 'documented']) {
  t.test(`hijacked replies have the headers, in every way to write a head: ${writer} writer`, async (t) => {
    if (writer === 'documented') breakHeadWriter(t)
    const send = await overHttp(t, {})
    for (const path of ['', '/object', '/flat', '/pairs', '/set']) {
      const response = await send(`/hijacked${path}`)
      t.equal(response.body, 'ok', path)
      t.match(
        response.headers,
        { 'content-security-policy': /^default-src 'none'/, 'x-frame-options': 'DENY' },
        path
      )
      t.equal(response.headers['cache-control'], path === '' ? 'no-store' : 'max-age=1', path)
    }
    const nonces = await overHttp(t, { profile: 'html', enableCSPNonces: true })
    t.match((await nonces('/hijacked')).headers['content-security-policy'], /nonce-[\da-f]{32}/)
  })
}

t.test('a class of responses of the app keeps its methods and has the headers', async (t) => {
  let heads = 0
  class Counting extends ServerResponse {
    override writeHead(...args: unknown[]): this {
      heads++
      return super.writeHead(...(args as [number]))
    }
  }
  const send = await overHttp(t, {}, { http: { ServerResponse: Counting } })
  for (const path of ['/', '/stream', '/hijacked'])
    t.match((await send(path)).headers, { 'x-frame-options': 'DENY' })
  t.equal(heads, 3)
})

t.test('a middleware that wraps writeHead, before or after, changes nothing', async (t) => {
  for (const [first, writer] of [
    [true, 'raw'],
    [false, 'raw'],
    [true, 'documented'],
    [false, 'documented']
  ]) {
    if (writer === 'documented') breakHeadWriter(t)
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
    const received = (await fetch(await app.listen({ port: 0, host: '127.0.0.1' }))).headers
    t.equal(received.get('x-wrapped'), 'yes')
    t.equal(received.get('x-frame-options'), 'DENY')
  }
})

t.test('an invalid header stops the start', async (t) => {
  for (const source of ["'self'\r\nset-cookie: a=b", 'https://\u{1F40C}.example.com']) {
    const app = Fastify()
    app.register(headers, { contentSecurityPolicy: { directives: { 'default-src': [source] } } })
    await t.rejects(async () => app.ready(), /content-security-policy/i)
  }
})

t.test('the result of a policy function cannot add headers', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(headers, {
    contentSecurityPolicy: { directives: { 'default-src': [() => "'self'\r\nset-cookie: a=b"] } }
  })
  app.get('/', async () => 'ok')
  const response = await fetch(await app.listen({ port: 0, host: '127.0.0.1' }))
  t.equal(response.status, 500)
  t.equal(response.headers.get('set-cookie'), null)
})
