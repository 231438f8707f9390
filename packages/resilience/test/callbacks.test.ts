import Fastify from 'fastify'
import CircuitBreaker from 'opossum'
import t, { type Test } from 'tap'
import { type BreakerOptions, type CallContext, resilience } from '../src/index.ts'
import { buildWithClock, noRequest } from './helpers/app.ts'
import { outcomes, settled } from './helpers/clock.ts'

type Order = { id: string } | undefined
type Options = BreakerOptions<[Order], string>

/** As Bluebird and query builders have them. */
const promiseOfALibrary = {
  // oxlint-disable-next-line unicorn/no-thenable -- it is one
  then: (_resolve: unknown, reject: (error: Error) => void) => reject(new Error('later'))
}

async function build(t: Test, options: Options) {
  const { app, clock } = await buildWithClock(t)
  const upstream = { calls: 0, answer: (): string | Promise<string> => 'fine' }
  const breaker = app.resilience.breaker(
    'orders',
    (_context: CallContext, _order: Order) => {
      upstream.calls++
      return upstream.answer()
    },
    options
  )
  return { breaker, upstream, clock }
}

const broken = (order: Order): never => {
  throw new RangeError(`no id in ${typeof order}`)
}
const throwing: Record<string, Options> = {
  key: { key: broken },
  coalesce: { coalesce: broken },
  idempotent: { idempotent: broken, retry: true },
  'idempotent of a hedge': { idempotent: broken, hedge: { delay: 10 } },
  isFailure: { isFailure: () => broken(undefined) },
  'lastGood.key': { lastGood: { maxAge: 1000, key: broken } }
}

for (const [name, options] of Object.entries(throwing)) {
  const option = name.split(' ')[0]!
  t.test(`a function ${name} that throws fails its call, and the error names it`, async (t) => {
    const { breaker, upstream } = await build(t, options)
    for (const answer of [() => 'fine', () => Promise.reject(new Error('down'))]) {
      upstream.answer = answer
      for (const call of [breaker.call, breaker.detailed]) {
        const error = await call(noRequest, undefined).catch((reason: unknown) => reason)
        t.match(error, { code: 'CALLBACK_FAILED', option, cause: { name: 'RangeError' } })
        t.match((error as Error).message, `the option "${option}" of the breaker "orders" threw`)
      }
    }
    await settled()
  })

  t.test(`a function ${name} that is asynchronous fails its call`, async (t) => {
    for (const later of [async () => Promise.reject(new Error('later')), () => promiseOfALibrary]) {
      const asynchronous = Object.fromEntries(
        Object.entries(options).map(([key, value]) => [key, typeof value === 'function' ? later : value])
      ) as Options
      if (option === 'lastGood.key') asynchronous.lastGood = { maxAge: 1000, key: later as never }
      const { breaker } = await build(t, asynchronous)
      t.match(await outcomes(1, () => breaker.call(noRequest, undefined)), ['CALLBACK_FAILED'])
    }
  })
}

t.test('an outcome that isFailure made up fails the call, which settles', async (t) => {
  const { breaker } = await build(t, { isFailure: (() => 'fail') as never })
  const error = await breaker.call(noRequest, undefined).catch((reason: unknown) => reason as Error)
  t.match((error as Error).message, "got 'fail'")
})

t.test(
  'keys that are numbers are texts, and a fallback that throws leaves the error of the call',
  async (t) => {
    const { breaker, upstream } = await build(t, {
      key: (() => 7) as never,
      volumeThreshold: 1,
      fallback: () => broken(undefined)
    })
    upstream.answer = () => Promise.reject(new Error('down'))
    t.match(await outcomes(1, () => breaker.call(noRequest, undefined)), ['UPSTREAM_FAILED'])
    t.match(breaker.snapshot().keys, { 7: 'open' })
  }
)

t.test('a result whose then throws fails the call', async (t) => {
  const { breaker, upstream } = await build(t, {})
  const get = () => {
    throw new Error('no then')
  }
  // oxlint-disable-next-line unicorn/no-thenable -- what a broken library may return
  upstream.answer = () => Object.defineProperty({}, 'then', { get }) as never
  t.match(await outcomes(1, () => breaker.call(noRequest, undefined)), ['UPSTREAM_FAILED'])
})

t.test(
  'a coalesced call that got lost is replaced, and those that wait for it get the new result',
  async (t) => {
    const { breaker, upstream, clock } = await build(t, {
      coalesce: () => 'all',
      timeout: false,
      totalTimeout: false
    })
    upstream.answer = () => new Promise(() => undefined)
    const early = breaker.call(noRequest, undefined)
    await clock.advance(30_001)
    upstream.answer = () => 'new'
    t.equal(await breaker.call(noRequest, undefined), 'new')
    t.equal(await early, 'new')
    t.equal(upstream.calls, 2)
  }
)

t.test(
  'a Retry-After of years is not waited for, and reaches the caller as what a timer takes',
  async (t) => {
    const { breaker, upstream } = await build(t, { retry: true, timeout: false, totalTimeout: false })
    for (const retryAfter of [999_999_999, Infinity]) {
      upstream.answer = () => Promise.reject(Object.assign(new Error('down'), { retryAfter }))
      await t.rejects(breaker.call(noRequest, undefined), { code: 'UPSTREAM_FAILED', retryAfter: 2_147_483 })
    }
  }
)

/** An app, and its warnings. */
async function buildWithLog(t: Test) {
  const lines: { level: number; msg: string }[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as never) }
  const app = Fastify({ logger: { stream, level: 'warn' } })
  t.teardown(() => app.close())
  await app.register(resilience)
  return { app, lines }
}

t.test('a call whose request is forgotten is rejected, one without any is named once', async (t) => {
  const { app, lines } = await buildWithLog(t)
  const opossum = new CircuitBreaker(async (id: string) => id)
  for (const breaker of [
    app.resilience.breaker('prices', async (_context, id: string) => id),
    app.resilience.adopt('stock', opossum)
  ]) {
    const call = breaker.call as (...args: unknown[]) => Promise<string>
    for (const argument of ['7', 7, { id: '7' }])
      await t.rejects(call.call(breaker, argument, '7'), {
        name: 'TypeError',
        message: new RegExp(`"${breaker.name}" must be the request, or null`)
      })
    t.equal(await call.call(breaker, undefined, '7'), '7')
    t.equal(await call.call(breaker, undefined, '7'), '7')
    // oxlint-disable-next-line eslint/no-useless-call -- a breaker's `call` is not that of a function
    t.equal(await breaker.call(null, '7'), '7')
  }
  const named = lines.filter(({ msg }) => msg.includes('is called without a request'))
  t.equal(named.length, 2, 'once for each breaker')
})

t.test(
  'a guarded function that takes a callback is named once, because the breaker sees no failure of it',
  async (t) => {
    const { app, lines } = await buildWithLog(t)
    type Callback = (error: Error | null) => void
    const fails = (_context: unknown, callback: Callback): void => callback(new Error('down'))
    const breaker = app.resilience.breaker('files', fails)
    for (let i = 0; i < 3; i++) await breaker.call(noRequest, () => undefined)
    const named = lines.filter(({ msg }) => msg.includes('"files" takes a callback'))
    t.equal(named.length, 1)
    t.equal(named[0]?.level, 40)
  }
)

t.test('a guarded function with a callback and a result of its own is not named', async (t) => {
  const { app, lines } = await buildWithLog(t)
  const each = app.resilience.breaker('each', async (_context, use: (n: number) => void) => use(1))
  await each.call(noRequest, () => undefined)
  const none = app.resilience.breaker('none', () => undefined)
  await none.call(noRequest)
  t.notOk(lines.some(({ msg }) => msg.includes('takes a callback')))
})
