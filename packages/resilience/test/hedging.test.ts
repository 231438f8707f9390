import { until } from '@seaworthy/testing'
import t from 'tap'
import type { CallContext } from '../src/index.ts'
import { buildWithClock, hanging, noRequest } from './helpers/app.ts'
import { outcomes } from './helpers/clock.ts'

t.test('a hedge replaces a slow first attempt, which is aborted and not counted as a failure', async (t) => {
  const { resilience, clock } = await buildWithClock(t)
  const signals: AbortSignal[] = []
  const breaker = resilience.breaker(
    'hedged',
    ({ signal, attempt }: CallContext) => {
      signals.push(signal)
      return attempt === 1 ? hanging() : 'second'
    },
    { hedge: { delay: 50 } }
  )
  const result = breaker.detailed(noRequest)
  await clock.advance(50)
  t.match(await result, { value: 'second', attempts: 2 })
  t.match(signals, [{ aborted: true }, { aborted: false }])
  t.match(breaker.snapshot().counts, { success: 1, canceled: 1, failure: 0 })
})

t.test("hedged calls that are cut by a request's deadline do not count as failures", async (t) => {
  const { app, resilience, clock } = await buildWithClock(t)
  const breaker = resilience.breaker('hedged', hanging, { hedge: { delay: 50 }, volumeThreshold: 1 })
  app.get('/', (request) => breaker.call(request))
  const answer = app.inject({ url: '/', headers: { 'x-envoy-expected-rq-timeout-ms': '200' } })
  await until('the call', () => clock.pending > 0)
  await clock.advance(200)
  t.match((await answer).json(), { code: 'DEADLINE_EXCEEDED', statusCode: 504 })
  t.match(breaker.snapshot(), { state: 'closed', retries: 1, counts: { timeout: 2 } })
})

t.test('hedges share the budget of retries', async (t) => {
  const { resilience, clock } = await buildWithClock(t)
  let calls = 0
  const breaker = resilience.breaker(
    'hedged',
    () => {
      calls++
      return hanging()
    },
    { hedge: { delay: 10 }, retry: { limit: 1, floor: 3, budget: 0 }, timeout: 100 }
  )
  const all = Array.from({ length: 50 }, () => outcomes(1, () => breaker.call(noRequest)))
  await clock.advance(200)
  await Promise.all(all)
  t.equal(calls, 53)
})
