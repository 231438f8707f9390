import { once } from 'node:events'
import { request } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { until } from '@seaworthy/testing'
import { provide, reporterPort } from '@seaworthy/contract'
import { ServiceUnavailableError } from '../src/index.ts'
import { build } from './support.ts'

const listen = async (app: FastifyInstance): Promise<number> => {
  await app.listen({ port: 0, host: '127.0.0.1' })
  return (app.server.address() as AddressInfo).port
}

/** Sends bytes as they are and gives all that comes back until the server hangs up. */
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

/** How an answer ends: complete, or cut off. */
async function fetchRaw(port: number, path: string): Promise<{ status: number; body: string; cut: boolean }> {
  return new Promise((resolve, reject) => {
    request({ port, path, host: '127.0.0.1', agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk
      })
      const ended = () => resolve({ status: response.statusCode ?? 0, body, cut: !response.complete })
      response.on('error', () => undefined).once('close', ended)
    })
      .once('error', reject)
      .end()
  })
}

/** A stream that gives something, then breaks. */
const breaking = (error: Error) =>
  Readable.from(
    (async function* () {
      yield 'some bytes'
      await new Promise((resolve) => setImmediate(resolve))
      throw error
    })()
  )

t.test('malformed HTTP is answered in the same shape, with an id that is in the log', async (t) => {
  const { app, ours, counts } = await build(t)
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
    const answer = JSON.parse(body) as Record<string, string>
    t.strictSame(Object.keys(answer), ['statusCode', 'error', 'message', 'code', 'correlationId'])
    t.match(answer, { statusCode, code })
    t.match(ours().at(-1), { level: 30, correlationId: answer.correlationId, code, statusCode })
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

t.test(
  'a stream that breaks half-way is cut off, logged once, counted once, and told to the tracker',
  async (t) => {
    const reported: unknown[] = []
    const { app, lines, counts } = await build(t, {}, (app) => {
      provide(app, reporterPort, {
        report: (error, context) => void reported.push([error, context.source]),
        flush: async () => {}
      })
      app.get('/node', async (_request, reply) =>
        reply.type('text/plain').send(breaking(new Error('disk gone')))
      )
      app.get('/web', async (_request, reply) =>
        reply.type('text/plain').send(Readable.toWeb(breaking(new Error('disk gone'))))
      )
      app.get(
        '/response',
        async () => new Response(Readable.toWeb(breaking(new Error('disk gone'))) as ReadableStream)
      )
    })
    const port = await listen(app)
    for (const [index, path] of ['/node', '/web', '/response'].entries()) {
      const before = lines.length
      const answer = await fetchRaw(port, path)
      t.match(answer, { status: 200, body: 'some bytes', cut: true }, `${path} is seen to be broken`)
      await until('the count', () => counts.get('RESPONSE_CUT_OFF 200') === index + 1)
      const failures = lines.slice(before).filter(({ level }) => level >= 40)
      t.equal(failures.length, 1, 'one line')
      t.match(failures[0], { err: { message: 'disk gone' } })
      t.match(reported[index], [{ message: 'disk gone' }, 'response cut off'])
    }
    t.equal(reported.length, 3)
  }
)

t.test('a stream that breaks before its first byte is an error like any other', async (t) => {
  const { app, counts } = await build(t, {}, (app) => {
    app.get('/', async (_request, reply) => {
      const stream = new Readable({
        read() {
          this.destroy(new ServiceUnavailableError('later', { retryAfter: 5 }))
        }
      })
      return reply.header('cache-control', 'public').send(stream)
    })
  })
  const response = await app.inject('/')

  t.match(response, { statusCode: 503, headers: { 'retry-after': '5' } })
  t.match(response.json(), { code: 'SERVICE_UNAVAILABLE', correlationId: 'req-1' })
  t.notOk(response.headers['cache-control'])
  t.strictSame([...counts.keys()], ['SERVICE_UNAVAILABLE 503'])
})

t.test('a client that leaves during a stream is no error', async (t) => {
  let closed = false
  const { app, lines, counts } = await build(t, {}, (app) => {
    app.get('/', async (_request, reply) => {
      const endless = new Readable({ read() {} })
      endless.push('some bytes')
      endless.once('close', () => {
        closed = true
      })
      return reply.send(endless)
    })
  })
  const port = await listen(app)
  const socket = connect(port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  await once(socket, 'data')
  socket.destroy()
  await until('the stream to be closed', () => closed)

  t.equal(counts.size, 0)
  t.equal(lines.filter(({ level }) => level >= 40).length, 0)
})

t.test('an error after the answer is counted and told to the tracker; the answer stands', async (t) => {
  const reported: unknown[] = []
  const { app, lines, counts } = await build(t, {}, (app) => {
    provide(app, reporterPort, { report: (error) => void reported.push(error), flush: async () => {} })
    app.get('/', async (_request, reply) => {
      reply.send('fine')
      await new Promise((resolve) => setImmediate(resolve))
      throw new Error('too late')
    })
  })
  const response = await app.inject('/')
  await until('the count', () => counts.get('ERROR_AFTER_ANSWER 200'))

  t.match(response, { statusCode: 200, payload: 'fine' })
  t.match(reported, [{ message: 'too late' }])
  t.equal(lines.filter(({ level }) => level >= 40).length, 1)
})

t.test('a handler’s own thenable is asked once: asking a query again would run it again', async (t) => {
  let runs = 0
  const { app } = await build(t, {}, (app) => {
    const query = {
      // oxlint-disable-next-line unicorn/no-thenable -- as query builders are
      then(resolve: (rows: object) => void) {
        runs++
        resolve({ rows: 1 })
      }
    }
    app.get('/', () => query)
  })
  t.same((await app.inject('/')).json(), { rows: 1 })
  t.equal(runs, 1)
})

t.test('a route that runs out of time while it streams is cut off, and the process lives', async (t) => {
  const { app, counts, lines } = await build(t, {}, (app) => {
    app.get('/', { handlerTimeout: 50 }, async (_request, reply) => {
      const endless = new Readable({ read() {} })
      endless.push('some bytes')
      reply.send(endless)
      return new Promise(() => undefined)
    })
    app.get('/alive', async () => 'yes')
  })
  const port = await listen(app)
  t.match(await fetchRaw(port, '/'), { status: 200, cut: true })
  await until('the count', () => counts.get('RESPONSE_CUT_OFF 200') === 1)
  t.match(
    lines.filter(({ level }) => level >= 40),
    [{ msg: 'response cut off', err: { code: 'FST_ERR_HANDLER_TIMEOUT' } }]
  )
  t.match(await fetchRaw(port, '/alive'), { status: 200, body: 'yes' })
})

t.test('an app that cuts its own streamed answer is left to it, and the process lives', async (t) => {
  const { app, counts, lines } = await build(t, {}, (app) => {
    app.get('/', async (_request, reply) => {
      const stream = new Readable({ read() {} })
      stream.push('some bytes')
      reply.raw.once('pipe', () => setImmediate(() => reply.raw.destroy()))
      return reply.send(stream)
    })
    app.get('/alive', async () => 'yes')
  })
  const port = await listen(app)
  t.match(await fetchRaw(port, '/').catch(() => ({ cut: true })), { cut: true })
  t.match(await fetchRaw(port, '/alive'), { status: 200, body: 'yes' })
  t.equal(counts.size, 0)
  t.strictSame(
    lines.filter(({ level }) => level >= 50),
    []
  )
})
