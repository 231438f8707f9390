// Fallbacks and last good values.
import t from 'tap'
import { buildWithClock, down, hanging, noRequest } from './helpers/app.ts'
import { outcomes } from './helpers/clock.ts'

t.test('a fallback gets the kind of failure and the arguments', async (t) => {
  const { resilience } = await buildWithClock(t)
  const breaker = resilience.breaker('users', (_context, _id: string): string => down(), {
    fallback: (error, { kind, args: [id] }) => {
      if (id === 'refuse') throw error
      return `${kind} ${error.statusCode} ${id}`
    },
    volumeThreshold: 2
  })
  t.match(await breaker.detailed(noRequest, 'a'), {
    value: 'upstream 502 a',
    degraded: true,
    source: 'fallback'
  })
  await t.rejects(breaker.call(noRequest, 'refuse'), { code: 'UPSTREAM_FAILED' })
  t.equal(await breaker.call(noRequest, 'b'), 'open 503 b')
  t.match(breaker.snapshot(), { degraded: 2, counts: { failure: 2, rejected: 1 } })
})

t.test('a fallback replaces only the kinds of failure in fallbackOn', async (t) => {
  const { resilience } = await buildWithClock(t)
  const breaker = resilience.breaker('users', (): string => down(), {
    fallback: () => 'x',
    fallbackOn: ['open']
  })
  t.strictSame(await outcomes(21, () => breaker.call(noRequest)), [
    ...Array.from({ length: 20 }, () => 'UPSTREAM_FAILED'),
    'ok'
  ])
})

t.test('if the fallback fails or times out, the caller gets the error of the call', async (t) => {
  const { resilience, clock } = await buildWithClock(t)
  const options = { fallbackTimeout: 20 }
  const broken = resilience.breaker('a', (): string => down(), { ...options, fallback: () => down() })
  await t.rejects(broken.call(noRequest), { code: 'UPSTREAM_FAILED', cause: { message: 'down' } })
  const signals: AbortSignal[] = []
  const stuck = resilience.breaker('b', (): string => down(), {
    ...options,
    fallback: (_error, { signal }) => {
      signals.push(signal)
      return hanging()
    }
  })
  const call = stuck.call(noRequest)
  await clock.advance(19)
  t.match(signals, [{ aborted: false }])
  const ended = t.rejects(call, { code: 'UPSTREAM_FAILED' })
  await clock.advance(1)
  await ended
  t.match(signals, [{ aborted: true }])
  t.equal(clock.pending, 0)
})

t.test('the last good value is served only for the same key and up to its maximum age', async (t) => {
  const { resilience, clock } = await buildWithClock(t)
  let up = true
  const breaker = resilience.breaker(
    'prices',
    (_context, tenant: string, item: string) => (up ? `${item} of ${tenant}` : down()),
    {
      lastGood: { maxAge: 60_000, key: (tenant, item) => `${tenant}/${item}`, maxEntries: 2 },
      fallback: () => 'unknown'
    }
  )
  await breaker.call(noRequest, 'a', 'tea')
  up = false
  t.match(await breaker.detailed(noRequest, 'a', 'tea'), {
    value: 'tea of a',
    degraded: true,
    source: 'lastGood'
  })
  t.match(await breaker.detailed(noRequest, 'b', 'tea'), { value: 'unknown', source: 'fallback' })
  t.match(breaker.snapshot(), { degraded: 2, counts: { failure: 2, success: 1 } })
  await clock.advance(60_001)
  t.match(await breaker.detailed(noRequest, 'a', 'tea'), { value: 'unknown' })
  up = true
  for (const tenant of ['a', 'b', 'c']) await breaker.call(noRequest, tenant, 'tea')
  up = false
  t.match(await breaker.detailed(noRequest, 'a', 'tea'), { source: 'fallback' }, 'the oldest made room')
  t.match(await breaker.detailed(noRequest, 'c', 'tea'), { source: 'lastGood' })
})
