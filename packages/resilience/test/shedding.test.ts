import type { AddressInfo } from 'node:net'
import underPressure from '@fastify/under-pressure'
import { meterPort } from '@seaworthy/contract'
import { rawSocket, until } from '@seaworthy/testing'
import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import t, { type Test } from 'tap'
import { type Priority, resilience, type ResilienceOptions, type SheddingOptions } from '../src/index.ts'
import { settled, tally } from './helpers/clock.ts'
import { neighbours } from './helpers/neighbours.ts'

const priorities = ['low', 'normal', 'high', 'critical'] as const

/** Any busy interval is an overloaded one, so that the tests need not be busy for long. */
const touchy: SheddingOptions = { interval: 50, maxUtilization: 0.8, maxDelay: 5 }

function routes(app: FastifyInstance): void {
  for (const priority of priorities) app.get(`/${priority}`, { config: { priority } }, async () => 'fine')
  app.get('/plain', async () => 'fine')
  app.get('/health/live', { config: { operational: 'probe' } }, async () => 'alive')
  app.get('/metrics', { config: { operational: 'metrics' } }, async () => 'numbers')
}

async function build(t: Test, shedding: NonNullable<ResilienceOptions['shedding']>) {
  const app = Fastify()
  const { told, plugin } = neighbours()
  t.teardown(async () => {
    await app.close()
    await told.operators.close()
  })
  await app.register(plugin)
  await app.register(resilience, { shedding })
  routes(app)
  await app.ready()
  return { app, told }
}

const statusOf = async (app: FastifyInstance, url: string) => (await app.inject(url)).statusCode

/** Keeps the event loop busy, and brings requests, until `enough`. */
async function overload(app: FastifyInstance, urls: readonly string[], enough: (seen: Seen) => boolean) {
  const seen: Seen = Object.fromEntries(urls.map((url) => [url, {}]))
  for (let round = 0; !enough(seen); round++) {
    if (round === 200) throw new Error(`nothing came of it: ${JSON.stringify(seen)}`)
    const answers = urls.flatMap((url) => Array.from({ length: 5 }, () => [url, statusOf(app, url)] as const))
    const until = performance.now() + 60
    while (performance.now() < until);
    for (const [url, answer] of answers) {
      const status = await answer
      seen[url]![status] = (seen[url]![status] ?? 0) + 1
    }
    await settled()
  }
  return seen
}
type Seen = Record<string, Record<number, number>>

const calm = (app: FastifyInstance, url: string) =>
  until('the load to be forgotten', async () => (await statusOf(app, url)) === 200, 60_000)

t.test(
  'overloaded, it sheds low priority first, then normal, then high; never critical, never probes',
  async (t) => {
    const { app, told } = await build(t, touchy)
    const urls = ['/low', '/normal', '/plain', '/high', '/critical', '/health/live', '/metrics']
    const shed: string[] = []
    const seen = await overload(app, urls, (seen) => {
      for (const url of urls) if (seen[url]![503] && !shed.includes(url)) shed.push(url)
      return seen['/high']![503] !== undefined
    })
    const order = shed.filter((url) => url !== '/plain')
    t.strictSame(order, ['/low', '/normal', '/high'])
    t.ok(shed.includes('/plain'), 'a route without priority is normal')
    for (const url of ['/critical', '/health/live', '/metrics'])
      t.strictSame(Object.keys(seen[url]!), ['200'])
    t.ok(seen['/low']![503]! > seen['/normal']![503]!)
    t.ok(seen['/normal']![503]! > seen['/high']![503]!)
    t.equal(told.values['load_shed_total low'], seen['/low']![503])
    t.equal(told.values['load_shed_total critical'], undefined)
  }
)

t.test('what is shed is 503 with Retry-After, and the handler never runs', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  let calls = 0
  app.register(resilience, { shedding: { ...touchy, retryAfter: 7 } })
  app.register(async (app) => {
    app.get('/low', { config: { priority: 'low' } }, async () => void calls++)
  })
  await app.ready()
  const seen = await overload(app, ['/low', '/unknown'], (seen) => (seen['/unknown']![503] ?? 0) > 0)
  t.equal(calls, seen['/low']![200])
  const refused = await app.inject('/low')
  t.match(refused, { statusCode: 503, headers: { 'retry-after': '7' } })
  t.match(refused.json(), { code: 'OVERLOADED' })
  t.notMatch(refused.body, /event loop|utili/)
})

t.test('when the load is gone, everyone is let in again', async (t) => {
  const { app, told } = await build(t, touchy)
  await overload(app, ['/low'], (seen) => (seen['/low']![503] ?? 0) > 20)
  await calm(app, '/low')
  await until('the level to be 0', () => (told.sections['breakers']!() as Shown).shedding.level === 0)
  t.equal(await statusOf(app, '/low'), 200)
})
interface Shown {
  shedding: { level: number; shed: Record<Priority, number>; utilization: number; active?: number }
}

t.test('being busy is no overload while requests are few, or the event loop is on time', async (t) => {
  const { app: few } = await build(t, { ...touchy, interval: 1000 })
  const { app: onTime } = await build(t, { ...touchy, maxDelay: 100_000 })
  const end = performance.now() + 1500
  const seen: number[] = []
  while (performance.now() < end) {
    const busy = performance.now() + 30
    while (performance.now() < busy);
    seen.push(await statusOf(onTime, '/low'))
    await settled()
  }
  seen.push(await statusOf(few, '/low'))
  t.strictSame(Object.keys(tally(seen.map(String))), ['200'])
})

t.test('switched off, nothing is measured and nothing shed', async (t) => {
  const { app, told } = await build(t, false)
  t.equal(await statusOf(app, '/low'), 200)
  t.notOk((told.sections['breakers']!() as Partial<Shown>).shedding)
})

t.test('a priority that does not exist stops the start, with the route', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(resilience)
  t.throws(() => app.get('/a', { config: { priority: 'urgent' as Priority } }, async () => 1), {
    message: `resilience: "config.priority" of /a must be one of 'low', 'normal', 'high', 'critical', got 'urgent'`
  })
})

/** An app whose requests hang until they are told to end. */
async function hanging(t: Test, concurrency: Exclude<SheddingOptions['concurrency'], undefined>) {
  const app = Fastify()
  const { told, plugin } = neighbours()
  t.teardown(async () => {
    await app.close()
    await told.operators.close()
  })
  const ends: (() => void)[] = []
  const hang = () => new Promise<string>((resolve) => ends.push(() => resolve('done')))
  await app.register(plugin)
  await app.register(resilience, { shedding: { concurrency } })
  for (const priority of priorities) app.get(`/${priority}`, { config: { priority } }, hang)
  app.post('/normal', hang)
  app.get('/health/live', { config: { operational: 'probe' } }, async () => 'alive')
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const active = () => (told.sections['breakers']!() as Shown).shedding.active
  return { app, ends, port, active }
}

t.test(
  'at its limit of concurrency it turns away by priority, and takes in as soon as one ends',
  async (t) => {
    const { app, ends, active } = await hanging(t, { initial: 10, min: 10, max: 10 })
    const many = (url: string) => Array.from({ length: 20 }, () => statusOf(app, url))
    const waiting: Promise<number>[] = []
    for (const [url, most] of [
      ['/low', 8],
      ['/normal', 9],
      ['/high', 10]
    ] as const) {
      const before = ends.length
      const calls = many(url)
      waiting.push(...calls)
      await until('those that got in', () => active() === most)
      t.equal(ends.length, most, `${url}: ${most - before} more`)
    }
    t.equal(await statusOf(app, '/high'), 503)
    t.equal(await statusOf(app, '/health/live'), 200)
    const critical = statusOf(app, '/critical')
    await until('the critical one', () => active() === 11)
    for (const end of ends.splice(0)) end()
    t.equal(await critical, 200)
    t.strictSame(tally((await Promise.all(waiting)).map(String)), { 200: 10, 503: 50 })
    t.equal(active(), 0)
  }
)

t.test('a client that leaves gives its place back, with a body that was read too', async (t) => {
  const { ends, port, active } = await hanging(t, { initial: 10, min: 10, max: 10 })
  const get = await rawSocket(t, port, 'GET /normal HTTP/1.1\r\nhost: a\r\n\r\n')
  const post = await rawSocket(
    t,
    port,
    'POST /normal HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}'
  )
  await until('both', () => active() === 2 && ends.length === 2)
  get.socket.destroy()
  post.socket.destroy()
  await until('both to be gone', () => active() === 0)
  for (const end of ends) end()
  await settled()
  t.equal(active(), 0, 'and only once')
})

for (const order of ['before', 'after'] as const) {
  t.test(`lives beside @fastify/under-pressure, registered ${order} it`, async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    const ours = fp(async (app: FastifyInstance) => {
      await app.register(resilience, { shedding: touchy })
    })
    if (order === 'before') await app.register(ours)
    await app.register(underPressure, { maxEventLoopUtilization: 1, maxHeapUsedBytes: 1e12 })
    if (order === 'after') await app.register(ours)
    routes(app)
    await app.ready()
    t.equal(app.isUnderPressure(), false)
    const seen = await overload(app, ['/low', '/health/live'], (seen) => (seen['/low']![503] ?? 0) > 5)
    t.strictSame(Object.keys(seen['/health/live']!), ['200'])
    await calm(app, '/low')
  })
}

t.test('two apps in a process shed each for themselves', async (t) => {
  const { app: busy } = await build(t, touchy)
  const { app: idle } = await build(t, touchy)
  await overload(busy, ['/low'], (seen) => (seen['/low']![503] ?? 0) > 10)
  t.equal(await statusOf(idle, '/low'), 200, 'it has had no requests')
})

t.test('the port of a meter that comes later is found', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const { told, plugin } = neighbours()
  t.teardown(() => told.operators.close())
  await app.register(resilience, { shedding: touchy })
  await app.register(plugin)
  routes(app)
  await app.ready()
  t.ok(app.hasDecorator(meterPort.key))
  await overload(app, ['/low'], (seen) => (seen['/low']![503] ?? 0) > 0)
  t.ok(told.values['load_shed_total low']! > 0)
})
