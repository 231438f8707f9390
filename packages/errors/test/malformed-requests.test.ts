import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import t from 'tap'
import { responseUnderWay } from '../../contract/src/internals.ts'
import { rawSocket, until } from '@seaworthy/testing'
import { build, listen } from './helpers.ts'

/** Sends bytes and returns all that the server sends until it closes the connection. */
async function raw(port: number, bytes: string): Promise<{ head: string; body: string }> {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  socket.on('error', () => undefined)
  socket.write(bytes)
  await once(socket, 'close')
  const [head = '', body = ''] = text.split('\r\n\r\n')
  return { head, body }
}

t.test('malformed HTTP is answered in the same shape, with an id that is in the log', async (t) => {
  const { app, requestLines, counts } = await build(t)
  const port = await listen(app)
  const cases: [string, number, string][] = [
    ['NONSENSE\r\n\r\n', 400, 'MALFORMED_REQUEST'],
    ['GET / HTTP/1.1\r\nhost: a\r\nbad header\r\n\r\n', 400, 'MALFORMED_REQUEST'],
    [`GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431, 'REQUEST_HEADER_FIELDS_TOO_LARGE']
  ]
  for (const [bytes, statusCode, code] of cases) {
    const { head, body } = await raw(port, bytes)
    t.match(head, new RegExp(`^HTTP/1.1 ${statusCode} `))
    t.match(head.toLowerCase(), 'content-type: application/json; charset=utf-8')
    const response = JSON.parse(body) as Record<string, string>
    t.strictSame(Object.keys(response), ['statusCode', 'error', 'message', 'code', 'correlationId'])
    t.match(response, { statusCode, code })
    t.match(requestLines().at(-1), { level: 30, correlationId: response.correlationId, code, statusCode })
  }
  t.strictSame(Object.fromEntries(counts), {
    'MALFORMED_REQUEST 400': 2,
    'REQUEST_HEADER_FIELDS_TOO_LARGE 431': 1
  })
})

t.test('malformed HTTP and malformed URLs follow the format option', async (t) => {
  const { app } = await build(t, { format: 'problem', typeBase: '/problems' }, (app) => {
    app.get('/users/:id', async () => 'ok')
  })
  const port = await listen(app)
  const { head, body } = await raw(port, 'NONSENSE\r\n\r\n')

  t.match(head.toLowerCase(), 'content-type: application/problem+json; charset=utf-8')
  t.match(JSON.parse(body), { type: '/problems/malformed-request', status: 400, title: 'Bad Request' })
  const url = await raw(port, 'GET /users/%zz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
  t.match(JSON.parse(url.body), {
    type: '/problems/fst-err-bad-url',
    status: 400,
    detail: 'The URL is malformed'
  })
})

t.test('malformed bytes behind a request never end up in its response', async (t) => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  const { app, counts } = await build(t, {}, (app) => {
    app.get('/begun', (_request, reply) => {
      reply.hijack()
      reply.raw.writeHead(200, { 'content-length': 4 })
      reply.raw.write('ab')
      void gate.then(() => reply.raw.end('cd'))
    })
    app.get('/waiting', async () => {
      await gate
      return 'abcd'
    })
  })
  const port = await listen(app)
  const sockets = await Promise.all(
    ['/begun', '/waiting'].map(async (path) => rawSocket(t, port, `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`))
  )
  await until('the first bytes', () => sockets[0]!.received().endsWith('ab'))
  for (const { socket } of sockets) socket.write('NONSENSE\0 / HTTP\r\n\r\n')
  await until('the rejections', () => counts.get('MALFORMED_REQUEST 400') === 2)
  open()
  for (const { closed, received } of sockets) {
    await closed
    t.match(received(), /^HTTP\/1\.1 200 [^]*abcd$/, 'the response is complete')
    t.equal(received().match(/HTTP\/1\.1/g)?.length, 1)
  }
})

t.test(
  'a body that breaks while its request is answered ends the connection, before that it is a 400',
  async (t) => {
    const { app, counts } = await build(t, {}, (app) => {
      app.addContentTypeParser('a/stream', (_request, _payload, done) => done(null))
      app.post('/begun', (request, reply) => {
        request.raw.on('error', () => undefined)
        reply.hijack()
        reply.raw.writeHead(200, { 'content-length': 1000 })
        reply.raw.write('ab')
      })
      app.post('/waiting', async () => 'never')
    })
    const port = await listen(app)
    const head = (path: string, type: string) =>
      `POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-type: ${type}\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n`
    const begun = await rawSocket(t, port, head('/begun', 'a/stream'))
    await until('the first bytes', () => begun.received().endsWith('ab'))
    begun.socket.write('no chunk\r\n')
    await begun.closed
    t.equal(begun.received().match(/HTTP\/1\.1/g)?.length, 1)

    const waiting = await rawSocket(t, port, head('/waiting', 'application/json'))
    waiting.socket.write('no chunk\r\n')
    await waiting.closed
    t.match(waiting.received(), /^HTTP\/1\.1 400 /)
    t.equal(counts.get('MALFORMED_REQUEST 400'), 2)
  }
)

t.test('a connection knows the response that it is carrying', async (t) => {
  const { app } = await build(t, {}, (app) => {
    app.get('/', async (request, reply) => {
      t.equal(responseUnderWay(request.raw.socket), reply.raw)
      return 'ok'
    })
  })
  const port = await listen(app)
  await raw(port, 'GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
  const server = createServer().listen(0)
  t.teardown(() => server.close())
  const idle = connect((server.address() as AddressInfo).port)
  t.equal(responseUnderWay(idle), undefined)
  idle.destroy()
})
