import Fastify from 'fastify'
import t, { type Test } from 'tap'
import {
  type Breaker,
  type BreakerOptions,
  type CallContext,
  resilience,
  type ResilienceError,
  type ResilienceOptions
} from '../src/index.ts'
import { ManualClock, outcomes, settled, tally } from './helpers/clock.ts'

const noRequest = null

async function build(t: Test, options: ResilienceOptions = {}) {
  const app = Fastify()
  t.teardown(() => app.close())
  const clock = new ManualClock()
  await app.register(resilience, { clock, random: () => 0.5, shedding: false, ...options })
  return { app, clock }
}

/** A service that does what `answer` says, and counts. */
async function service(
  t: Test,
  options: BreakerOptions<[(string | undefined)?]> = {},
  plugin: ResilienceOptions = {}
) {
  const { app, clock } = await build(t, plugin)
  const upstream = { calls: 0, answer: (): unknown => 'fine' }
  const breaker = app.resilience.breaker(
    'users',
    (_context: CallContext, _id?: string) => {
      upstream.calls++
      return upstream.answer()
    },
    options
  )
  const call = () => breaker.call(noRequest)
  return { app, clock, upstream, breaker, call }
}

const down = (): never => {
  throw new Error('down')
}
const hanging = () => new Promise<never>(() => undefined)
const failed = (status: number) => () => {
  throw Object.assign(new Error('answered'), { status })
}

t.test('one failure leaves the breaker closed, twenty open it', async (t) => {
  const { upstream, breaker, call } = await service(t)
  upstream.answer = down
  t.strictSame(await outcomes(1, call), ['UPSTREAM_FAILED'])
  t.equal(breaker.state, 'closed')
  t.strictSame(tally(await outcomes(20, call)), { UPSTREAM_FAILED: 19, BREAKER_OPEN: 1 })
  t.equal(breaker.state, 'open')
  t.equal(upstream.calls, 20)
})

t.test('a thousand answers of 404 leave it closed, and are passed on as they are', async (t) => {
  const { upstream, breaker, call } = await service(t)
  upstream.answer = failed(404)
  await outcomes(1000, call)
  t.equal(breaker.state, 'closed')
  await t.rejects(call(), { message: 'answered', status: 404 })
})

for (const status of [408, 429, 500, 503]) {
  t.test(`answers of ${status} are failures`, async (t) => {
    const { upstream, breaker, call } = await service(t)
    upstream.answer = failed(status)
    await outcomes(20, call)
    t.equal(breaker.state, 'open')
  })
}

t.test(
  'a mistake in the code is no failure of the service, no degraded answer, and not hidden',
  async (t) => {
    const { upstream, breaker, call } = await service(t, { fallback: () => 'instead' })
    upstream.answer = () => (undefined as unknown as { id: string }).id
    t.same(Object.keys(tally(await outcomes(50, call)))[0]?.includes('undefined'), true)
    t.equal(breaker.state, 'closed')
    await t.rejects(call(), { name: 'TypeError' })
  }
)

t.test('open, it answers 503 with the seconds that remain at most, the last failure as cause', async (t) => {
  const { upstream, clock, call } = await service(t, { resetTimeout: 30_000 })
  upstream.answer = down
  await outcomes(20, call)
  await clock.advance(12_500)
  const error = (await call().catch((error: unknown) => error)) as ResilienceError
  t.match(error, {
    statusCode: 503,
    code: 'BREAKER_OPEN',
    retryAfter: 17,
    headers: { 'retry-after': '17' }
  })
  t.match(error.cause, { message: 'down' })
  t.notMatch(error.message, /users|down/)
  t.equal(upstream.calls, 20)
})

t.test('a fallen service costs an open breaker nothing: no call goes out', async (t) => {
  const { upstream, call } = await service(t)
  upstream.answer = down
  await outcomes(520, call)
  t.equal(upstream.calls, 20)
})

t.test('half open, of a hundred calls at once one goes out', async (t) => {
  const { upstream, clock, breaker, call } = await service(t)
  upstream.answer = down
  await outcomes(20, call)
  await clock.advance(30_000)
  const { promise, resolve } = Promise.withResolvers<string>()
  upstream.answer = () => promise
  const calls = Array.from({ length: 100 }, () => outcomes(1, call))
  await settled()
  t.equal(upstream.calls, 21)
  t.equal(breaker.state, 'half-open')
  resolve('back')
  t.strictSame(tally((await Promise.all(calls)).flat()), { ok: 1, BREAKER_OPEN: 99 })
  t.equal(breaker.state, 'closed')
})

t.test('after an outage with 500 rejected calls it opens again at the minimum volume', async (t) => {
  const { upstream, clock, breaker, call } = await service(t, { ramp: 0 })
  upstream.answer = down
  await outcomes(520, call)
  await clock.advance(30_000)
  upstream.answer = () => 'back'
  await outcomes(1, call)
  t.equal(breaker.state, 'closed')
  upstream.answer = down
  await outcomes(19, call)
  t.equal(breaker.state, 'closed')
  await outcomes(1, call)
  t.equal(breaker.state, 'open')
})

t.test('a probe that nothing limits ends all the same', async (t) => {
  const { upstream, clock, breaker, call } = await service(t, { timeout: false, totalTimeout: false })
  upstream.answer = down
  await outcomes(20, call)
  await clock.advance(30_000)
  upstream.answer = hanging
  const probe = outcomes(1, call)
  t.equal(breaker.state, 'half-open')
  await clock.advance(30_000)
  t.strictSame(await probe, ['TIMEOUT'])
  t.equal(breaker.state, 'open')
})

t.test('an answer from before the breaker opened changes nothing', async (t) => {
  const { upstream, clock, breaker, call } = await service(t, { timeout: 100_000, totalTimeout: 100_000 })
  const early = Promise.withResolvers<string>()
  upstream.answer = () => early.promise
  const late = call()
  upstream.answer = down
  await outcomes(20, call)
  await clock.advance(30_000)
  upstream.answer = hanging
  const probe = call().catch((error: unknown) => error)
  early.resolve('late')
  t.equal(await late, 'late')
  t.equal(breaker.state, 'half-open')
  await clock.advance(100_000)
  await probe
})

t.test('each failed probe doubles the time, up to the longest, and a full recovery ends that', async (t) => {
  const { upstream, clock, breaker, call } = await service(t, {
    resetTimeout: 1000,
    maxResetTimeout: 4000,
    ramp: 2
  })
  upstream.answer = down
  await outcomes(20, call)
  for (const open of [1000, 2000, 4000, 4000]) {
    await clock.advance(open - 1)
    t.strictSame(await outcomes(1, call), ['BREAKER_OPEN'])
    await clock.advance(1)
    t.strictSame(await outcomes(1, call), ['UPSTREAM_FAILED'])
  }
  await clock.advance(4000)
  upstream.answer = () => 'back'
  t.strictSame(
    await outcomes(20, call),
    Array.from({ length: 20 }, () => 'ok')
  )
  upstream.answer = down
  await outcomes(60, call)
  t.equal(breaker.state, 'open')
  await clock.advance(1000)
  t.strictSame(await outcomes(1, call), ['UPSTREAM_FAILED'])
})

t.test('chance keeps a fleet from coming back at once: the time varies by a tenth', async (t) => {
  const opens: number[] = []
  for (const chance of [0, 0.999]) {
    const { upstream, clock, call } = await service(t, { resetTimeout: 10_000 }, { random: () => chance })
    upstream.answer = down
    await outcomes(20, call)
    upstream.answer = () => 'back'
    for (let half = 1; half <= 24; half++) {
      await clock.advance(500)
      if ((await outcomes(1, call))[0] === 'ok') {
        opens.push(half * 500)
        break
      }
    }
  }
  t.strictSame(opens, [9000, 11_000])
})

t.test('chance never makes it longer than the longest time', async (t) => {
  const times = { resetTimeout: 1000, maxResetTimeout: 1000 }
  const { upstream, clock, call } = await service(t, times, { random: () => 0.999 })
  upstream.answer = down
  await outcomes(20, call)
  await clock.advance(1000)
  t.strictSame(await outcomes(1, call), ['UPSTREAM_FAILED'])
})

t.test('after it closes, calls come back step by step', async (t) => {
  const { upstream, clock, call } = await service(t, { ramp: 8 })
  upstream.answer = down
  await outcomes(20, call)
  await clock.advance(30_000)
  upstream.answer = () => 'back'
  await outcomes(1, call)
  const let_ = async () =>
    tally((await Promise.all(Array.from({ length: 50 }, () => outcomes(1, call)))).flat())['ok']
  const { promise, resolve } = Promise.withResolvers<string>()
  upstream.answer = () => promise
  const first = let_()
  await settled()
  t.equal(upstream.calls, 20 + 1 + 2)
  resolve('back')
  t.equal(await first, 2)
  upstream.answer = async () => settled()
  const more = [await let_(), await let_(), await let_()]
  t.ok(more[0]! > 2 && more[0]! < 50, `then ${more[0]}`)
  t.equal(more[2], 50)
})

t.test('a service that is not really back opens it again before the minimum volume', async (t) => {
  const { upstream, clock, breaker, call } = await service(t)
  upstream.answer = down
  await outcomes(20, call)
  await clock.advance(30_000)
  upstream.answer = () => 'back'
  await outcomes(1, call)
  upstream.answer = down
  await outcomes(1, call)
  t.equal(breaker.state, 'open')
})

t.test('consecutive failures open it, a success between them starts anew', async (t) => {
  const { upstream, breaker, call } = await service(t, { consecutive: 5 })
  upstream.answer = down
  await outcomes(4, call)
  upstream.answer = () => 'fine'
  await outcomes(1, call)
  upstream.answer = down
  await outcomes(4, call)
  t.equal(breaker.state, 'closed')
  await outcomes(1, call)
  t.equal(breaker.state, 'open')
})

t.test('a threshold of 100 percent opens when all fail', async (t) => {
  const { upstream, breaker, call } = await service(t, { errorThresholdPercentage: 100 })
  upstream.answer = down
  await outcomes(20, call)
  t.equal(breaker.state, 'open')
})

t.test('what is older than the window is forgotten', async (t) => {
  const { upstream, clock, breaker, call } = await service(t, { rollingCountTimeout: 10_000 })
  upstream.answer = down
  await outcomes(19, call)
  await clock.advance(10_001)
  await outcomes(19, call)
  t.equal(breaker.state, 'closed')
  await outcomes(1, call)
  t.equal(breaker.state, 'open')
})

t.test('slow calls open it although they succeed', async (t) => {
  const { upstream, clock, breaker, call } = await service(t, { slowCall: 500, volumeThreshold: 5 })
  upstream.answer = () => new Promise((resolve) => clock.setTimeout(() => resolve('slow'), 600))
  for (let i = 0; i < 5; i++) {
    const slow = call()
    await clock.advance(600)
    t.equal(await slow, 'slow')
  }
  t.equal(breaker.state, 'open')
})

t.test('adaptive turns away about what fails, and lets the rest try', async (t) => {
  let seed = 7
  const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647
  const { clock, upstream, breaker, call } = await service(t, { strategy: 'adaptive' }, { random })
  await outcomes(100, call)
  upstream.answer = down
  const seen = tally(await outcomes(1000, call))
  t.ok(seen['BREAKER_OPEN']! > 400, `${seen['BREAKER_OPEN']} of 1000 turned away`)
  t.ok(seen['UPSTREAM_FAILED']! > 100, `${seen['UPSTREAM_FAILED']} of 1000 tried`)
  t.equal(breaker.state, 'closed')

  upstream.answer = () => 'back'
  await clock.advance(10_001)
  t.strictSame(tally(await outcomes(100, call)), { ok: 100 }, 'what is over is forgotten with the window')
})

t.test('a result can be a failure, and an error can be nothing', async (t) => {
  const { upstream, breaker, call } = await service(t, {
    isFailure: (error, result) => (error ? 'ignore' : !(result as { ok: boolean }).ok)
  })
  upstream.answer = down
  await outcomes(50, call)
  t.equal(breaker.state, 'closed')
  upstream.answer = () => ({ ok: false })
  t.strictSame(
    await outcomes(20, call),
    Array.from({ length: 20 }, () => 'UPSTREAM_FAILED')
  )
  t.equal(breaker.state, 'open')
})

t.test(
  'a judge that throws is a mistake of ours: told to the caller, and no failure of the service',
  async (t) => {
    const { upstream, breaker, call } = await service(t, {
      isFailure: () => {
        throw new Error('mistaken')
      }
    })
    t.strictSame(tally(await outcomes(30, call)), { mistaken: 30 })
    upstream.answer = down
    t.strictSame(tally(await outcomes(30, call)), { mistaken: 30 })
    t.match(breaker.snapshot(), { state: 'closed', counts: { ignored: 60, failure: 0 } })
  }
)

t.test('observing, it says what it would have done and lets all pass', async (t) => {
  const { upstream, breaker, call } = await service(t, { mode: 'observe' })
  upstream.answer = down
  t.strictSame(tally(await outcomes(30, call)), { UPSTREAM_FAILED: 30 })
  t.equal(breaker.state, 'open')
  t.equal(breaker.snapshot().counts.observed, 10)
})

t.test('off, it counts nothing against the service', async (t) => {
  const { upstream, breaker, call } = await service(t, { mode: 'off' })
  upstream.answer = down
  await outcomes(50, call)
  t.equal(breaker.state, 'closed')
})

t.test('isolated, nothing passes until the last switch is put back', async (t) => {
  const { upstream, breaker, call } = await service(t)
  const first = breaker.isolate()
  const second = breaker.isolate()
  t.equal(breaker.state, 'isolated')
  t.strictSame(await outcomes(1, call), ['BREAKER_OPEN'])
  t.equal(upstream.calls, 0)
  first.release()
  first.release()
  t.equal(breaker.state, 'isolated')
  second[Symbol.dispose]()
  t.strictSame(await outcomes(1, call), ['ok'])
})

t.test('two breakers made with one options object share nothing', async (t) => {
  const { app } = await build(t)
  const options = { volumeThreshold: 1 }
  const bad = app.resilience.breaker('bad', down, options)
  const good = app.resilience.breaker('good', () => 1, options)
  await outcomes(1, () => bad.call(noRequest))
  t.equal(bad.state, 'open')
  t.equal(good.state, 'closed')
  t.strictSame(options, { volumeThreshold: 1 })
})

t.test('ten thousand keys: no more breakers than the cap, and the open ones stay', async (t) => {
  const { app, clock } = await build(t)
  const breaker = app.resilience.breaker('shards', (_context, key: string) => (key === '7' ? down() : key), {
    key: (key) => key,
    maxKeys: 100,
    idleTimeout: 60_000
  })
  await outcomes(20, () => breaker.call(noRequest, '7'))
  for (let key = 8; key < 10_008; key++) await breaker.call(noRequest, String(key))
  t.match(breaker.snapshot(), { size: 100, keys: { '7': 'open' }, state: 'open' })
  await clock.advance(60_001)
  t.match(breaker.snapshot(), { keys: {} })
  t.equal(breaker.snapshot().size, 0)
})

t.test('one key down, the others go on', async (t) => {
  const { app } = await build(t)
  const breaker: Breaker<[string], string> = app.resilience.breaker(
    'hosts',
    (_context, host: string) => (host === 'a' ? down() : host),
    { key: (host) => host }
  )
  await outcomes(20, () => breaker.call(noRequest, 'a'))
  t.strictSame(await outcomes(1, () => breaker.call(noRequest, 'a')), ['BREAKER_OPEN'])
  t.equal(await breaker.call(noRequest, 'b'), 'b')
})

t.test('keys that fail in turn are judged each by its own window', async (t) => {
  const { app } = await build(t)
  const breaker = app.resilience.breaker('hosts', (_context, _host: string): string => down(), {
    key: (host) => host
  })
  for (let round = 0; round < 19; round++) {
    for (const host of ['a', 'b', 'c']) await outcomes(1, () => breaker.call(noRequest, host))
  }
  t.match(breaker.snapshot(), { state: 'closed', size: 3 })
  await outcomes(1, () => breaker.call(noRequest, 'b'))
  t.strictSame(breaker.snapshot().keys, { b: 'open' })
})

t.test('a breaker without keys is there for ever, however long noRequest calls it', async (t) => {
  const { clock, upstream, breaker, call } = await service(t, { idleTimeout: 1000, resetTimeout: 100_000 })
  upstream.answer = down
  await outcomes(20, call)
  await clock.advance(50_000)
  t.match(breaker.snapshot(), { state: 'open', size: 1 })
  t.strictSame(await outcomes(1, call), ['BREAKER_OPEN'])
})

t.test('a breaker that throws while it is asked leaves no unhandled rejection and no timer', async (t) => {
  const { clock, upstream, call } = await service(t)
  let unhandled = 0
  const count = () => void unhandled++
  process.on('unhandledRejection', count)
  t.teardown(() => process.off('unhandledRejection', count))
  upstream.answer = down
  await outcomes(40, call)
  await settled()
  t.equal(unhandled, 0)
  t.equal(clock.pending, 0)
})
