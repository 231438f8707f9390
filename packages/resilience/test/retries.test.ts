import { mock } from 'node:test'
import t from 'tap'
import type { ResilienceError } from '../src/index.ts'
import { buildWithClock, down, hanging, noRequest } from './helpers/app.ts'
import { outcomes } from './helpers/clock.ts'

t.test('the wait before each retry doubles, and retries stop at their limit', async (t) => {
  const { resilience, clock } = await buildWithClock(t, { random: () => 1 })
  const at: number[] = []
  const start = clock.now()
  const breaker = resilience.breaker(
    'flaky',
    () => {
      at.push(clock.now() - start)
      down()
    },
    { retry: { limit: 3, delay: 100, maxDelay: 250 } }
  )
  const result = breaker.detailed(noRequest).catch((error: unknown) => error)
  await clock.advance(10_000)
  t.match(await result, { statusCode: 502, cause: { message: 'down' } })
  t.strictSame(at, [0, 100, 300, 550])
  t.equal(breaker.snapshot().retries, 3)
})

t.test('the waits between attempts are random', async (t) => {
  const { resilience, clock } = await buildWithClock(t, { random: () => 0.25 })
  const at: number[] = []
  const start = clock.now()
  const breaker = resilience.breaker(
    'flaky',
    () => {
      at.push(clock.now() - start)
      down()
    },
    { retry: { limit: 3, delay: 100, maxDelay: 400 } }
  )
  const result = outcomes(1, () => breaker.call(noRequest))
  await clock.advance(10_000)
  await result
  t.strictSame(at, [0, 25, 75, 175])
})

t.test('a call whose retry succeeds is a success', async (t) => {
  const { resilience, clock } = await buildWithClock(t)
  let calls = 0
  const breaker = resilience.breaker('flaky', () => (++calls < 3 ? down() : 'fine'), { retry: true })
  const result = breaker.detailed(noRequest)
  await clock.advance(1000)
  t.match(await result, { value: 'fine', degraded: false, attempts: 3 })
})

t.test('calls that are not idempotent and errors that are no failure are not retried', async (t) => {
  const { resilience } = await buildWithClock(t)
  let calls = 0
  const once = resilience.breaker(
    'once',
    () => {
      calls++
      down()
    },
    { retry: true, idempotent: () => false }
  )
  await outcomes(1, () => once.call(noRequest))
  t.equal(calls, 1)
  const missing = resilience.breaker(
    'missing',
    () => {
      calls++
      throw Object.assign(new Error('missing'), { status: 404 })
    },
    { retry: true }
  )
  await outcomes(1, () => missing.call(noRequest))
  t.equal(calls, 2)
})

t.test('when all calls fail, the budget limits retries to a fifth of the calls and the floor', async (t) => {
  const { resilience, clock } = await buildWithClock(t)
  let calls = 0
  const breaker = resilience.breaker(
    'down',
    () => {
      calls++
      down()
    },
    { retry: { limit: 5, delay: 0 }, mode: 'off' }
  )
  const all = Array.from({ length: 1000 }, () => outcomes(1, () => breaker.call(noRequest)))
  await clock.advance(1)
  await Promise.all(all)
  t.ok(calls > 1000, `${calls} calls`)
  t.ok(calls <= 1000 * 1.2 + 10 + 1, `${calls} calls`)

  const before = calls
  for (let second = 0; second < 60; second++) {
    const some = Array.from({ length: 100 }, () => outcomes(1, () => breaker.call(noRequest)))
    await clock.advance(1000)
    await Promise.all(some)
  }
  t.ok(calls - before <= 6000 * 1.2 + 60 * 10 + 10, `${calls - before} calls in a minute`)
})

t.test("a retry waits for the service's Retry-After, unless the call's time would be over", async (t) => {
  const { resilience, clock } = await buildWithClock(t)
  const at: number[] = []
  const start = clock.now()
  const answer = { retryAfter: '3' }
  const breaker = resilience.breaker(
    'busy',
    () => {
      at.push(clock.now() - start)
      throw Object.assign(new Error('busy'), {
        response: { status: 503, headers: { 'retry-after': answer.retryAfter } }
      })
    },
    { retry: 1, totalTimeout: 5000 }
  )
  const first = breaker.call(noRequest).catch((error: unknown) => error)
  await clock.advance(5000)
  t.match(await first, { statusCode: 502, retryAfter: 3, headers: { 'retry-after': '3' } })
  t.strictSame(at, [0, 3000])

  answer.retryAfter = '60'
  t.match(await breaker.call(noRequest).catch((error: unknown) => error), { retryAfter: 60 })
  t.equal(at.length, 3)
})

t.test("the service's Retry-After may be a date", async (t) => {
  mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 0, 1) })
  t.teardown(() => mock.timers.reset())
  const { resilience } = await buildWithClock(t)
  const at = new Date(Date.now() + 60_000).toUTCString()
  const breaker = resilience.breaker('busy', () => {
    throw Object.assign(new Error('busy'), { status: 503, headers: { 'retry-after': at } })
  })
  const error = (await breaker.call(noRequest).catch((error: unknown) => error)) as ResilienceError
  t.equal(error.retryAfter, 60)
})

t.test('the total timeout limits all attempts together', async (t) => {
  const { resilience, clock } = await buildWithClock(t)
  const breaker = resilience.breaker('slow', hanging, {
    timeout: 300,
    totalTimeout: 500,
    retry: { limit: 5, delay: 0 }
  })
  const start = clock.now()
  let ended = 0
  const call = outcomes(1, () => breaker.call(noRequest)).then((seen) => {
    ended = clock.now() - start
    return seen
  })
  await clock.advance(5000)
  t.strictSame(await call, ['TIMEOUT'])
  t.equal(ended, 500)
})
