import t from 'tap'
import type { ResilienceError } from '../src/index.ts'
import { buildWithClock, down, guardedService, noRequest } from './helpers/app.ts'
import { outcomes, settled, tally } from './helpers/clock.ts'

const failed = (status: number) => () => {
  throw Object.assign(new Error('answered'), { status })
}

t.test('one failure leaves the breaker closed, twenty open it', async (t) => {
  const { upstream, breaker, call } = await guardedService(t)
  upstream.answer = down
  t.strictSame(await outcomes(1, call), ['UPSTREAM_FAILED'])
  t.equal(breaker.state, 'closed')
  t.strictSame(tally(await outcomes(20, call)), { UPSTREAM_FAILED: 19, BREAKER_OPEN: 1 })
  t.equal(breaker.state, 'open')
  t.equal(upstream.calls, 20)
})

t.test('a thousand 404 responses leave the breaker closed and reach the caller unchanged', async (t) => {
  const { upstream, breaker, call } = await guardedService(t)
  upstream.answer = failed(404)
  await outcomes(1000, call)
  t.equal(breaker.state, 'closed')
  await t.rejects(call(), { message: 'answered', status: 404 })
})

for (const status of [408, 429, 500, 503]) {
  t.test(`responses with status ${status} count as failures`, async (t) => {
    const { upstream, breaker, call } = await guardedService(t)
    upstream.answer = failed(status)
    await outcomes(20, call)
    t.equal(breaker.state, 'open')
  })
}

t.test('a bug in the app is not counted as a failure, not degraded and not hidden', async (t) => {
  const { upstream, breaker, call } = await guardedService(t, { fallback: () => 'instead' })
  upstream.answer = () => (undefined as unknown as { id: string }).id
  t.same(Object.keys(tally(await outcomes(50, call)))[0]?.includes('undefined'), true)
  t.equal(breaker.state, 'closed')
  await t.rejects(call(), { name: 'TypeError' })
})

t.test(
  'an open breaker rejects with 503, the remaining seconds and the latest failure as cause',
  async (t) => {
    const { upstream, clock, call } = await guardedService(t, { resetTimeout: 30_000 })
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
  const { upstream, call } = await guardedService(t)
  upstream.answer = down
  await outcomes(520, call)
  t.equal(upstream.calls, 20)
})

t.test('consecutive failures open the breaker, and a success resets their count', async (t) => {
  const { upstream, breaker, call } = await guardedService(t, { consecutive: 5 })
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
  const { upstream, breaker, call } = await guardedService(t, { errorThresholdPercentage: 100 })
  upstream.answer = down
  await outcomes(20, call)
  t.equal(breaker.state, 'open')
})

t.test('failures outside of the window do not count', async (t) => {
  const { upstream, clock, breaker, call } = await guardedService(t, { rollingCountTimeout: 10_000 })
  upstream.answer = down
  await outcomes(19, call)
  await clock.advance(10_001)
  await outcomes(19, call)
  t.equal(breaker.state, 'closed')
  await outcomes(1, call)
  t.equal(breaker.state, 'open')
})

t.test('slow calls open the breaker although they succeed', async (t) => {
  const { upstream, clock, breaker, call } = await guardedService(t, { slowCall: 500, volumeThreshold: 5 })
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
  const { clock, upstream, breaker, call } = await guardedService(t, { strategy: 'adaptive' }, { random })
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
  const { upstream, breaker, call } = await guardedService(t, {
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
    const { upstream, breaker, call } = await guardedService(t, {
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
  const { upstream, breaker, call } = await guardedService(t, { mode: 'observe' })
  upstream.answer = down
  t.strictSame(tally(await outcomes(30, call)), { UPSTREAM_FAILED: 30 })
  t.equal(breaker.state, 'open')
  t.equal(breaker.snapshot().counts.observed, 10)
})

t.test('in off mode the breaker never opens', async (t) => {
  const { upstream, breaker, call } = await guardedService(t, { mode: 'off' })
  upstream.answer = down
  await outcomes(50, call)
  t.equal(breaker.state, 'closed')
})

t.test('an isolated breaker rejects all calls until the last isolation is released', async (t) => {
  const { upstream, breaker, call } = await guardedService(t)
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
  const { app } = await buildWithClock(t)
  const options = { volumeThreshold: 1 }
  const bad = app.resilience.breaker('bad', down, options)
  const good = app.resilience.breaker('good', () => 1, options)
  await outcomes(1, () => bad.call(noRequest))
  t.equal(bad.state, 'open')
  t.equal(good.state, 'closed')
  t.strictSame(options, { volumeThreshold: 1 })
})

t.test('an opening breaker leaves no unhandled rejection and no timer', async (t) => {
  const { clock, upstream, call } = await guardedService(t)
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
