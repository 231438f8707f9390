import { join } from 'node:path'
import { startNode } from '@seaworthy/testing'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { resilience, type ResilienceOptions } from '../src/index.ts'
import { down, noRequest } from './helpers/app.ts'
import { ManualClock, outcomes } from './helpers/clock.ts'
import { otherPlugins } from './helpers/other-plugins.ts'
import { json, startUpstream } from './helpers/upstream.ts'

async function build(t: Test, order: 'before' | 'after' | 'alone', options: ResilienceOptions = {}) {
  const app = Fastify()
  const { observed, plugin } = otherPlugins()
  t.teardown(() => app.close())
  if (order === 'before') await app.register(plugin)
  await app.register(resilience, { shedding: false, ...options })
  if (order === 'after') await app.register(plugin)
  return { app, observed }
}

for (const order of ['before', 'after'] as const) {
  t.test(`with other plugins registered ${order} it`, async (t) => {
    const { app, observed } = await build(t, order)
    const vital = app.resilience.breaker('vital', down, { health: { critical: true }, volumeThreshold: 2 })
    const keyed = app.resilience.breaker('keyed', (_context, _key: string): string => down(), {
      key: (key) => key,
      volumeThreshold: 1,
      fallback: () => 'instead'
    })
    await app.ready()

    await t.test('counts attempts, states and degraded calls, without keys in labels', async (t) => {
      await outcomes(3, () => vital.call(noRequest))
      for (let key = 0; key < 100; key++) await keyed.call(noRequest, String(key))
      observed.scrape()
      t.match(observed.values, {
        'breaker_calls_total vital failure': 2,
        'breaker_calls_total vital rejected': 1,
        'breaker_calls_total keyed failure': 100,
        'breaker_degraded_total keyed': 100,
        'breaker_state vital open': 1,
        'breaker_state vital closed': 0,
        'breaker_state keyed open': 100
      })
      const series = Object.keys(observed.values).filter((name) => name.includes('keyed')).length
      for (let key = 100; key < 10_000; key++) await keyed.call(noRequest, String(key))
      observed.scrape()
      t.equal(Object.keys(observed.values).filter((name) => name.includes('keyed')).length, series)
      t.equal(keyed.snapshot().size, 1000, 'at most maxKeys')
    })

    await t.test('readiness has a check only for breakers with the option health', async (t) => {
      t.strictSame(Object.keys(observed.checks), ['breaker:vital'])
      const { check, options } = observed.checks['breaker:vital']!
      t.equal(check(new AbortController().signal), false)
      t.same(options, { critical: true })
    })

    await t.test('operators list, isolate and release breakers', async (t) => {
      const list = (await observed.operators.inject('/breakers')).json<{ breakers: { name: string }[] }>()
      t.match(list.breakers, [{ name: 'vital', state: 'open' }, { name: 'keyed' }])
      const post = (url: string) => observed.operators.inject({ method: 'POST', url })
      const late = app.resilience.breaker('late', () => 'fine')
      t.match((await post('/breakers/late/isolate')).json(), { state: 'isolated' })
      await post('/breakers/late/isolate')
      t.strictSame(await outcomes(1, () => late.call(noRequest)), ['BREAKER_OPEN'])
      t.match((await post('/breakers/late/release')).json(), { state: 'closed' })
      t.equal(await late.call(noRequest), 'fine')
      t.equal((await post('/breakers/none/isolate')).statusCode, 404)
      t.equal(
        observed.values['breaker_calls_total late success'],
        1,
        'a breaker that is created after the start is counted too'
      )
    })

    await t.test('calls have the headers of the propagator', async (t) => {
      const upstream = await startUpstream(t, json({}))
      const request = { id: 'abc', headers: {} } as never
      await (await app.resilience.fetch(request, upstream.url)).json()
      t.equal(upstream.seen[0]!.headers['x-correlation-id'], 'abc')
    })
  })
}

t.test('breakers of the same name in two apps share no state', async (t) => {
  const { app: one } = await build(t, 'alone')
  const { app: two } = await build(t, 'alone')
  const options = { volumeThreshold: 1 }
  const bad = one.resilience.breaker('users', down, options)
  const good = two.resilience.breaker('users', () => 'fine', options)
  await outcomes(1, () => bad.call(noRequest))
  t.equal(bad.state, 'open')
  t.equal(await good.call(noRequest), 'fine')
})

const deadlines = async (app: FastifyInstance, url = '/', headers = {}) =>
  (await app.inject({ url, headers })).json<{ remaining: number; aborted: boolean }>()

t.test('the signal of a request aborts at its default deadline', async (t) => {
  const { app } = await build(t, 'alone', { deadline: { default: 50, accept: false } })
  app.get('/', async ({ deadline }) => {
    const { signal } = deadline
    // On a busy machine the deadline may pass before the handler runs.
    if (!signal.aborted)
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    return { remaining: deadline.remaining(), aborted: signal.aborted, reason: signal.reason as object }
  })
  const seen = await deadlines(app, '/', { 'x-envoy-expected-rq-timeout-ms': '50000' })
  t.match(seen, { remaining: 0, aborted: true, reason: { code: 'DEADLINE_EXCEEDED' } })
})

t.test('routes that were added before the plugin, and unknown ones, have a deadline', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.get('/', async ({ deadline }) => ({
    remaining: deadline.remaining(),
    aborted: deadline.signal.aborted
  }))
  await app.register(resilience, { shedding: false })
  app.setNotFoundHandler(async ({ deadline }) => ({
    remaining: deadline.remaining(),
    aborted: deadline.signal.aborted
  }))
  for (const url of ['/', '/unknown']) {
    const { remaining, aborted } = await deadlines(app, url)
    t.ok(remaining > 0 && remaining <= 30_000)
    t.equal(aborted, false)
  }
})

t.test('closing the app rejects pending and queued calls', async (t) => {
  const { app } = await build(t, 'alone')
  const hung = app.resilience.breaker('hung', () => new Promise<never>(() => undefined), {
    bulkhead: { limit: 1, queue: 5 }
  })
  const calls = [hung.call(noRequest), hung.call(noRequest)].map((call) =>
    call.catch((error: unknown) => error)
  )
  await app.close()
  t.match(await Promise.all(calls), [{ code: 'SERVICE_CLOSING' }, { code: 'SERVICE_CLOSING' }])
  t.strictSame(await outcomes(1, () => hung.call(noRequest)), ['SERVICE_CLOSING'])
})

t.test('pending calls of all kinds do not keep the process alive after the app is closed', async (t) => {
  const closing = startNode(t, join(import.meta.dirname, 'fixtures/close-with-pending-calls.ts'))
  t.match(await closing.exit, { code: 0, signal: null }, closing.output())
  t.strictSame(closing.logs(), [
    {
      states: { down: 'open', halfOpen: 'half-open' },
      codes: Array.from({ length: 9 }, () => 'SERVICE_CLOSING'),
      statuses: [200, 504, 504]
    }
  ])
})

t.test('ten thousand keys start no timer', async (t) => {
  const clock = new ManualClock()
  const { app } = await build(t, 'alone', { clock })
  const keyed = app.resilience.breaker('keyed', (_context, key: string) => key, {
    key: (key) => key,
    maxKeys: 10_000
  })
  for (let key = 0; key < 10_000; key++) await keyed.call(noRequest, String(key))
  t.equal(keyed.snapshot().size, 10_000)
  t.equal(clock.pending, 0)
})

t.test('a decorator of the app that has a name of the plugin is named with the way out', async (t) => {
  const collisions: [name: string, collide: (app: FastifyInstance) => unknown][] = [
    ['resilience', (app) => app.decorate('resilience', {} as never)],
    ['deadline', (app) => app.decorateRequest('deadline', null as never)],
    ['resilience', (app) => app.register(resilience)]
  ]
  for (const [name, collide] of collisions) {
    const app = Fastify()
    t.teardown(() => app.close())
    await collide(app)
    await t.rejects(async () => app.register(resilience), {
      message: new RegExp(
        `has the decorator "${name}", which @seaworthy/resilience needs; rename the other one`
      ),
      code: 'FST_ERR_DEC_ALREADY_PRESENT'
    })
  }
})
