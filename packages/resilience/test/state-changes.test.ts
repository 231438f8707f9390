import { mock } from 'node:test'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import {
  type BreakerOptions,
  type BreakerStateChange,
  type CallContext,
  type Outcome,
  resilience
} from '../src/index.ts'
import { noRequest } from './helpers/app.ts'
import { ManualClock, outcomes, settled } from './helpers/clock.ts'
import { otherPlugins } from './helpers/other-plugins.ts'

interface LogLine {
  level: number
  msg: string
  breaker: string
  key?: string
  reason?: string
  retryAfter?: number
  err?: { message: string }
}

async function build(t: Test, options: BreakerOptions<[(string | undefined)?], string> = {}) {
  const lines: LogLine[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as LogLine) }
  const app = Fastify({ logger: { stream } })
  const { observed, plugin } = otherPlugins()
  t.teardown(() => app.close())
  const clock = new ManualClock()
  await app.register(plugin)
  await app.register(resilience, { clock, random: () => 0.5, shedding: false })
  const upstream = { isUp: false }
  const breaker = app.resilience.breaker(
    'users',
    (_context: CallContext, _key?: string): string => {
      if (!upstream.isUp) throw new Error('down')
      return 'fine'
    },
    { volumeThreshold: 2, ramp: 0, ...options }
  )
  const changes: BreakerStateChange[] = []
  const unsubscribe = breaker.onStateChange((change) => changes.push(change))
  await app.ready()
  const call = (key?: string) => outcomes(1, () => breaker.call(noRequest, key))
  return { app, breaker, call, changes, clock, lines, observed, unsubscribe, upstream }
}

const summary = (changes: BreakerStateChange[]) =>
  changes.map(({ from, to, reason }) => `${from} → ${to}: ${reason}`)

t.test('a listener gets each change of an outage, with its reason', async (t) => {
  const now = Date.UTC(2026, 0, 1)
  mock.timers.enable({ apis: ['Date'], now })
  t.teardown(() => mock.timers.reset())
  const { call, changes, clock, upstream } = await build(t)
  await call()
  await call()
  await clock.advance(30_000)
  await call()
  await clock.advance(60_000)
  upstream.isUp = true
  await call()
  t.strictSame(summary(changes), [
    'closed → open: failure-rate',
    'open → half-open: probe-started',
    'half-open → open: probe-failed',
    'open → half-open: probe-started',
    'half-open → closed: probe-succeeded'
  ])
  t.match(changes[0], { name: 'users', error: { message: 'down' }, retryAfter: 30, at: now })
  t.notOk('key' in changes[0]!)
  t.notOk('error' in changes.at(-1)!)
})

const openings: [string, BreakerOptions<[(string | undefined)?], string>][] = [
  ['consecutive-failures', { consecutive: 2 }],
  ['recovery-failed', { ramp: 4 }],
  ['slow-calls', { slowCall: 100 }]
]
for (const [reason, options] of openings) {
  t.test(`an opening can have the reason ${reason}`, async (t) => {
    const { app, breaker, call, changes, clock, upstream } = await build(t, options)
    if (reason === 'slow-calls') {
      const slow = app.resilience.breaker(
        'slow',
        () => new Promise((resolve) => clock.setTimeout(() => resolve('late'), 100)),
        { volumeThreshold: 1, ...(options as object) }
      )
      slow.onStateChange((change) => changes.push(change))
      const pending = slow.call(noRequest)
      await clock.advance(100)
      await pending
    } else {
      await call()
      await call()
    }
    if (reason === 'recovery-failed') {
      await clock.advance(30_000)
      upstream.isUp = true
      await call()
      upstream.isUp = false
      await call()
      t.equal(breaker.state, 'open')
    }
    t.equal(changes.at(-1)!.reason, reason)
  })
}

t.test(
  'after a probe without an outcome the state stays half-open, and the next call tests the service',
  async (t) => {
    let verdict: Outcome = 'failure'
    const { call, changes, clock, breaker } = await build(t, { isFailure: () => verdict })
    await call()
    await call()
    await clock.advance(30_000)
    verdict = 'ignore'
    await call()
    t.equal(summary(changes).at(-1), 'half-open → half-open: probe-ignored')
    t.equal(breaker.state, 'half-open')
    verdict = 'success'
    await call()
    t.equal(summary(changes).at(-1), 'half-open → closed: probe-succeeded')
  }
)

t.test('the changes of keys have the key', async (t) => {
  const { call, changes } = await build(t, { key: (key) => key ?? 'none' })
  for (const key of ['a', 'b', 'a']) await call(key)
  t.match(changes, [{ name: 'users', key: 'a', from: 'closed', to: 'open' }])
})

t.test('isolation is a change of the whole breaker', async (t) => {
  const { breaker, changes, call } = await build(t)
  const first = breaker.isolate()
  breaker.isolate()
  first.release()
  breaker.release()
  breaker.release()
  await call()
  await call()
  const { release } = breaker.isolate()
  release()
  t.strictSame(summary(changes), [
    'closed → isolated: isolated',
    'isolated → closed: released',
    'closed → open: failure-rate',
    'open → isolated: isolated',
    'isolated → open: released'
  ])
})

t.test('a listener that has unsubscribed is not called, others are', async (t) => {
  const { breaker, call, changes, unsubscribe } = await build(t)
  let calls = 0
  breaker.onStateChange(() => calls++)
  unsubscribe()
  unsubscribe()
  await call()
  await call()
  t.equal(changes.length, 0)
  t.equal(calls, 1)
})

t.test('a listener may unsubscribe, call the breaker and read its state', async (t) => {
  const { breaker, call, changes } = await build(t)
  const states: string[] = []
  const codes: string[] = []
  const unsubscribe = breaker.onStateChange(({ to }) => {
    unsubscribe()
    states.push(to, breaker.state)
    void call().then((result) => codes.push(...result))
  })
  await call()
  await call()
  await settled()
  t.strictSame(states, ['open', 'open'])
  t.strictSame(codes, ['BREAKER_OPEN'])
  t.equal(changes.length, 1)
})

t.test(
  'an error of a listener is logged with the name of the breaker, and the others are called',
  async (t) => {
    const { breaker, call, changes, lines } = await build(t)
    breaker.onStateChange(() => {
      throw new Error('listener failed')
    })
    breaker.onStateChange(async () => Promise.reject(new Error('async listener failed')))
    breaker.onStateChange((change) => changes.push(change))
    t.strictSame([...(await call()), ...(await call())], ['UPSTREAM_FAILED', 'UPSTREAM_FAILED'])
    await settled()
    t.equal(changes.length, 2)
    const failures = lines.filter(({ level }) => level === 50)
    t.match(failures, [
      { breaker: 'users', err: { message: 'listener failed' }, msg: /^resilience: .*"users"/ },
      { breaker: 'users', err: { message: 'async listener failed' } }
    ])
  }
)

t.test(
  'app.resilience.onStateChange has the changes of all breakers, also of fetch and later ones',
  async (t) => {
    const { app, call } = await build(t)
    const names: string[] = []
    const unsubscribe = app.resilience.onStateChange(({ name, to }) => names.push(`${name} ${to}`))
    const later = app.resilience.breaker('later', () => Promise.reject(new Error('down')), { consecutive: 1 })
    await outcomes(1, () => later.call(noRequest))
    await call()
    await call()
    app.resilience.policy('strict', { retry: false, consecutive: 1 })
    await outcomes(1, () => app.resilience.fetch(noRequest, 'http://127.0.0.1:1/', { policy: 'strict' }))
    t.strictSame(names, ['later open', 'users open', 'fetch:strict open'])
    unsubscribe()
    later.isolate()
    t.equal(names.length, 3)
  }
)

t.test('the log has a line for each change', async (t) => {
  const { breaker, call, clock, lines, upstream } = await build(t)
  await call()
  await call()
  await clock.advance(30_000)
  upstream.isUp = true
  await call()
  breaker.isolate()
  breaker.release()
  const changes = lines.filter(({ msg }) => msg.startsWith('resilience: breaker'))
  t.match(changes, [
    { level: 40, breaker: 'users', reason: 'failure-rate', retryAfter: 30, err: { message: 'down' } },
    { level: 30, msg: /half-open/, reason: 'probe-started' },
    { level: 30, msg: /breaker closed/, reason: 'probe-succeeded' },
    { level: 40, msg: /breaker isolated/ },
    { level: 30, msg: /breaker released/ }
  ])
  t.match(changes[0]!.msg, 'resilience: breaker open; one call tests the service in 30 s; check that service')
  t.equal(changes.length, 5)
})

t.test('the metric counts changes by breaker and state', async (t) => {
  const { breaker, call, observed } = await build(t, { key: (key) => key ?? 'none' })
  for (const key of ['a', 'b', 'a', 'b']) await call(key)
  breaker.isolate()
  t.equal(observed.values['breaker_state_changes_total users open'], 2)
  t.equal(observed.values['breaker_state_changes_total users isolated'], 1)
})
