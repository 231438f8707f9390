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

/** A guarded service that returns what `answer` returns, and counts its calls. */
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

t.test('a thousand 404 responses leave the breaker closed and reach the caller unchanged', async (t) => {
  const { upstream, breaker, call } = await service(t)
  upstream.answer = failed(404)
  await outcomes(1000, call)
  t.equal(breaker.state, 'closed')
  await t.rejects(call(), { message: 'answered', status: 404 })
})

for (const status of [408, 429, 500, 503]) {
  t.test(`responses with status ${status} count as failures`, async (t) => {
    const { upstream, breaker, call } = await service(t)
    upstream.answer = failed(status)
    await outcomes(20, call)
    t.equal(breaker.state, 'open')
  })
}

t.test('a bug in the app is not counted as a failure, not degraded and not hidden', async (t) => {
  const { upstream, breaker, call } = await service(t, { fallback: () => 'instead' })
  upstream.answer = () => (undefined as unknown as { id: string }).id
  t.same(Object.keys(tally(await outcomes(50, call)))[0]?.includes('undefined'), true)
  t.equal(breaker.state, 'closed')
  await t.rejects(call(), { name: 'TypeError' })
})

t.test(
  'an open breaker rejects with 503, the remaining seconds and the latest failure as cause',
  async (t) => {
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
  }
)

t.test('an open breaker makes no call', async (t) => {
  const { upstream, call } = await service(t)
  upstream.answer = down
  await outcomes(520, call)
  t.equal(upstream.calls, 20)
})

t.test('a half-open breaker admits one of a hundred concurrent calls', async (t) => {
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

t.test('a probe without a timeout ends after the reset timeout', async (t) => {
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

t.test('a result of a call from before the breaker opened is not counted', async (t) => {
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

t.test(
  'each failed probe doubles the open time up to the maximum, and a full recovery resets it',
  async (t) => {
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
  }
)

t.test('the open time varies by a tenth at random, so that instances do not probe at once', async (t) => {
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

t.test('the random variation does not exceed the maximum open time', async (t) => {
  const times = { resetTimeout: 1000, maxResetTimeout: 1000 }
  const { upstream, clock, call } = await service(t, times, { random: () => 0.999 })
  upstream.answer = down
  await outcomes(20, call)
  await clock.advance(1000)
  t.strictSame(await outcomes(1, call), ['UPSTREAM_FAILED'])
})

t.test('after the breaker closes, the number of concurrent calls grows step by step', async (t) => {
  const { upstream, clock, call } = await service(t, { ramp: 8 })
  upstream.answer = down
  await outcomes(20, call)
  await clock.advance(30_000)
  upstream.answer = () => 'back'
  await outcomes(1, call)
  const admitted = async () =>
    tally((await Promise.all(Array.from({ length: 50 }, () => outcomes(1, call)))).flat())['ok']
  const { promise, resolve } = Promise.withResolvers<string>()
  upstream.answer = () => promise
  const first = admitted()
  await settled()
  t.equal(upstream.calls, 20 + 1 + 2)
  resolve('back')
  t.equal(await first, 2)
  upstream.answer = async () => settled()
  const more = [await admitted(), await admitted(), await admitted()]
  t.ok(more[0]! > 2 && more[0]! < 50, `then ${more[0]}`)
  t.equal(more[2], 50)
})

t.test('a failure during recovery opens the breaker again before the minimum volume', async (t) => {
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

t.test('consecutive failures open the breaker, and a success resets their count', async (t) => {
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

t.test('a threshold of 100 percent opens the breaker when all calls fail', async (t) => {
  const { upstream, breaker, call } = await service(t, { errorThresholdPercentage: 100 })
  upstream.answer = down
  await outcomes(20, call)
  t.equal(breaker.state, 'open')
})

t.test('failures outside of the window do not count', async (t) => {
  const { upstream, clock, breaker, call } = await service(t, { rollingCountTimeout: 10_000 })
  upstream.answer = down
  await outcomes(19, call)
  await clock.advance(10_001)
  await outcomes(19, call)
  t.equal(breaker.state, 'closed')
  await outcomes(1, call)
  t.equal(breaker.state, 'open')
})

t.test('slow calls open the breaker although they succeed', async (t) => {
  const { upstream, clock, breaker, call } = await service(t, { slowCall: 500, volumeThreshold: 5 })
  upstream.answer = () => new Promise((resolve) => clock.setTimeout(() => resolve('slow'), 600))
  for (let i = 0; i < 5; i++) {
    const slow = call()
    await clock.advance(600)
    t.equal(await slow, 'slow')
  }
  t.equal(breaker.state, 'open')
})

t.test('the adaptive strategy rejects about as many calls as fail and admits the others', async (t) => {
  let seed = 7
  const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647
  const { clock, upstream, breaker, call } = await service(t, { strategy: 'adaptive' }, { random })
  await outcomes(100, call)
  upstream.answer = down
  const seen = tally(await outcomes(1000, call))
  t.ok(seen['BREAKER_OPEN']! > 400, `${seen['BREAKER_OPEN']} of 1000 rejected`)
  t.ok(seen['UPSTREAM_FAILED']! > 100, `${seen['UPSTREAM_FAILED']} of 1000 admitted`)
  t.equal(breaker.state, 'closed')

  upstream.answer = () => 'back'
  await clock.advance(10_001)
  t.strictSame(tally(await outcomes(100, call)), { ok: 100 }, 'failures do not count after the window')
})

t.test('isFailure can count a result as a failure and ignore an error', async (t) => {
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
  'an isFailure that throws fails the call with an error that names it, and counts no failure',
  async (t) => {
    const { upstream, breaker, call } = await service(t, {
      isFailure: () => {
        throw new Error('bug in isFailure')
      }
    })
    t.strictSame(tally(await outcomes(30, call)), { CALLBACK_FAILED: 30 })
    upstream.answer = down
    t.strictSame(tally(await outcomes(30, call)), { CALLBACK_FAILED: 30 })
    t.match(breaker.snapshot(), { state: 'closed', counts: { ignored: 60, failure: 0 } })
  }
)

t.test('in observe mode the breaker counts the calls that it would reject and admits all', async (t) => {
  const { upstream, breaker, call } = await service(t, { mode: 'observe' })
  upstream.answer = down
  t.strictSame(tally(await outcomes(30, call)), { UPSTREAM_FAILED: 30 })
  t.equal(breaker.state, 'open')
  t.equal(breaker.snapshot().counts.observed, 10)
})

t.test('in off mode the breaker never opens', async (t) => {
  const { upstream, breaker, call } = await service(t, { mode: 'off' })
  upstream.answer = down
  await outcomes(50, call)
  t.equal(breaker.state, 'closed')
})

t.test('an isolated breaker rejects all calls until the last isolation is released', async (t) => {
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

t.test('two breakers with the same options object share no state', async (t) => {
  const { app } = await build(t)
  const options = { volumeThreshold: 1 }
  const bad = app.resilience.breaker('bad', down, options)
  const good = app.resilience.breaker('good', () => 1, options)
  await outcomes(1, () => bad.call(noRequest))
  t.equal(bad.state, 'open')
  t.equal(good.state, 'closed')
  t.strictSame(options, { volumeThreshold: 1 })
})

t.test(
  'with ten thousand keys the number of breakers stays at maxKeys, and open ones are kept',
  async (t) => {
    const { app, clock } = await build(t)
    const breaker = app.resilience.breaker(
      'shards',
      (_context, key: string) => (key === '7' ? down() : key),
      {
        key: (key) => key,
        maxKeys: 100,
        idleTimeout: 60_000
      }
    )
    await outcomes(20, () => breaker.call(noRequest, '7'))
    for (let key = 8; key < 10_008; key++) await breaker.call(noRequest, String(key))
    t.match(breaker.snapshot(), { size: 100, keys: { '7': 'open' }, state: 'open' })
    await clock.advance(60_001)
    t.match(breaker.snapshot(), { keys: {} })
    t.equal(breaker.snapshot().size, 0)
  }
)

t.test('an open breaker of one key does not reject calls of other keys', async (t) => {
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

t.test('failures are counted for each key separately', async (t) => {
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

t.test('a breaker without keys is never evicted', async (t) => {
  const { clock, upstream, breaker, call } = await service(t, { idleTimeout: 1000, resetTimeout: 100_000 })
  upstream.answer = down
  await outcomes(20, call)
  await clock.advance(50_000)
  t.match(breaker.snapshot(), { state: 'open', size: 1 })
  t.strictSame(await outcomes(1, call), ['BREAKER_OPEN'])
})

t.test('an opening breaker leaves no unhandled rejection and no timer', async (t) => {
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
