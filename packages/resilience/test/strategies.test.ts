import { until } from '@seaworthy/testing'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { type CallContext, resilience, type ResilienceError, type ResilienceOptions } from '../src/index.ts'
import { ManualClock, outcomes, settled, tally } from './helpers/clock.ts'

const noRequest = null

async function build(t: Test, options: ResilienceOptions = {}) {
  const app = Fastify()
  t.teardown(() => app.close())
  const clock = new ManualClock()
  await app.register(resilience, { clock, random: () => 1, shedding: false, faults: true, ...options })
  return { app, clock, resilience: app.resilience }
}

const down = (): never => {
  throw new Error('down')
}
const hanging = () => new Promise<never>(() => undefined)

t.test('a timeout rejects with 504 and aborts only the signal of its call', async (t) => {
  const { resilience, clock } = await build(t)
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
  const { resilience, clock } = await build(t)
  const breaker = resilience.breaker('slow', hanging, { timeout: 100 })
  const calls = Array.from({ length: 20 }, () => outcomes(1, () => breaker.call(noRequest)))
  await clock.advance(100)
  await Promise.all(calls)
  t.equal(breaker.state, 'open')
})

t.test('the wait before each retry doubles, and retries stop at their limit', async (t) => {
  const { resilience, clock } = await build(t)
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
  // random() is 1 here: the longest waits.
  t.strictSame(at, [0, 100, 300, 550])
  t.equal(breaker.snapshot().retries, 3)
})

t.test('the waits between attempts are random', async (t) => {
  const { resilience, clock } = await build(t, { random: () => 0.25 })
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
  const { resilience, clock } = await build(t)
  let calls = 0
  const breaker = resilience.breaker('flaky', () => (++calls < 3 ? down() : 'fine'), { retry: true })
  const result = breaker.detailed(noRequest)
  await clock.advance(1000)
  t.match(await result, { value: 'fine', degraded: false, attempts: 3 })
})

t.test('calls that are not idempotent and errors that are no failure are not retried', async (t) => {
  const { resilience } = await build(t)
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
  const { resilience, clock } = await build(t)
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
  const { resilience, clock } = await build(t)
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
  const { resilience } = await build(t)
  const at = new Date(Date.now() + 60_000).toUTCString()
  const breaker = resilience.breaker('busy', () => {
    throw Object.assign(new Error('busy'), { status: 503, headers: { 'retry-after': at } })
  })
  const error = (await breaker.call(noRequest).catch((error: unknown) => error)) as ResilienceError
  t.ok(error.retryAfter! > 30 && error.retryAfter! <= 60, `${error.retryAfter}`)
})

t.test('the total timeout limits all attempts together', async (t) => {
  const { resilience, clock } = await build(t)
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

t.test('a hedge replaces a slow first attempt, which is aborted and not counted as a failure', async (t) => {
  const { resilience, clock } = await build(t)
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
  const { app, resilience, clock } = await build(t)
  const breaker = resilience.breaker('hedged', hanging, { hedge: { delay: 50 }, volumeThreshold: 1 })
  app.get('/', (request) => breaker.call(request))
  const answer = app.inject({ url: '/', headers: { 'x-envoy-expected-rq-timeout-ms': '200' } })
  await until('the call', () => clock.pending > 0)
  await clock.advance(200)
  t.match((await answer).json(), { code: 'DEADLINE_EXCEEDED', statusCode: 504 })
  t.match(breaker.snapshot(), { state: 'closed', retries: 1, counts: { timeout: 2 } })
})

t.test('hedges share the budget of retries', async (t) => {
  const { resilience, clock } = await build(t)
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

t.test(
  'a bulkhead of two admits two calls at once, and a timeout releases no slot while the work is pending',
  async (t) => {
    const { resilience, clock } = await build(t)
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
  const { resilience } = await build(t)
  const breaker = resilience.breaker('narrow', hanging, { bulkhead: 1 })
  void breaker.call(noRequest).catch(() => undefined)
  t.match(await breaker.call(noRequest).catch((error: unknown) => error), {
    statusCode: 503,
    code: 'BULKHEAD_FULL',
    headers: { 'retry-after': '1' }
  })
})

t.test('the queue is limited, in order, and rejects calls that would wait too long', async (t) => {
  const { resilience, clock } = await build(t)
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
  const { resilience, clock } = await build(t)
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

t.test('a fallback gets the kind of failure and the arguments', async (t) => {
  const { resilience } = await build(t)
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
  const { resilience } = await build(t)
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
  const { resilience, clock } = await build(t)
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
  const { resilience, clock } = await build(t)
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

t.test('calls with one key in flight are one call; a failure is not kept', async (t) => {
  const { resilience } = await build(t)
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
  const { resilience, clock } = await build(t)
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
  const { resilience } = await build(t)
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
  const { resilience, clock } = await build(t)
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
  const { resilience } = await build(t, { faults: false })
  const breaker = resilience.breaker('users', () => 'fine')
  t.throws(() => breaker.inject({ error: new Error('x') }), /"faults"/)
})

t.test('options of a breaker override its policy, which overrides the defaults', async (t) => {
  const { resilience, clock } = await build(t, {
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
  const { resilience } = await build(t)
  const breaker = resilience.breaker('users', () => {
    throw new Error('postgres://user:password@host')
  })
  const error = (await breaker.call(noRequest).catch((error: unknown) => error)) as ResilienceError
  t.equal(Symbol.for('seaworthy.error.v1') in error, true)
  t.notMatch(JSON.stringify([Object.entries(error), error.message]), /password/)
  t.match(error.cause, { message: /password/ })
})
