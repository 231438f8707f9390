// Each request releases its slot, however it ends.
import { once } from 'node:events'
import { ServerResponse } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { until } from '@seaworthy/testing'
import t from 'tap'
import { concurrencyLimit } from '../src/index.ts'
import { asUser, concurrencyApp, userOf } from './concurrency-app.ts'
import { createApp, listen, ok } from './helpers.ts'

t.test('a request that is rejected, throws or is not found releases its slot', async (t) => {
  const { app, now } = await concurrencyApp(t, { max: 1, by: 'ip' })
  app.get('/throws', async () => {
    throw new Error('no')
  })
  app.get('/hook', { preHandler: async () => Promise.reject(new Error('no')) }, async () => 'ok')
  app.get('/validated', { schema: { querystring: { type: 'object', required: ['a'] } } }, async () => 'ok')
  app.get('/stream', (_request, reply) => {
    const stream = new PassThrough()
    void reply.send(stream)
    setImmediate(() => stream.destroy(new Error('broken')))
  })
  for (const [url, status] of [
    ['/throws', 500],
    ['/hook', 500],
    ['/validated', 400],
    ['/nowhere', 404]
  ] as const) {
    t.equal((await app.inject(url)).statusCode, status)
    await until(`${url} to have left`, () => now() === 0)
  }
  await app.inject('/stream').catch(() => undefined)
  await until('the broken stream to have left', () => now() === 0)
  t.equal((await app.inject('/now')).statusCode, 200)
})

t.test('a client that leaves, also in the middle of a stream, releases its slot', async (t) => {
  const { app, gate, now } = await concurrencyApp(t, { max: 1 })
  app.get('/endless', (_request, reply) => {
    const stream = new PassThrough()
    void reply.send(stream)
    stream.write('a')
  })
  const port = await listen(app)
  for (const path of ['/wait', '/endless']) {
    const socket = connect(port, '127.0.0.1')
    socket.write(`GET ${path} HTTP/1.1\r\nhost: a\r\nx-user: ada\r\n\r\n`)
    await until('it to run', () => now() === 1)
    t.equal((await app.inject(asUser('ada', '/now'))).statusCode, 429)
    socket.destroy()
    await until('it to have left', () => now() === 0)
    t.equal((await app.inject(asUser('ada', '/now'))).statusCode, 200)
  }
  gate.open()
})

t.test('a hijacked response keeps its slot until it ends, and an upgraded connection too', async (t) => {
  const { app, now } = await concurrencyApp(t, { max: 1 })
  const ends: (() => void)[] = []
  app.get('/hijacked', (_request, reply) => {
    reply.hijack()
    reply.raw.write('a')
    ends.push(() => reply.raw.end())
  })
  const first = app.inject(asUser('ada', '/hijacked'))
  await until('it to run', () => ends.length === 1)
  t.equal((await app.inject(asUser('ada', '/now'))).statusCode, 429)
  ends[0]!()
  await first
  await until('it to have left', () => now() === 0)

  const port = await listen(app)
  app.server.on('upgrade', (request, socket) => {
    const response = new ServerResponse(request)
    response.assignSocket(socket as Socket)
    // As a server of WebSockets does when its client ends the connection.
    socket.resume().on('end', () => socket.destroy())
    app.routing(request, response)
  })
  const socket = connect(port, '127.0.0.1')
  socket.write(
    'GET /hijacked HTTP/1.1\r\nhost: a\r\nx-user: ada\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'
  )
  await until('it to run', () => now() === 1)
  socket.destroy()
  await until('it to have left', () => now() === 0)
})

t.test('streams of one HTTP/2 connection count, and a reset stream leaves', async (t) => {
  const { app, gate, now } = await concurrencyApp(t, { max: 2 }, { http2: true })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  const client = connectHttp2(`http://127.0.0.1:${port}`)
  t.teardown(() => client.destroy())
  const send = (path: string) => client.request({ ':path': path, 'x-user': 'ada' })
  const status = async (path: string): Promise<unknown> => {
    const [headers] = (await once(send(path).resume(), 'response')) as [Record<string, unknown>]
    return headers[':status']
  }
  const [one, two] = [send('/wait'), send('/wait')]
  await until('two to run', () => gate.waiting === 2)
  t.equal(await status('/now'), 429)
  one.close(8)
  await until('one to have left', () => now() === 1)
  t.equal(await status('/now'), 200)
  gate.open()
  await once(two.resume(), 'end')
  await until('all to have left', () => now() === 0)
})

t.test('a client that has left before its key was found takes no slot', async (t) => {
  const found: (() => void)[] = []
  const { app, now } = await concurrencyApp(t, {
    max: 1,
    keyGenerator: (request) => new Promise((resolve) => found.push(() => resolve(userOf(request))))
  })
  const port = await listen(app)
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /wait HTTP/1.1\r\nhost: a\r\nx-user: ada\r\n\r\n')
  await until('its key to be asked for', () => found.length === 1)
  socket.destroy()
  await until('the server to notice', () => new Promise((resolve) => app.server.getConnections((_e, count) => resolve(count === 0)))) // prettier-ignore
  found[0]!()
  const next = app.inject(asUser('ada', '/now'))
  await until('the next key to be asked for', () => found.length === 2)
  found[1]!()
  t.equal((await next).statusCode, 200)
  await until('all to have left', () => now() === 0)
})

t.test('a request that the app routes again releases both of its slots', async (t) => {
  const app = createApp(t)
  await app.register(concurrencyLimit, { max: 2, by: 'ip' })
  app.get('/again', ({ raw }, reply) => {
    reply.hijack()
    raw.url = '/there'
    app.routing(raw, reply.raw)
  })
  app.get('/there', ok)
  await app.listen({ port: 0, host: '127.0.0.1' })
  for (let i = 0; i < 4; i++) {
    const response = await fetch(`${app.listeningOrigin}/again`)
    t.equal(response.status, 200)
    await response.text()
  }
})
