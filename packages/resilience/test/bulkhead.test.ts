import t from 'tap'
import type { CallContext } from '../src/index.ts'
import { buildWithClock, hanging, noRequest } from './helpers/app.ts'
import { outcomes, settled, tally } from './helpers/clock.ts'

t.test(
  'a bulkhead of two admits two calls at once, and a timeout releases no slot while the work is pending',
  async (t) => {
    const { resilience, clock } = await buildWithClock(t)
    const ends: (() => void)[] = []
    let active = 0
    let most = 0
    const breaker = resilience.breaker(
      'narrow',
      async () => {
        most = Math.max(most, ++active)
        await new Promise<void>((resolve) => ends.push(resolve))
        active--
      },
      { bulkhead: 2, timeout: 100 }
    )
    const calls = Array.from({ length: 30 }, () => outcomes(1, () => breaker.call(noRequest)))
    await clock.advance(100)
    t.strictSame(tally((await Promise.all(calls)).flat()), { TIMEOUT: 2, BULKHEAD_FULL: 28 })
    t.strictSame(
      await outcomes(5, () => breaker.call(noRequest)),
      Array.from({ length: 5 }, () => 'BULKHEAD_FULL')
    )
    t.equal(breaker.state, 'closed')
    t.equal(most, 2)
    for (const end of ends) end()
    await settled()
    const next = breaker.call(noRequest)
    await settled()
    ends.at(-1)!()
    await next
    t.equal(most, 2)
  }
)

t.test('a full bulkhead rejects with 503 and Retry-After', async (t) => {
  const { resilience } = await buildWithClock(t)
  const breaker = resilience.breaker('narrow', hanging, { bulkhead: 1 })
  void breaker.call(noRequest).catch(() => undefined)
  t.match(await breaker.call(noRequest).catch((error: unknown) => error), {
    statusCode: 503,
    code: 'BULKHEAD_FULL',
    headers: { 'retry-after': '1' }
  })
})

t.test('the queue is limited, in order, and rejects calls that would wait too long', async (t) => {
  const { resilience, clock } = await buildWithClock(t)
  const order: number[] = []
  const work = async (_context: CallContext, id: number) => {
    order.push(id)
    await new Promise((resolve) => clock.setTimeout(() => resolve(undefined), 100))
  }
  const breaker = resilience.breaker('queued', work, {
    bulkhead: { limit: 1, queue: 2 },
    totalTimeout: 1000
  })
  const calls = [1, 2, 3, 4].map((id) => outcomes(1, () => breaker.call(noRequest, id)))
  await clock.advance(1000)
  t.strictSame((await Promise.all(calls)).flat(), ['ok', 'ok', 'ok', 'BULKHEAD_FULL'])
  t.strictSame(order, [1, 2, 3])

  const hurried = resilience.breaker('hurried', work, { bulkhead: { limit: 1, queue: 9 }, totalTimeout: 250 })
  const waits = [1, 2, 3, 4].map((id) => outcomes(1, () => hurried.call(noRequest, id)))
  await clock.advance(2000)
  await Promise.all(waits)
  const usual = [1, 2, 3, 4, 5].map((id) => outcomes(1, () => hurried.call(noRequest, id)))
  await settled()
  // At 100 ms a call, the fourth would start after its time, so it is rejected at once.
  t.strictSame((await Promise.all(usual.slice(3))).flat(), ['BULKHEAD_FULL', 'BULKHEAD_FULL'])
  await clock.advance(2000)
})

t.test('an adaptive bulkhead lowers its limit while calls are slower than usual', async (t) => {
  const { resilience, clock } = await buildWithClock(t)
  let active = 0
  let most = 0
  let takes = 10
  const breaker = resilience.breaker(
    'adaptive',
    async () => {
      most = Math.max(most, ++active)
      await new Promise((resolve) => clock.setTimeout(() => resolve(undefined), takes))
      active--
    },
    { bulkhead: { adaptive: true, limit: 20, minLimit: 2, maxLimit: 50 } }
  )
  const burst = async () => {
    most = 0
    const calls = Array.from({ length: 100 }, () => outcomes(1, () => breaker.call(noRequest)))
    await clock.advance(1000)
    await Promise.all(calls)
    return most
  }
  for (let i = 0; i < 10; i++) await burst()
  const wide = await burst()
  t.ok(wide > 20, `grown to ${wide}`)
  takes = 400
  await burst()
  const narrow = await burst()
  t.ok(narrow < wide / 2, `from ${wide} to ${narrow}`)
})
