import type { AddressInfo } from 'node:net'
import underPressure from '@fastify/under-pressure'
import { meterPort } from '@seaworthy/contract'
import { rawSocket, until } from '@seaworthy/testing'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import t, { type Test } from 'tap'
import { type Priority, resilience, type ResilienceOptions, type SheddingOptions } from '../src/index.ts'
import { SheddingLevel } from '../src/shedding/shedding-level.ts'
import { TurnBudget } from '../src/shedding/turn-budget.ts'
import { settled, tally } from './helpers/clock.ts'
import { neighbours } from './helpers/neighbours.ts'
import { json, startUpstream } from './helpers/upstream.ts'

const priorities = ['low', 'normal', 'high', 'critical'] as const

/** Each busy interval counts as overloaded, so that the tests need not be busy for long. */
const sensitive: SheddingOptions = { interval: 50, maxUtilization: 0.8, maxDelay: 5 }

function routes(app: FastifyInstance): void {
  for (const priority of priorities) app.get(`/${priority}`, { config: { priority } }, async () => 'fine')
  app.get('/plain', async () => 'fine')
  app.get('/health/live', { config: { operational: 'probe' } }, async () => 'alive')
  app.get('/metrics', { config: { operational: 'metrics' } }, async () => 'numbers')
}

async function build(t: Test, shedding: NonNullable<ResilienceOptions['shedding']>) {
  const app = Fastify()
  const { observed, plugin } = neighbours()
  t.teardown(async () => {
    await app.close()
    await observed.operators.close()
  })
  await app.register(plugin)
  await app.register(resilience, { shedding })
  routes(app)
  await app.ready()
  return { app, observed }
}

const statusOf = async (app: FastifyInstance, url: string) => (await app.inject(url)).statusCode

/** Keeps the event loop busy for milliseconds. */
function spin(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

/** Blocks the event loop and sends requests until `enough` returns true. */
async function overload(app: FastifyInstance, urls: readonly string[], enough: (seen: Seen) => boolean) {
  const seen: Seen = Object.fromEntries(urls.map((url) => [url, {}]))
  for (let round = 0; !enough(seen); round++) {
    if (round === 200) throw new Error(`no overload: ${JSON.stringify(seen)}`)
    const answers = urls.flatMap((url) => Array.from({ length: 5 }, () => [url, statusOf(app, url)] as const))
    spin(60)
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
  until('the overload to end', async () => (await statusOf(app, url)) === 200, 60_000)

t.test('under overload requests are rejected by priority, critical ones and probes never', async (t) => {
  const { app, observed } = await build(t, sensitive)
  const urls = ['/low', '/normal', '/plain', '/high', '/critical', '/health/live', '/metrics']
  const shed: string[] = []
  const seen = await overload(app, urls, (seen) => {
    for (const url of urls) if (seen[url]![503] && !shed.includes(url)) shed.push(url)
    return seen['/high']![503] !== undefined
  })
  const order = shed.filter((url) => url !== '/plain')
  t.strictSame(order, ['/low', '/normal', '/high'])
  t.ok(shed.includes('/plain'), 'a route without priority has normal priority')
  for (const url of ['/critical', '/health/live', '/metrics']) t.strictSame(Object.keys(seen[url]!), ['200'])
  t.ok(seen['/low']![503]! > seen['/normal']![503]!)
  t.ok(seen['/normal']![503]! > seen['/high']![503]!)
  t.equal(observed.values['load_shed_total low'], seen['/low']![503])
  t.equal(observed.values['load_shed_total critical'], undefined)
})

t.test('a rejected request gets 503 with Retry-After, and its handler does not run', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  let calls = 0
  app.register(resilience, { shedding: { ...sensitive, retryAfter: 7 } })
  app.register(async (app) => {
    app.get('/low', { config: { priority: 'low' } }, async () => void calls++)
  })
  await app.ready()
  const seen = await overload(app, ['/low', '/unknown'], (seen) => (seen['/unknown']![503] ?? 0) > 0)
  t.equal(calls, seen['/low']![200])
  const rejected = await app.inject('/low')
  t.match(rejected, { statusCode: 503, headers: { 'retry-after': '7' } })
  t.match(rejected.json(), { code: 'OVERLOADED' })
  t.notMatch(rejected.body, /event loop|utili/)
})

t.test('after the overload all requests are admitted', async (t) => {
  const { app, observed } = await build(t, sensitive)
  await overload(app, ['/low'], (seen) => (seen['/low']![503] ?? 0) > 20)
  await calm(app, '/low')
  await until('the level to be 0', () => (observed.sections['breakers']!() as Shown).shedding.level === 0)
  t.equal(await statusOf(app, '/low'), 200)
})
interface Shown {
  shedding: { level: number; shed: Record<Priority, number>; utilization: number; active?: number }
}

t.test(
  'a busy event loop is no overload if it is on time, if requests are few, or for less than ten intervals',
  async (t) => {
    const busy = { utilization: 1, delay: 300, wait: 0 }
    const level = new SheddingLevel({ maxUtilization: 0.98, maxDelay: 200 })
    for (let round = 0; round < 5; round++) {
      for (let interval = 0; interval < 9; interval++) level.update(busy, 100)
      level.update({ ...busy, utilization: 0.97 }, 100)
      for (let interval = 0; interval < 9; interval++) level.update(busy, 100)
      level.update(busy, 2)
      for (let interval = 0; interval < 20; interval++) level.update({ ...busy, delay: 199 }, 100)
      t.equal(level.value, 0)
    }
    for (let interval = 0; interval < 9; interval++) level.update(busy, 100)
    level.update({ ...busy, delay: 199 }, 100)
    level.update(busy, 100)
    t.equal(level.value, 0)
    level.update(busy, 100)
    t.ok(level.value > 0, 'one interval on time among many does not end the overload')
  }
)

/** The level after as many intervals, of which the first nine change nothing. */
function levelAfter(delay: number, intervals: number, wait = 0): SheddingLevel {
  const level = new SheddingLevel({ maxUtilization: 0.98, maxDelay: 200 })
  for (let interval = 0; interval < 9 + intervals; interval++)
    level.update({ utilization: 1, delay, wait }, 100)
  return level
}

t.test('the more a delay exceeds the acceptable one, the sooner requests are rejected', async (t) => {
  t.equal(levelAfter(200, 1).value, 0.25)
  t.equal(levelAfter(400, 1).value, 0.5)
  t.equal(levelAfter(10_000, 1).value, 1, 'never by more than one priority at a time')
  t.equal(levelAfter(10_000, 20).value, 3, 'critical requests are never rejected')
})

t.test('connections that wait while the loop is on time cost only requests of low priority', async (t) => {
  const level = levelAfter(0, 20, 10_000)
  t.equal(level.value, 1)
  level.update({ utilization: 1, delay: 400, wait: 0 }, 100)
  t.equal(level.value, 1.5, 'a delay of the loop costs others too')
  level.update({ utilization: 1, delay: 0, wait: 10_000 }, 100)
  t.equal(level.value, 1.5)
})

t.test('requests are rejected until delays are short again, and then until there is idle time', async (t) => {
  const level = levelAfter(800, 1)
  level.update({ utilization: 1, delay: 100, wait: 0 }, 100)
  t.equal(level.value, 1.125, 'acceptable before the overload, but not during it')
  level.update({ utilization: 0.99, delay: 10, wait: 0 }, 100)
  t.equal(level.value, 1.125, 'busy and on time: as it should be')
  level.update({ utilization: 0.5, delay: 0, wait: 0 }, 100)
  t.equal(level.value, 0.875)
  level.update({ utilization: 1, delay: 800, wait: 0 }, 1)
  t.equal(level.value, 0.375, 'what keeps the loop busy is not requests')
  level.update({ utilization: 0, delay: 0, wait: 0 }, 0)
  t.equal(level.value, 0)
})

const nextTurn = () => new Promise<void>((resolve) => void setImmediate(resolve))

t.test('under overload a turn of the event loop admits requests until its time is spent', async (t) => {
  const budget = new TurnBudget(10)
  const spent = () => priorities.filter((priority) => budget.isSpent(priority))
  await nextTurn()
  t.notOk(budget.isSpent('low'), 'a turn admits one request, whatever its priority')
  spin(11)
  t.strictSame(spent().includes('low') && spent().includes('normal'), true)
  t.notOk(budget.isSpent('critical'))
  spin(40)
  t.strictSame(spent(), ['low', 'normal', 'high'])
  await nextTurn()
  t.notOk(budget.isSpent('normal'), 'the next turn has its own time')
  t.notOk(spent().includes('high'))
})

t.test('of many requests of one turn, those that come after long work get 503 under overload', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  // No request is rejected by chance.
  app.register(resilience, { shedding: sensitive, random: () => 4 })
  app.register(async (app) => {
    routes(app)
    app.get('/long', { config: { priority: 'low' } }, async () => spin(10))
  })
  await app.ready()
  await overload(app, ['/long'], (seen) => (seen['/long']![503] ?? 0) > 0)
  const statuses = await Promise.all(Array.from({ length: 20 }, () => statusOf(app, '/long')))
  t.strictSame([statuses[0], statuses[1], statuses.at(-1)], [200, 503, 503])
  t.equal(await statusOf(app, '/critical'), 200)
})

t.test('shedding: false measures and rejects nothing', async (t) => {
  const { app, observed } = await build(t, false)
  t.equal(await statusOf(app, '/low'), 200)
  t.notOk((observed.sections['breakers']!() as Partial<Shown>).shedding)
})

t.test('an unknown priority fails the start and names the route', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(resilience)
  t.throws(() => app.get('/a', { config: { priority: 'urgent' as Priority } }, async () => 1), {
    code: 'INVALID_OPTION',
    message: `resilience: "config.priority" of /a must be one of 'low', 'normal', 'high', 'critical', got 'urgent'`
  })
})

/** An app whose requests are pending until `ends` are called. */
async function hanging(t: Test, concurrency: Exclude<SheddingOptions['concurrency'], undefined>) {
  const app = Fastify()
  const { observed, plugin } = neighbours()
  t.teardown(async () => {
    await app.close()
    await observed.operators.close()
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
  const active = () => (observed.sections['breakers']!() as Shown).shedding.active
  return { app, ends, port, active }
}

t.test(
  'at the concurrency limit requests are rejected by priority, and admitted when others end',
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
      await until('the admitted requests', () => active() === most)
      t.equal(ends.length, most, `${url}: ${most - before} more`)
    }
    t.equal(await statusOf(app, '/high'), 503)
    t.equal(await statusOf(app, '/health/live'), 200)
    const critical = statusOf(app, '/critical')
    await until('the critical request', () => active() === 11)
    for (const end of ends.splice(0)) end()
    t.equal(await critical, 200)
    t.strictSame(tally((await Promise.all(waiting)).map(String)), { 200: 10, 503: 50 })
    t.equal(active(), 0)
  }
)

t.test('a disconnected client releases its slot, also after its body was read', async (t) => {
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
  await until('both to be released', () => active() === 0)
  for (const end of ends) end()
  await settled()
  t.equal(active(), 0, 'only once')
})

for (const order of ['before', 'after'] as const) {
  t.test(`works with @fastify/under-pressure, registered ${order} it`, async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    const plugin = fp(async (app: FastifyInstance) => {
      await app.register(resilience, { shedding: sensitive })
    })
    if (order === 'before') await app.register(plugin)
    await app.register(underPressure, { maxEventLoopUtilization: 1, maxHeapUsedBytes: 1e12 })
    if (order === 'after') await app.register(plugin)
    routes(app)
    await app.ready()
    t.equal(app.isUnderPressure(), false)
    const seen = await overload(app, ['/low', '/health/live'], (seen) => (seen['/low']![503] ?? 0) > 5)
    t.strictSame(Object.keys(seen['/health/live']!), ['200'])
    await calm(app, '/low')
  })
}

t.test('two apps in a process shed load separately', async (t) => {
  const { app: busy } = await build(t, sensitive)
  const { app: idle } = await build(t, sensitive)
  await overload(busy, ['/low'], (seen) => (seen['/low']![503] ?? 0) > 10)
  t.equal(await statusOf(idle, '/low'), 200, 'it has no requests')
})

t.test('a meter that is registered later is used', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const { observed, plugin } = neighbours()
  t.teardown(() => observed.operators.close())
  await app.register(resilience, { shedding: sensitive })
  await app.register(plugin)
  routes(app)
  await app.ready()
  t.ok(app.hasDecorator(meterPort.key))
  await overload(app, ['/low'], (seen) => (seen['/low']![503] ?? 0) > 0)
  t.ok(observed.values['load_shed_total low']! > 0)
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
  t.equal(await status('/plain', 'low', '203.0.113.9'), 200, 'not by a stranger')
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
