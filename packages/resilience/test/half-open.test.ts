// The probe, the time that a breaker stays open, and the ramp after it.
import t from 'tap'
import { down, guardedService, hanging } from './helpers/app.ts'
import { outcomes, settled, tally } from './helpers/clock.ts'

t.test('a half-open breaker admits one of a hundred concurrent calls', async (t) => {
  const { upstream, clock, breaker, call } = await guardedService(t)
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
  const { upstream, clock, breaker, call } = await guardedService(t, { ramp: 0 })
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
  const { upstream, clock, breaker, call } = await guardedService(t, { timeout: false, totalTimeout: false })
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
  const { upstream, clock, breaker, call } = await guardedService(t, {
    timeout: 100_000,
    totalTimeout: 100_000
  })
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
    const { upstream, clock, breaker, call } = await guardedService(t, {
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
    const { upstream, clock, call } = await guardedService(
      t,
      { resetTimeout: 10_000 },
      { random: () => chance }
    )
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
  const { upstream, clock, call } = await guardedService(t, times, { random: () => 0.999 })
  upstream.answer = down
  await outcomes(20, call)
  await clock.advance(1000)
  t.strictSame(await outcomes(1, call), ['UPSTREAM_FAILED'])
})

t.test('after the breaker closes, the number of concurrent calls grows step by step', async (t) => {
  const { upstream, clock, call } = await guardedService(t, { ramp: 8 })
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
  const { upstream, clock, breaker, call } = await guardedService(t)
  upstream.answer = down
  await outcomes(20, call)
  await clock.advance(30_000)
  upstream.answer = () => 'back'
  await outcomes(1, call)
  upstream.answer = down
  await outcomes(1, call)
  t.equal(breaker.state, 'open')
})
