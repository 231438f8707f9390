// How the strategies of one breaker work together, and the small ones.
import t from 'tap'
import type { CallContext, ResilienceError } from '../src/index.ts'
import { buildWithClock, hanging, noRequest } from './helpers/app.ts'
import { outcomes, settled } from './helpers/clock.ts'

t.test('a timeout rejects with 504 and aborts only the signal of its call', async (t) => {
  const { resilience, clock } = await buildWithClock(t)
  const signals: AbortSignal[] = []
  const breaker = resilience.breaker(
    'slow',
    ({ signal }: CallContext) => {
      signals.push(signal)
      return hanging()
    },
    { timeout: 100 }
  )
  const first = outcomes(1, () => breaker.call(noRequest))
  await clock.advance(60)
  const second = outcomes(1, () => breaker.call(noRequest))
  await clock.advance(50)
  t.strictSame(await first, ['TIMEOUT'])
  t.match(signals, [{ aborted: true, reason: { statusCode: 504 } }, { aborted: false }])
  await clock.advance(50)
  t.strictSame(await second, ['TIMEOUT'])
  t.equal(breaker.snapshot().counts.timeout, 2)
})

t.test('timeouts open the breaker', async (t) => {
  const { resilience, clock } = await buildWithClock(t)
  const breaker = resilience.breaker('slow', hanging, { timeout: 100 })
  const calls = Array.from({ length: 20 }, () => outcomes(1, () => breaker.call(noRequest)))
  await clock.advance(100)
  await Promise.all(calls)
  t.equal(breaker.state, 'open')
})

t.test('calls with one key in flight are one call; a failure is not kept', async (t) => {
  const { resilience } = await buildWithClock(t)
  const waiting: PromiseWithResolvers<string>[] = []
  const breaker = resilience.breaker(
    'shared',
    (_context, _id: string) => {
      const next = Promise.withResolvers<string>()
      waiting.push(next)
      return next.promise
    },
    { coalesce: (id) => id }
  )
  const three = ['a', 'a', 'b'].map((id) => outcomes(1, () => breaker.call(noRequest, id)))
  await settled()
  t.equal(waiting.length, 2)
  waiting[0]!.reject(new Error('down'))
  waiting[1]!.resolve('b')
  t.strictSame((await Promise.all(three)).flat(), ['UPSTREAM_FAILED', 'UPSTREAM_FAILED', 'ok'])
  const again = breaker.call(noRequest, 'a')
  await settled()
  waiting[2]!.resolve('a')
  t.equal(await again, 'a')
})

t.test('the order of the strategies does not depend on the order of the options', async (t) => {
  const { resilience, clock } = await buildWithClock(t)
  let active = 0
  let most = 0
  const breaker = resilience.breaker(
    'all',
    async ({ signal }: CallContext, _id: string): Promise<string> => {
      most = Math.max(most, ++active)
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      active--
      throw signal.reason
    },
    {
      timeout: 100,
      bulkhead: 1,
      retry: { limit: 2, delay: 50 },
      coalesce: (id) => id,
      fallback: (error, { kind }) => `${kind} ${error.code}`,
      volumeThreshold: 3
    }
  )
  const three = ['a', 'a', 'b'].map((id) => breaker.detailed(noRequest, id))
  await clock.advance(1000)
  t.match(await Promise.all(three), [
    // One call for both, with three attempts that each have a timeout; each caller gets its fallback.
    { value: 'timeout TIMEOUT', attempts: 3, source: 'fallback' },
    { value: 'timeout TIMEOUT', attempts: 3, source: 'fallback' },
    // The bulkhead is inside of the retries, and a full bulkhead is not retried.
    { value: 'full BULKHEAD_FULL', attempts: 0, source: 'fallback' }
  ])
  t.equal(most, 1)
  // The breaker counts each attempt, not the call's final result.
  t.match(breaker.snapshot(), {
    state: 'open',
    counts: { timeout: 3, full: 1, success: 0 },
    retries: 2,
    degraded: 3
  })
})

t.test('a breaker has the types of the guarded function', async (t) => {
  const { resilience } = await buildWithClock(t)
  const breaker = resilience.breaker('typed', async (_context, id: number, name: string) => ({ id, name }), {
    key: (id) => id.toFixed(),
    fallback: (_error, { args: [id, name] }) => ({ id, name })
  })
  const { name }: { id: number; name: string } = await breaker.call(noRequest, 1, 'a')
  t.equal(name, 'a')
  // @ts-expect-error -- the name is missing
  void breaker.call(noRequest, 1)
  // @ts-expect-error -- the fallback must give what the function gives
  resilience.breaker('other', async (_context, id: number) => ({ id }), { fallback: () => 'a' })
})

t.test('injected faults hit calls in order, up to their number', async (t) => {
  const { resilience, clock } = await buildWithClock(t)
  const breaker = resilience.breaker('users', () => 'fine', { timeout: 100 })
  breaker.inject({ error: new Error('injected'), times: 2 })
  t.strictSame(await outcomes(3, () => breaker.call(noRequest)), ['UPSTREAM_FAILED', 'UPSTREAM_FAILED', 'ok'])
  const slow = breaker.inject({ delay: Infinity })
  const call = outcomes(1, () => breaker.call(noRequest))
  await clock.advance(100)
  t.strictSame(await call, ['TIMEOUT'])
  slow.release()
  t.equal(await breaker.call(noRequest), 'fine')
})

t.test('injecting a fault without the option faults throws', async (t) => {
  const { resilience } = await buildWithClock(t, { faults: false })
  const breaker = resilience.breaker('users', () => 'fine')
  t.throws(() => breaker.inject({ error: new Error('x') }), /"faults"/)
})

t.test('options of a breaker override its policy, which overrides the defaults', async (t) => {
  const { resilience, clock } = await buildWithClock(t, {
    defaults: { timeout: 1000, volumeThreshold: 3 },
    policies: { quick: { timeout: 100 } }
  })
  const quick = resilience.breaker('quick', hanging, { policy: 'quick' })
  const quicker = resilience.breaker('quicker', hanging, { policy: 'quick', timeout: 10 })
  const usual = resilience.breaker('usual', hanging)
  const ended: string[] = []
  for (const breaker of [usual, quick, quicker]) {
    void breaker
      .call(noRequest)
      .catch((error: ResilienceError) => ended.push(`${breaker.name} ${error.code}`))
  }
  await clock.advance(10)
  t.strictSame(ended, ['quicker TIMEOUT'])
  await clock.advance(90)
  t.equal(ended.length, 2)
  await clock.advance(900)
  t.equal(ended.length, 3)
})

t.test('errors carry the brand of client errors and hide internal details in their cause', async (t) => {
  const { resilience } = await buildWithClock(t)
  const breaker = resilience.breaker('users', () => {
    throw new Error('postgres://user:password@host')
  })
  const error = (await breaker.call(noRequest).catch((error: unknown) => error)) as ResilienceError
  t.equal(Symbol.for('seaworthy.error.v1') in error, true)
  t.notMatch(JSON.stringify([Object.entries(error), error.message]), /password/)
  t.match(error.cause, { message: /password/ })
})
