// The constructor options on each kind of server, with each kind of logger, by inject and over a socket.
import './parts.ts'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2'
import { get as getPlain, type IncomingMessage } from 'node:http'
import { get as getSecure } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { requires, temporaryFolder } from '@seaworthy/testing'
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { seaworthy, serverOptions, type SeaworthyOptions } from '../src/index.ts'

type Line = Record<string, unknown>
interface Sink {
  lines: Line[]
  write(text: string): void
}

function sink(): Sink {
  const lines: Line[] = []
  return { lines, write: (line) => void lines.push(JSON.parse(line) as Line) }
}

/** Makes a key and a certificate that is valid today. */
function certificate(t: Test): { key: Buffer; cert: Buffer } {
  const cwd = temporaryFolder(t, 'certificate')
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const files = ['-keyout', 'key.pem', '-out', 'cert.pem', '-days', '1', '-subj', '/CN=localhost']
  const made = spawnSync('openssl', ['req', '-x509', ...curve, ...files], { cwd, encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`openssl failed: ${made.stderr}`)
  return { key: readFileSync(join(cwd, 'key.pem')), cert: readFileSync(join(cwd, 'cert.pem')) }
}

interface Answer {
  status: number | undefined
  id: unknown
  body: unknown
}
const headers = { 'x-correlation-id': 'sent-over-a-socket' }
const expected = {
  status: 200,
  id: 'sent-over-a-socket',
  body: { hello: 'world' }
}

async function overHttp1(port: number, tls: boolean): Promise<Answer> {
  const options = { host: '127.0.0.1', port, path: '/hello', headers, agent: false }
  const request = tls ? getSecure({ ...options, rejectUnauthorized: false }) : getPlain(options)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const body = JSON.parse(await text(response)) as unknown
  return { status: response.statusCode, id: response.headers['x-correlation-id'], body }
}

async function overHttp2(t: Test, port: number, tls: boolean): Promise<Answer> {
  const session: ClientHttp2Session = connectHttp2(`${tls ? 'https' : 'http'}://127.0.0.1:${port}`, {
    rejectUnauthorized: false
  })
  t.teardown(() => session.destroy())
  const stream = session.request({ ...headers, ':path': '/hello' })
  const [received] = (await once(stream, 'response')) as [Record<string, string | number>]
  const body = JSON.parse(await text(stream)) as unknown
  session.close()
  return { status: Number(received[':status']), id: received['x-correlation-id'], body }
}

/** Registers the preset and one route on an app with any kind of server, and listens. */
async function listening(t: Test, made: unknown, options: SeaworthyOptions = {}) {
  const app = made as FastifyInstance
  t.teardown(() => app.close())
  await app.register(seaworthy, options)
  app.get('/hello', async () => ({ hello: 'world' }))
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.strictSame(app.seaworthy.report().missing, [], 'the constructor lacks nothing')
  return { app, port: (app.server.address() as AddressInfo).port }
}

async function injected(t: Test, app: FastifyInstance): Promise<void> {
  const answer = await app.inject({ url: '/hello', headers: { 'x-correlation-id': 'sent-by-inject' } })
  t.match(answer, { statusCode: 200, headers: { 'x-correlation-id': 'sent-by-inject' } })
  t.match((await app.inject('/nothing')).json(), { code: 'ROUTE_NOT_FOUND', correlationId: /./ })
}

/** Checks that each request has one log line, with its id. */
function requestLines(t: Test, { lines }: Sink): void {
  const requests = lines.filter(({ msg }) => msg === 'request completed')
  t.match(
    requests.filter(({ route }) => route === '/hello'),
    [{ correlationId: 'sent-over-a-socket', statusCode: 200 }, { correlationId: 'sent-by-inject' }]
  )
  t.equal(requests.length, 3)
}

for (const [how, make] of Object.entries({
  'as an option of the app': (loggerInstance: FastifyBaseLogger) =>
    Fastify(serverOptions({}, { loggerInstance })),
  'as an option of the part': (loggerInstance: FastifyBaseLogger) =>
    Fastify(serverOptions({ observability: { loggerInstance } })),
  'after the spread of options without a logger': (loggerInstance: FastifyBaseLogger) =>
    Fastify({ ...serverOptions({ observability: { logger: false } }), loggerInstance })
})) {
  t.test(`the app's own pino logs everything, ${how}`, async (t) => {
    const stream = sink()
    const appLogger = pino({ base: { service: 'shop' } }, stream)
    const { app, port } = await listening(t, make(appLogger))
    t.match(await overHttp1(port, false), expected)
    await injected(t, app)
    requestLines(t, stream)
    t.ok(
      stream.lines.every(({ service }) => service === 'shop'),
      "every line is the app's own logger's"
    )
  })
}

t.test("a loggerInstance beside the parts' logger is rejected by Fastify", async (t) => {
  t.throws(() => Fastify({ ...serverOptions(), loggerInstance: pino({}, sink()) }), {
    code: 'FST_ERR_LOG_LOGGER_AND_LOGGER_INSTANCE_PROVIDED'
  })
})

for (const [how, make] of Object.entries({
  'as an option of the app': () => Fastify(serverOptions({}, { logger: false })),
  'as an option of the part': () => Fastify(serverOptions({ observability: { logger: false } })),
  'after the spread': () => Fastify({ ...serverOptions(), logger: false })
})) {
  t.test(`without a logger, ${how}, ids and responses are the same`, async (t) => {
    const { app, port } = await listening(t, make())
    t.match(await overHttp1(port, false), expected)
    await injected(t, app)
  })
}

for (const merged of [true, false]) {
  const how = merged ? 'merged' : 'spread'
  const settings = () => {
    const stream = sink()
    return { stream, parts: { observability: { level: 'info', logger: { stream } } } as const }
  }

  requires(['openssl'], `HTTPS works with options that are ${how}`, async (t) => {
    const { stream, parts } = settings()
    const https = certificate(t)
    const made = merged
      ? Fastify(serverOptions(parts, { https }))
      : Fastify({ ...serverOptions(parts), https })
    const { app, port } = await listening(t, made)
    t.match(await overHttp1(port, true), expected)
    await injected(t, app)
    requestLines(t, stream)
    if (merged) t.equal(made.server.headersTimeout, 15_000, 'the timeouts are those of a server without TLS')
  })

  requires(['openssl'], `HTTP/2 over TLS works with options that are ${how}`, async (t) => {
    const { stream, parts } = settings()
    const https = certificate(t)
    const made = merged
      ? Fastify(serverOptions(parts, { http2: true, https }))
      : Fastify({ ...serverOptions(parts), http2: true, https })
    const { app, port } = await listening(t, made)
    t.match(await overHttp2(t, port, true), expected)
    await injected(t, app)
    requestLines(t, stream)
  })

  t.test(`HTTP/2 without TLS works with options that are ${how}`, async (t) => {
    const { stream, parts } = settings()
    const made = merged
      ? Fastify(serverOptions(parts, { http2: true }))
      : Fastify({ ...serverOptions(parts), http2: true })
    const { app, port } = await listening(t, made)
    t.match(await overHttp2(t, port, false), expected)
    await injected(t, app)
    requestLines(t, stream)
  })
}
