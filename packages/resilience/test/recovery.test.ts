import { reporterPort, provide } from '@seaworthy/contract'
import Fastify from 'fastify'
import fp from 'fastify-plugin'
import t, { type Test } from 'tap'
import { type BreakerOptions, type CallContext, resilience } from '../src/index.ts'
import { down, noRequest } from './helpers/app.ts'
import { ManualClock, outcomes, settled } from './helpers/clock.ts'
import { otherPlugins } from './helpers/other-plugins.ts'

/** A breaker whose service answers as `upstream` says, with a route that calls it. */
async function build(t: Test, options: BreakerOptions<[]> = {}, random: () => number = () => 0.5) {
  const app = Fastify()
  const { observed, plugin } = otherPlugins()
  t.teardown(() => app.close())
  const clock = new ManualClock()
  const reports: { error: unknown; source: string }[] = []
  const reporter = fp(async (fastify) => {
    provide(fastify, reporterPort, {
      report: (error, { source }) => void reports.push({ error, source }),
      flush: async () => undefined
    })
  })
  await app.register(plugin)
  await app.register(reporter)
  await app.register(resilience, { clock, random, shedding: false })
  const upstream = { answer: (_context: CallContext): unknown => 'fine' }
  const breaker = app.resilience.breaker('users', (context: CallContext) => upstream.answer(context), {
    volumeThreshold: 2,
    resetTimeout: 1000,
    timeout: 500,
    ...options
  })
  app.get('/', (request) => breaker.call(request))
  await app.ready()
  const isReady = () => observed.checks['breaker:users']!.check(AbortSignal.abort())
  return { app, clock, upstream, breaker, observed, isReady, reports, call: () => breaker.call(noRequest) }
}

const deadline = (milliseconds: number) => ({
  url: '/',
  headers: { 'x-envoy-expected-rq-timeout-ms': String(milliseconds) }
})

t.test('after its reset time an open breaker is half-open everywhere, without a call', async (t) => {
  const { app, upstream, breaker, clock, call, observed, isReady } = await build(t, {
    health: { critical: true }
  })
  upstream.answer = down
  await outcomes(2, call)
  t.equal(isReady(), false)
  await clock.advance(999)
  t.equal(breaker.state, 'open')
  await clock.advance(1)
  t.equal(isReady(), true)
  t.equal(breaker.state, 'half-open')
  t.match(app.resilience.list(), [{ state: 'half-open' }])
  observed.scrape()
  t.match(observed.values, { 'breaker_state users open': 0, 'breaker_state users half-open': 1 })
})

for (const mode of ['observe', 'off'] as const) {
  t.test(`in the mode ${mode} a critical breaker does not take the service out`, async (t) => {
    const { upstream, call, observed } = await build(t, { mode, health: { critical: true } })
    upstream.answer = down
    await outcomes(5, call)
    t.match(observed.checks['breaker:users']!.options, { critical: false })
  })
}

t.test(
  'probes that end with their caller decide nothing, and keep out no caller with more time',
  async (t) => {
    const { app, upstream, breaker, clock, call } = await build(t)
    upstream.answer = down
    await outcomes(2, call)
    await clock.advance(1000)
    let pending = 0
    upstream.answer = ({ signal }) => {
      pending++
      return new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => {
          pending--
          reject(signal.reason as Error)
        })
      )
    }
    for (let round = 0; round < 5; round++) {
      const hasty = app.inject(deadline(30))
      await settled()
      await clock.advance(30)
      t.equal((await hasty).statusCode, 504)
      t.equal(breaker.state, 'half-open')
      t.ok(pending <= 1, 'one at most goes on')
    }
    const hasty = app.inject(deadline(30))
    await settled()
    upstream.answer = () => 'well'
    t.equal((await app.inject('/')).statusCode, 200)
    t.equal(breaker.state, 'closed')
    await clock.advance(30)
    t.equal((await hasty).statusCode, 504)
    await clock.advance(1000)
    t.equal(breaker.state, 'closed', 'the probe without a caller no longer counts')
  }
)

t.test('a probe that succeeds after its caller has left closes the breaker', async (t) => {
  const { app, upstream, breaker, clock, call } = await build(t)
  upstream.answer = down
  await outcomes(2, call)
  await clock.advance(1000)
  const answer = Promise.withResolvers<string>()
  upstream.answer = () => answer.promise
  const hasty = app.inject(deadline(30))
  await settled()
  await clock.advance(30)
  await hasty
  answer.resolve('late')
  await settled()
  t.equal(breaker.state, 'closed')
})

t.test('calls that never end do not keep a recovering breaker from others', async (t) => {
  const { upstream, breaker, clock, call } = await build(t, { timeout: false, totalTimeout: false })
  upstream.answer = down
  await outcomes(2, call)
  await clock.advance(1000)
  upstream.answer = () => 'well'
  await call()
  upstream.answer = () => new Promise(() => undefined)
  for (let lost = 0; lost < 2; lost++) call().catch(() => undefined)
  upstream.answer = () => 'well'
  t.strictSame(await outcomes(1, call), ['BREAKER_OPEN'])
  await clock.advance(10_000)
  t.strictSame(await outcomes(1, call), ['ok'])
  t.equal(breaker.state, 'closed')
})

t.test('callers with little time keep no others out of a recovering breaker', async (t) => {
  const { app, upstream, breaker, clock, call } = await build(t)
  upstream.answer = down
  await outcomes(2, call)
  await clock.advance(1000)
  upstream.answer = () => 'well'
  await call()
  t.equal(breaker.state, 'closed')
  const hang = ({ signal }: CallContext) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
  const seen: string[] = []
  for (let round = 0; round < 10; round++) {
    upstream.answer = hang
    const hasty = Array.from({ length: 5 }, () => app.inject(deadline(30)))
    await settled()
    upstream.answer = () => 'well'
    seen.push(...(await outcomes(1, call)))
    await clock.advance(30)
    await Promise.all(hasty)
  }
  t.strictSame(
    seen.slice(3),
    Array.from({ length: 7 }, () => 'ok')
  )
})

t.test('a call that gave up holds its slot for a minute at most', async (t) => {
  const { upstream, clock, call } = await build(t, { bulkhead: 1, volumeThreshold: 100 })
  upstream.answer = () => new Promise(() => undefined)
  const lost = outcomes(1, call)
  await clock.advance(500)
  t.strictSame(await lost, ['TIMEOUT'])
  t.strictSame(await outcomes(1, call), ['BULKHEAD_FULL'])
  await clock.advance(60_000)
  upstream.answer = () => 'well'
  t.strictSame(await outcomes(1, call), ['ok'])
})

t.test('an outage is reported once, and the calls that it costs have no stack', async (t) => {
  const { upstream, clock, call, reports } = await build(t)
  upstream.answer = down
  await outcomes(30, call)
  await clock.advance(1000)
  await outcomes(30, call)
  t.match(reports, [{ error: { message: 'down' }, source: 'breaker "users"' }])
  t.equal(reports.length, 1)
  const rejection = await call().catch((error: unknown) => error as Error & { isRejection: boolean })
  t.match(rejection, { code: 'BREAKER_OPEN', isRejection: true })
  t.notMatch((rejection as Error).stack, /\n\s+at /)
  t.match(new Error('next').stack, /\n\s+at /, 'other errors have theirs')
})

// Random walks: whatever has happened, a service that is well has its breaker closed within a bound.
for (let seed = 1; seed <= 40; seed++) {
  t.test(`walk ${seed}: good answers bring the breaker back`, async (t) => {
    let state = seed * 7919
    const random = () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647
    const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!
    const options = pick<BreakerOptions<[]>>([
      {},
      { consecutive: 3 },
      { strategy: 'adaptive' },
      { slowCall: 100 },
      { bulkhead: { limit: 3, queue: 2 } },
      { timeout: false, totalTimeout: false },
      { retry: { limit: 1, delay: 10 }, hedge: { delay: 50 } },
      { coalesce: () => 'all', totalTimeout: false }
    ])
    const { app, upstream, breaker, clock, call } = await build(t, options, random)
    const answers: ((context: CallContext) => unknown)[] = [
      () => 'fine',
      down,
      () => new Promise(() => undefined),
      () => {
        throw Object.assign(new Error('not found'), { status: 404 })
      },
      ({ signal }) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason as Error))
        ),
      () => new Promise((resolve) => clock.setTimeout(() => resolve('slow'), 200))
    ]
    const pending: Promise<unknown>[] = []
    for (let step = 0; step < 120; step++) {
      upstream.answer = pick(answers)
      const event = random()
      if (event < 0.5) pending.push(outcomes(1, call))
      else if (event < 0.65) pending.push(Promise.resolve(app.inject(deadline(Math.ceil(random() * 80)))))
      else if (event < 0.7) {
        const isolated = breaker.isolate()
        if (random() < 0.5) pending.push(outcomes(1, call))
        isolated.release()
      } else await clock.advance(Math.ceil(random() * 1500))
      await settled()
    }
    upstream.answer = () => 'well'
    // Ten reset times, and the longest that a lost call is waited for.
    for (let round = 0; round < 90; round++) {
      pending.push(outcomes(1, call))
      await clock.advance(1000)
    }
    t.equal(breaker.state, 'closed')
    const last = outcomes(5, call)
    await clock.advance(1000)
    t.strictSame(await last, ['ok', 'ok', 'ok', 'ok', 'ok'])
  })
}
