// The header that carries a request's remaining time.
import { until } from '@seaworthy/testing'
import Fastify from 'fastify'
import t from 'tap'
import { resilience } from '../src/index.ts'
import { buildApp, buildWithClock } from './helpers/app.ts'
import { ManualClock } from './helpers/clock.ts'
import { json, silence, startUpstream } from './helpers/upstream.ts'

t.test('the header of the remaining time is read and sent', async (t) => {
  const { app } = await buildWithClock(t, { deadline: { default: 90_000 } })
  const upstream = await startUpstream(t, json({}))
  const left: number[] = []
  app.get('/', async (request) => {
    left.push(request.deadline.remaining())
    return (await app.resilience.fetch(request, upstream.url)).json()
  })
  const header = 'x-envoy-expected-rq-timeout-ms'
  await app.inject({ url: '/', headers: { [header]: '5000' } })
  t.equal(upstream.seen[0]!.headers[header], '5000')
  await app.inject({ url: '/', headers: { [header]: '999999999' } })
  await app.inject({ url: '/', headers: { [header]: 'soon' } })
  t.strictSame(left, [5000, 60_000, 90_000], 'at most max, and a malformed header is ignored')
})

t.test('the name of the header applies to reading and sending', async (t) => {
  const { app } = await buildWithClock(t, { deadline: { header: 'X-Time-Left', default: 9000 } })
  const upstream = await startUpstream(t, json({}))
  const left: number[] = []
  app.get('/', async (request) => {
    left.push(request.deadline.remaining())
    return (await app.resilience.fetch(request, upstream.url)).json()
  })
  await app.inject({ url: '/', headers: { 'x-time-left': '5000' } })
  await app.inject({ url: '/', headers: { 'x-envoy-expected-rq-timeout-ms': '5000' } })
  t.strictSame(left, [5000, 9000])
  const { headers } = upstream.seen[0]!
  t.equal(headers['x-time-left'], '5000')
  t.notOk(headers['x-envoy-expected-rq-timeout-ms'])
})

for (const deadline of [{ propagate: false }, { header: false }] as const) {
  t.test(`with ${JSON.stringify(deadline)} no call sends the remaining time`, async (t) => {
    const { app } = await buildWithClock(t, { deadline })
    const upstream = await startUpstream(t, json({}))
    const left: number[] = []
    app.get('/', async (request) => {
      left.push(request.deadline.remaining())
      return (await app.resilience.fetch(request, upstream.url)).json()
    })
    await app.inject({ url: '/', headers: { 'x-envoy-expected-rq-timeout-ms': '5000' } })
    t.notOk(upstream.seen[0]!.headers['x-envoy-expected-rq-timeout-ms'])
    t.strictSame(left, ['propagate' in deadline ? 5000 : 30_000], 'it is read if it has a name')
  })
}

t.test("grpc-timeout is read and sent in gRPC's format", async (t) => {
  const { app } = await buildWithClock(t, { deadline: { header: 'grpc-timeout' } })
  const upstream = await startUpstream(t, json({}))
  app.get('/', async (request) => (await app.resilience.fetch(request, upstream.url)).json())
  await app.inject({ url: '/', headers: { 'grpc-timeout': '5S' } })
  t.equal(upstream.seen[0]!.headers['grpc-timeout'], '5000m')
})

t.test(
  'three attempts share a deadline of 200 ms, each sends its remaining time, and the response is 504 at the deadline',
  async (t) => {
    const clock = new ManualClock()
    const defaults = { timeout: 60, retry: { limit: 3, delay: 10 } }
    const app = await buildApp(t, { clock, random: () => 1, defaults })
    const upstream = await startUpstream(t, silence)
    const start = clock.now()
    let ended = 0
    app.get('/', (request) =>
      app.resilience.fetch(request, upstream.url).catch((error: unknown) => {
        ended = clock.now() - start
        throw error
      })
    )
    const header = 'x-envoy-expected-rq-timeout-ms'
    const response = app.inject({ url: '/', headers: { [header]: '200' } })
    for (const [attempts, wait] of [
      [1, 60 + 10],
      [2, 60 + 20],
      [3, 49]
    ] as const) {
      await until(`attempt ${attempts}`, () => upstream.seen.length === attempts)
      await clock.advance(wait)
    }
    t.equal(ended, 0)
    await clock.advance(1)
    t.match(await response, { statusCode: 504 })
    t.equal(ended, 200)
    t.strictSame(
      upstream.seen.map(({ headers }) => headers[header]),
      ['60', '60', '50']
    )
  }
)

t.test('a call that is cut by a deadline of the client does not open the breaker', async (t) => {
  const clock = new ManualClock()
  const app = await buildApp(t, { clock, defaults: { volumeThreshold: 1 } })
  const upstream = await startUpstream(t, silence)
  app.get('/', async (request) => (await app.resilience.fetch(request, upstream.url)).json())
  const response = app.inject({ url: '/', headers: { 'x-envoy-expected-rq-timeout-ms': '200' } })
  await until('the call', () => upstream.seen.length === 1)
  await clock.advance(200)
  t.match((await response).json(), { statusCode: 504, code: 'DEADLINE_EXCEEDED' })
  t.match(app.resilience.list(), [{ state: 'closed', counts: { failure: 0, timeout: 1 } }])
})

t.test("a deadline's header counts from trusted peers only, and only shortens", async (t) => {
  const clock = new ManualClock()
  const app = Fastify({ trustProxy: ['10.0.0.9'] })
  t.teardown(() => app.close())
  await app.register(resilience, { clock, shedding: false, deadline: { default: 5000 } })
  const other = Fastify()
  t.teardown(() => other.close())
  await other.register(resilience, {
    clock,
    shedding: false,
    deadline: { default: 5000, trust: ['203.0.113.0/24'] }
  })
  const left = async (requested: string, remoteAddress: string, forwardedFor?: string, instance = app) => {
    const headers = {
      'x-envoy-expected-rq-timeout-ms': requested,
      ...(forwardedFor && { 'x-forwarded-for': forwardedFor })
    }
    return Number((await instance.inject({ url: '/', remoteAddress, headers })).body)
  }
  for (const instance of [app, other]) instance.get('/', async (request) => request.deadline.remaining())
  t.equal(await left('2000', '10.1.2.3'), 2000)
  t.equal(await left('50000', '10.1.2.3'), 5000)
  t.equal(await left('2000', '198.51.100.7'), 5000)
  t.equal(await left('2000', '10.0.0.9', '198.51.100.7'), 5000, 'a public client behind a proxy')
  t.equal(await left('2000', '10.0.0.9', '10.4.4.4'), 2000)
  t.equal(await left('2000', '203.0.113.5', undefined, other), 2000)
  t.equal(await left('2000', '10.1.2.3', undefined, other), 5000)
})
