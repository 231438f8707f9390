import underPressure from '@fastify/under-pressure'
import { meterPort } from '@seaworthy/contract'
import { until } from '@seaworthy/testing'
import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import t, { type Test } from 'tap'
import { resilience, type ResilienceOptions, type SheddingOptions } from '../src/index.ts'
import { settled } from './helpers/clock.ts'
import { otherPlugins } from './helpers/other-plugins.ts'

const priorities = ['low', 'normal', 'high', 'critical'] as const

/** Each busy interval counts as overloaded, so that the tests need not be busy for long. */
const sensitive: SheddingOptions = { interval: 50, maxUtilization: 0.8, maxDelay: 5 }

function routes(app: FastifyInstance): void {
  for (const priority of priorities) app.get(`/${priority}`, { config: { priority } }, async () => 'fine')
  app.get('/plain', async () => 'fine')
  app.get('/health/live', { config: { operational: 'probe' } }, async () => 'alive')
  app.get('/metrics', { config: { operational: 'metrics' } }, async () => 'numbers')
}

async function build(t: Test, shedding: NonNullable<ResilienceOptions['shedding']>, random = Math.random) {
  const app = Fastify()
  const { observed, plugin } = otherPlugins()
  t.teardown(() => app.close())
  await app.register(plugin)
  await app.register(resilience, { shedding, random })
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

interface SheddingSection {
  shedding?: { level: number }
}

const calm = (app: FastifyInstance, url: string) =>
  until('the overload to end', async () => (await statusOf(app, url)) === 200, 60_000)

t.test('under overload requests are rejected by priority, critical ones and probes never', async (t) => {
  const { app, observed } = await build(t, sensitive, () => 0.5)
  const urls = ['/low', '/normal', '/plain', '/high', '/critical', '/health/live', '/metrics']
  const shed: string[] = []
  // Those of low priority come last, when their turn of the event loop has taken longest.
  const seen = await overload(app, urls.toReversed(), (seen) => {
    for (const url of urls) if (seen[url]![503] && !shed.includes(url)) shed.push(url)
    return seen['/high']![503] !== undefined
  })
  const order = shed.filter((url) => url !== '/plain')
  t.strictSame(order, ['/low', '/normal', '/high'])
  t.ok(shed.includes('/plain'), 'a route without priority has normal priority')
  for (const url of ['/critical', '/health/live', '/metrics']) t.strictSame(Object.keys(seen[url]!), ['200'])
  // In a turn that takes long on a busy machine, all requests of several priorities are rejected.
  t.ok(seen['/low']![503]! >= seen['/normal']![503]!)
  t.ok(seen['/normal']![503]! >= seen['/high']![503]!)
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
  await until(
    'the level to be 0',
    () => (observed.sections['breakers']!() as SheddingSection).shedding?.level === 0
  )
  t.equal(await statusOf(app, '/low'), 200)
})

t.test('of many requests of one turn, those that come after long work get 503 under overload', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  // No request is rejected by chance.
  app.register(resilience, { shedding: sensitive, random: () => 4 })
  app.register(async (app) => {
    routes(app)
    app.get('/long', { config: { priority: 'low' } }, async () => spin(25))
  })
  await app.ready()
  let statuses: number[]
  // On a busy machine the overload may be over before the requests are sent.
  do {
    await overload(app, ['/long'], (seen) => (seen['/long']![503] ?? 0) > 0)
    statuses = await Promise.all(Array.from({ length: 20 }, () => statusOf(app, '/long')))
  } while (!statuses.includes(503))
  t.strictSame([statuses[0], statuses[1], statuses.at(-1)], [200, 503, 503])
  t.equal(await statusOf(app, '/critical'), 200)
})

t.test('shedding: false measures and rejects nothing', async (t) => {
  const { app, observed } = await build(t, false)
  t.equal(await statusOf(app, '/low'), 200)
  t.notOk((observed.sections['breakers']!() as SheddingSection).shedding)
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
  const { observed, plugin } = otherPlugins()
  await app.register(resilience, { shedding: sensitive })
  await app.register(plugin)
  routes(app)
  await app.ready()
  t.ok(app.hasDecorator(meterPort.key))
  await overload(app, ['/low'], (seen) => (seen['/low']![503] ?? 0) > 0)
  t.ok(observed.values['load_shed_total low']! > 0)
})
