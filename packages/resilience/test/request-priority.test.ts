// The priority of a route and of a request, and the header that carries it.
import { until } from '@seaworthy/testing'
import Fastify, { type FastifyRequest } from 'fastify'
import t from 'tap'
import { type Priority, resilience } from '../src/index.ts'
import { settled } from './helpers/clock.ts'
import { json, startUpstream } from './helpers/upstream.ts'

t.test('an unknown priority fails the start and names the route', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(resilience)
  t.throws(() => app.get('/a', { config: { priority: 'urgent' as Priority } }, async () => 1), {
    code: 'INVALID_OPTION',
    message: `resilience: "config.priority" of /a must be one of 'low', 'normal', 'high', 'critical', got 'urgent'`
  })
})

t.test('a trusted peer lowers the priority of a request by the header, and never raises it', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  // Of ten requests at a time low priority gets eight, normal nine.
  await app.register(resilience, { shedding: { concurrency: { initial: 10, min: 10, max: 10 } } })
  const waiting: (() => void)[] = []
  const hold = () => new Promise<string>((resolve) => void waiting.push(() => resolve('fine')))
  app.get('/plain', hold)
  app.get('/low', { config: { priority: 'low' } }, hold)
  app.get('/critical', { config: { priority: 'critical' } }, async () => 'fine')
  await app.ready()
  const held = Array.from({ length: 8 }, () => app.inject('/plain'))
  await until('eight requests', () => waiting.length === 8)
  const status = async (url: string, priority: string, remoteAddress = '127.0.0.1') => {
    const response = app.inject({ url, remoteAddress, headers: { 'x-request-priority': priority } })
    await settled()
    for (const end of waiting.splice(8)) end()
    return (await response).statusCode
  }
  t.equal(await status('/plain', 'low'), 503, 'lowered')
  t.equal(await status('/critical', 'low'), 503, 'also a critical one')
  t.equal(await status('/plain', 'low', '203.0.113.9'), 200, 'not by an untrusted peer')
  t.equal(await status('/plain', 'lowest'), 200, 'nor by another word')
  t.equal(await status('/low', 'critical'), 503, 'not raised')
  for (const end of waiting) end()
  t.strictSame(new Set((await Promise.all(held)).map(({ statusCode }) => statusCode)), new Set([200]))
})

t.test('fetch passes on a priority that is not normal', async (t) => {
  for (const [shedding, name, expected] of [
    [true, 'x-request-priority', ['low', 'low', undefined]],
    [{ priorityHeader: 'X-Criticality' }, 'x-criticality', ['low', undefined, undefined]],
    [{ priorityHeader: false }, 'x-request-priority', [undefined, undefined, undefined]]
  ] as const) {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(resilience, { shedding })
    const upstream = await startUpstream(t, json({}))
    const call = async (request: FastifyRequest) => (await app.resilience.fetch(request, upstream.url)).status
    app.get('/low', { config: { priority: 'low' } }, call)
    app.get('/plain', call)
    await app.inject('/low')
    await app.inject({ url: '/plain', headers: { 'x-request-priority': 'low' } })
    await app.inject('/plain')
    t.strictSame(
      upstream.seen.map(({ headers }) => headers[name]),
      expected
    )
  }
})

t.test('an empty name of the header is refused', async (t) => {
  const app = Fastify()
  const register = async (): Promise<void> => {
    await app.register(resilience, { shedding: { priorityHeader: '' } })
  }
  await t.rejects(register, {
    code: 'INVALID_OPTION',
    message: `resilience: "shedding.priorityHeader" must be a non-empty string, got ''`
  })
})
