import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import t from 'tap'
import { until } from '@seaworthy/testing'
import { provide, reporterPort } from '@seaworthy/contract'
import { ServiceUnavailableError } from '../src/index.ts'
import { build, listen } from './helpers.ts'

/** Fetches a response and tells whether it was cut off. */
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

/** A stream that yields some bytes, then fails. */
const breaking = (error: Error) =>
  Readable.from(
    (async function* () {
      yield 'some bytes'
      await new Promise((resolve) => setImmediate(resolve))
      throw error
    })()
  )

t.test(
  'a stream that fails after its first byte is cut off, logged once, counted once and reported',
  async (t) => {
    const reported: unknown[] = []
    const { app, lines, counts } = await build(t, {}, (app) => {
      provide(app, reporterPort, {
        report: (error, { source, statusCode }) => void reported.push([error, source, statusCode]),
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
      const response = await fetchRaw(port, path)
      t.match(
        response,
        { status: 200, body: 'some bytes', cut: true },
        `the client of ${path} sees that it is incomplete`
      )
      await until('the count', () => counts.get('RESPONSE_CUT_OFF 200') === index + 1)
      const failures = lines.slice(before).filter(({ level }) => level >= 40)
      t.equal(failures.length, 1, 'one line')
      t.match(failures[0], { err: { message: 'disk gone' } })
      t.match(reported[index], [{ message: 'disk gone' }, 'response cut off', 500])
    }
    t.equal(reported.length, 3)
  }
)

t.test('a stream that fails before its first byte gets an error response', async (t) => {
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
  t.equal(response.headers['cache-control'], 'no-store')
  t.strictSame([...counts.keys()], ['SERVICE_UNAVAILABLE 503'])
})

t.test('a client that leaves during a stream causes no error', async (t) => {
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

t.test('an error after the reply is counted and reported, and the reply is unchanged', async (t) => {
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
  await until('the count', () => counts.get('ERROR_AFTER_RESPONSE 200'))

  t.match(response, { statusCode: 200, payload: 'fine' })
  t.match(reported, [{ message: 'too late' }])
  t.equal(lines.filter(({ level }) => level >= 40).length, 1)
})

t.test('calls `then` of a thenable once, because a query builder would run again', async (t) => {
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

t.test('a route that times out while it streams is cut off, and the process keeps running', async (t) => {
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
    [{ msg: 'errors: response cut off', err: { code: 'FST_ERR_HANDLER_TIMEOUT' } }]
  )
  t.match(await fetchRaw(port, '/alive'), { status: 200, body: 'yes' })
})

t.test('a streamed response that the app destroys is no error, and the process keeps running', async (t) => {
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
