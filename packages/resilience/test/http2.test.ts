// The same over HTTP/2, whose responses have other members.
import { connect } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { until } from '@seaworthy/testing'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import { resilience } from '../src/index.ts'
import { json, silence, startUpstream } from './helpers/upstream.ts'

async function build(t: Test) {
  // The types of requests over HTTP/2 are others, and the plugin's functions take those of HTTP/1.
  const app = Fastify({ http2: true }) as unknown as FastifyInstance
  t.teardown(() => app.close())
  await app.register(resilience, { shedding: { concurrency: { initial: 2, min: 2, max: 2 } } })
  return app
}

async function client(t: Test, app: FastifyInstance) {
  await app.listen({ port: 0, host: '127.0.0.1' })
  const session = connect(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`)
  session.on('error', () => undefined)
  t.teardown(() => session.destroy())
  return session
}

t.test('a client that resets its stream aborts the call, and releases its slot', async (t) => {
  const app = await build(t)
  const upstream = await startUpstream(t, silence)
  const signals: AbortSignal[] = []
  app.get('/', async (request) => {
    signals.push(request.deadline.signal)
    return (await app.resilience.fetch(request, upstream.url)).json()
  })
  const session = await client(t, app)
  for (let round = 0; round < 3; round++) {
    const stream = session.request({ ':path': '/' })
    stream.on('error', () => undefined)
    await until('the call', () => upstream.seen.length === round + 1)
    stream.close(8)
    await upstream.seen[round]!.gone
    t.match(signals[round], { aborted: true, reason: { code: 'CALL_CANCELED' } })
  }
  t.match(app.resilience.list(), [{ counts: { canceled: 3, failure: 0, timeout: 0 } }])
})

t.test('no call is made for a client that has reset its stream', async (t) => {
  const app = await build(t)
  const upstream = await startUpstream(t, json({}))
  const started = Promise.withResolvers<FastifyRequest>()
  const left = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<unknown>()
  app.get('/', async (request, reply) => {
    reply.raw.once('close', () => left.resolve())
    started.resolve(request)
    await left.promise
    ended.resolve(await app.resilience.fetch(request, upstream.url).catch((error: unknown) => error))
  })
  const stream = (await client(t, app)).request({ ':path': '/' })
  stream.on('error', () => undefined)
  await started.promise
  stream.close(8)
  t.match(await ended.promise, { code: 'CALL_CANCELED' })
  t.equal(upstream.seen.length, 0)
})

t.test('a call after the response goes on', async (t) => {
  const app = await build(t)
  const upstream = await startUpstream(t, json({ fine: true }))
  const ended = Promise.withResolvers<unknown>()
  app.get('/', async (request, reply) => {
    reply.raw.once('close', () => {
      void app.resilience
        .fetch(request, upstream.url)
        .then((response) => response.json())
        .then(ended.resolve, ended.resolve)
    })
    return 'answered'
  })
  const stream = (await client(t, app)).request({ ':path': '/' })
  stream.resume()
  t.strictSame(await ended.promise, { fine: true })
})
