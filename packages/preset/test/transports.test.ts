// Every hook of every package, over each transport, with each kind of answer, finished, failed and left.
import './parts.ts'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, constants } from 'node:http2'
import { request } from 'node:http'
import { request as requestTls } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { commandPath, requires, temporaryFolder, until } from '@seaworthy/testing'
import { seaworthy, serverOptions, type SeaworthyOptions } from 'fastify-seaworthy'

interface Answer {
  status: number
  body: string
  headers: Record<string, unknown>
}

interface Transport {
  get(path: string): Promise<Answer>
  /** Sends a request and leaves before its answer is complete. */
  leave?(path: string): Promise<void>
}

/** Fails after its first bytes. */
async function* breaking() {
  yield 'ab'
  await new Promise((resolve) => setImmediate(resolve))
  throw new Error('disk gone')
}

const kinds: Record<string, (app: FastifyInstance, path: string) => void> = {
  value: (app, path) => app.get(path, async () => 'ab'),
  buffer: (app, path) => app.get(path, async () => Buffer.from('ab')),
  typed: (app, path) => app.get(path, async (_request, reply) => reply.send(new Uint8Array([97, 98]))),
  stream: (app, path) => app.get(path, async (_request, reply) => reply.send(Readable.from(['a', 'b']))),
  generator: (app, path) =>
    app.get(path, async (_request, reply) =>
      reply.send(
        Readable.from(
          (function* () {
            yield 'a'
            yield 'b'
          })()
        )
      )
    ),
  web: (app, path) =>
    app.get(path, async (_request, reply) => reply.send(Readable.toWeb(Readable.from([Buffer.from('ab')])))),
  response: (app, path) => app.get(path, async () => new Response('ab')),
  callback: (app, path) => app.get(path, (_request, reply) => void reply.send('ab')),
  hijacked: (app, path) =>
    app.get(path, (_request, reply) => {
      reply.hijack()
      reply.raw.writeHead(200)
      reply.raw.end('ab')
    })
}

const options: SeaworthyOptions = {
  auth: { jwt: { secret: randomBytes(32).toString('base64') } },
  shutdown: { exit: false }
}

interface Service {
  app: FastifyInstance
  /** The request lines so far. */
  lines: () => Record<string, unknown>[]
  text: () => string
}

async function start(t: Test, server: object): Promise<Service> {
  let text = ''
  const stream = { write: (line: string) => void (text += line) }
  const all = { ...options, observability: { logger: { stream } } }
  const app = Fastify({ ...serverOptions(all), ...server } as object) as unknown as FastifyInstance
  t.teardown(() => app.close())
  await app.register(seaworthy, all)
  for (const [name, add] of Object.entries(kinds)) add(app, `/${name}`)
  app.get('/error', async () => Promise.reject(new Error('bug')))
  app.get('/onsend', { onSend: async () => Promise.reject(new Error('hook')) }, async () => 'ab')
  app.get('/broken', async (_request, reply) => reply.type('text/plain').send(Readable.from(breaking())))
  app.get('/endless', async (_request, reply) => {
    const endless = new PassThrough()
    endless.write('ab')
    return reply.type('text/plain').send(endless)
  })
  const lines = () =>
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ msg }) => msg === 'request completed')
  return { app, lines, text: () => text }
}

async function listen(app: FastifyInstance): Promise<number> {
  await app.listen({ port: 0, host: '127.0.0.1' })
  return (app.server.address() as AddressInfo).port
}

const overHttp1 =
  (tls: boolean) =>
  async (_t: Test, app: FastifyInstance): Promise<Transport> => {
    const port = await listen(app)
    const open = async (path: string) => {
      const settings = { port, path, host: '127.0.0.1', agent: false as const }
      const sent = tls ? requestTls({ ...settings, rejectUnauthorized: false }) : request(settings)
      sent.on('error', () => undefined).end()
      const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage]
      response.on('error', () => undefined)
      return { sent, response }
    }
    return {
      async get(path) {
        const { response } = await open(path)
        let body = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
        await new Promise((resolve) => response.once('close', resolve))
        return { status: response.statusCode ?? 0, body, headers: response.headers }
      },
      async leave(path) {
        const { sent, response } = await open(path)
        await once(response, 'data')
        sent.destroy()
      }
    }
  }

const overHttp2 =
  (tls: boolean) =>
  async (t: Test, app: FastifyInstance): Promise<Transport> => {
    const session = connect(`http${tls ? 's' : ''}://127.0.0.1:${await listen(app)}`, {
      rejectUnauthorized: false
    })
    t.teardown(() => session.destroy())
    const open = async (path: string) => {
      const stream = session.request({ ':path': path })
      stream.on('error', () => undefined)
      const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
      return { stream, headers }
    }
    return {
      async get(path) {
        const { stream, headers } = await open(path)
        let body = ''
        stream.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
        await new Promise((resolve) => stream.once('close', resolve))
        return { status: headers[':status'] as number, body, headers }
      },
      async leave(path) {
        const { stream } = await open(path)
        await once(stream, 'data')
        stream.close(constants.NGHTTP2_CANCEL)
      }
    }
  }

const injected = async (_t: Test, app: FastifyInstance): Promise<Transport> => ({
  async get(path) {
    const { statusCode, body, headers } = await app.inject(path)
    return { status: statusCode, body, headers }
  }
})

async function check(t: Test, server: object, open: typeof injected): Promise<void> {
  const { app, lines, text } = await start(t, server)
  const transport = await open(t, app)
  const lineOf = async (route: string) =>
    until(`the line of ${route}`, () => lines().find((line) => line.route === route))

  for (const kind of Object.keys(kinds)) {
    const { status, body, headers } = await transport.get(`/${kind}`)
    t.match({ status, body }, { status: 200, body: 'ab' }, kind)
    // A handler that writes by itself sends the headers that it chooses.
    if (kind !== 'hijacked') {
      t.match(headers, { 'x-correlation-id': String, 'x-content-type-options': 'nosniff' }, kind)
    }
    t.match(await lineOf(`/${kind}`), { statusCode: 200, aborted: undefined }, kind)
  }
  for (const path of ['/error', '/onsend']) {
    t.match(await transport.get(path), { status: 500, body: /An error occurred/ }, path)
    t.match(await lineOf(path), { statusCode: 500 }, path)
  }
  t.match(await transport.get('/nowhere'), { status: 404, body: /ROUTE_NOT_FOUND/ })
  if (transport.leave !== undefined) {
    t.match(await transport.get('/broken'), { status: 200, body: 'ab' })
    t.match(await lineOf('/broken'), { statusCode: 500, err: { message: 'disk gone' } })
    await transport.leave('/endless')
    t.match(await lineOf('/endless'), { statusCode: 499, aborted: true })
  }
  t.match(await transport.get('/health/live'), { status: 200 }, 'the process lives')
  const scrape = await app.observability.metrics()
  t.match(scrape, /^http_requests_in_flight 0$/m)
  t.notMatch(text(), /TypeError|ReferenceError/)
}

t.test('every kind of answer is served, logged and counted over inject', async (t) => check(t, {}, injected))
t.test('every kind of answer is served, logged and counted over HTTP/1.1', async (t) =>
  check(t, {}, overHttp1(false))
)
t.test('every kind of answer is served, logged and counted over HTTP/2', async (t) =>
  check(t, { http2: true }, overHttp2(false))
)
for (const [name, http2, open] of [
  ['HTTP/1.1 with TLS', false, overHttp1(true)],
  ['HTTP/2 with TLS', true, overHttp2(true)]
] as const) {
  requires(['openssl'], `every kind of answer is served, logged and counted over ${name}`, async (t) => {
    const folder = temporaryFolder(t)
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const words = 'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1'.split(' ')
    t.equal(spawnSync(commandPath('openssl')!, [...words, '-keyout', key, '-out', cert]).status, 0)
    const https = { key: readFileSync(key), cert: readFileSync(cert) }
    await check(t, http2 ? { http2, https } : { https }, open)
  })
}
