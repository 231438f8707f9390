// The private parts of Fastify, Node and pino, in the installed versions.
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rawSocket, requires } from '@seaworthy/testing'
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import t from 'tap'
import {
  afterPendingWrite,
  constructorOptions,
  unfinishedResponse,
  missingInternals,
  serversOf,
  stopAccepting,
  tcpSocketOf,
  writtenHead
} from '../src/internals.ts'
import { warnMisconfiguration } from '../src/misconfiguration.ts'
import type { ResolvedOptions } from '../src/resolve-options.ts'
import { certificate } from './support/certificate.ts'

const get = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'

t.test('no private part is missing, with any kind of logger', async (t) => {
  const stream = new Writable({ write: (_chunk, _encoding, done) => done() })
  for (const logger of [false, true, { stream }, { level: 'silent' }, { transport: { target: 'pino/file' } }])
    t.strictSame(missingInternals(Fastify({ logger })), [], JSON.stringify(logger))
})

t.test('all servers of an app are found', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.strictSame(serversOf(app), [app.server])
  const others = [createServer()]
  Object.assign(app, { [symbolOf(app, 'fastify.serverBindings')]: others })
  t.strictSame(serversOf(app), [app.server, ...others])
})

t.test('the options of the constructor are found', async (t) => {
  t.match(constructorOptions(Fastify({ return503OnClosing: false })), { return503OnClosing: false })
  t.equal(constructorOptions(Fastify())?.return503OnClosing, undefined)
})

t.test('a socket has an unfinished response from the request to the end of the response', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const handled = Promise.withResolvers<boolean>()
  const finished = Promise.withResolvers<boolean>()
  app.get('/', async ({ raw: { socket } }) => {
    handled.resolve(unfinishedResponse(socket) !== undefined)
    return 'answered'
  })
  app.addHook('onResponse', async ({ raw: { socket } }) => {
    setImmediate(() => finished.resolve(unfinishedResponse(socket) !== undefined))
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  await rawSocket(t, (app.server.address() as AddressInfo).port, get)
  t.equal(await handled.promise, true)
  t.equal(await finished.promise, false)
})

t.test('the head of a raw response is found', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  let head = ''
  app.get('/', (_request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream' })
    head = writtenHead(reply.raw)
    reply.raw.end()
  })
  await app.inject('/')
  t.match(head, /^HTTP\/1\.1 200 OK\r\ncontent-type: text\/event-stream\r\n/)
})

requires(
  ['openssl'],
  'a TLS socket is paired with its TCP socket, with and without the private part',
  async (t) => {
    const folder = certificate(t)
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => readFileSync(join(folder, name)))
    const server = createTlsServer({ key: key!, cert: cert! }).listen(0, '127.0.0.1')
    t.teardown(() => server.close())
    await once(server, 'listening')
    const tcp = once(server, 'connection')
    const secure = once(server, 'secureConnection')
    const { port } = server.address() as AddressInfo
    const client = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
    t.teardown(() => client.destroy())
    const [[tcpSocket], [secureSocket]] = (await Promise.all([tcp, secure])) as [[TLSSocket], [TLSSocket]]
    t.equal(tcpSocketOf(secureSocket, []), tcpSocket)
    Object.assign(secureSocket, { _parent: null })
    t.equal(tcpSocketOf(secureSocket, [tcpSocket]), tcpSocket)
    t.equal(tcpSocketOf(secureSocket, []), undefined)
  }
)

t.test('a server stops accepting and keeps its idle connections', async (t) => {
  const app = Fastify()
  app.get('/', () => 'answered')
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  const { port } = app.server.address() as AddressInfo
  const client = await rawSocket(t, port, get)
  await once(client.socket, 'data')
  stopAccepting(app.server)
  t.equal(app.server.listening, false)
  client.socket.write(get)
  await once(client.socket, 'data')
  t.equal(client.received().match(/200 OK/g)?.length, 2)
  await t.rejects(rawSocket(t, port, get))
})

t.test('a write that is under way is waited for', async (t) => {
  const events: string[] = []
  const destination = Object.assign(new Writable(), { _writing: true })
  const log = { [Symbol('pino.stream')]: destination } as unknown as FastifyBaseLogger
  afterPendingWrite(log, () => events.push('done'))
  t.strictSame(events, [])
  destination.emit('drain')
  t.strictSame(events, ['done'])
  afterPendingWrite({} as FastifyBaseLogger, () => events.push('done without it'))
  t.strictSame(events, ['done', 'done without it'])
})

t.test('missing parts are logged in one line at start', async (t) => {
  const warnings: unknown[] = []
  const log = { warn: (...args: unknown[]) => void warnings.push(args.at(-1)), debug: () => undefined }
  const withoutSymbols = { log, hasDecorator: () => false } as unknown as FastifyInstance
  warnMisconfiguration(withoutSymbols, { gracePeriod: undefined } as ResolvedOptions, 0)
  t.match(warnings, [/^shutdown: private parts are missing: fastify\.serverBindings .*, fastify\.options /])
  t.equal(warnings.length, 1)
})

function symbolOf(owner: object, description: string): symbol {
  const symbol = Object.getOwnPropertySymbols(owner).find(
    (candidate) => candidate.description === description
  )
  if (symbol === undefined) throw new Error(`no symbol ${description}`)
  return symbol
}
