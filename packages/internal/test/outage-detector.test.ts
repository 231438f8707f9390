// Whatever a Redis has done: once it works again, calls are tried and it counts as up within a bound.
import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { RedisClient } from '../src/index.ts'
import { redisOnFakeClock } from './redis-on-fake-clock.ts'

type Mode = 'well' | 'frozen' | 'gone' | 'connecting' | 'full' | 'of key' | 'forbids ping' | 'throws'
const modes: readonly Mode[] = [
  'well',
  'frozen',
  'gone',
  'connecting',
  'full',
  'of key',
  'forbids ping',
  'throws'
]

const statuses: Partial<Record<Mode, string>> = { gone: 'reconnecting', connecting: 'connect' }
const refusals: Partial<Record<Mode, string>> = {
  full: 'OOM command not allowed when used memory > maxmemory',
  'of key': 'WRONGTYPE Operation against a key holding the wrong kind of value'
}

/** A Redis on a fake clock that does what its mode says. */
function setUp(t: Test) {
  const seen = { mode: 'well' as Mode, changes: [] as boolean[], reconnects: 0, calls: 0 }
  const reply = async (isPing: boolean) => {
    seen.calls++
    const { mode } = seen
    if (mode === 'frozen' || mode === 'connecting') return new Promise(() => undefined)
    if (mode === 'gone') throw new Error('Connection is closed.')
    if (isPing && mode === 'forbids ping') throw new Error('NOPERM this user has no permissions')
    const refusal = isPing ? undefined : refusals[mode]
    if (refusal !== undefined) throw Object.assign(new Error(refusal), { name: 'ReplyError' })
    return 1
  }
  const call = (isPing: boolean): Promise<unknown> => {
    if (seen.mode === 'throws') throw new Error('this client throws')
    return reply(isPing)
  }
  const client: RedisClient = {
    get status() {
      return statuses[seen.mode] ?? 'ready'
    },
    eval: () => call(false),
    evalsha: () => call(false),
    ping: () => call(true)
  }
  const redis = redisOnFakeClock(t, {
    client,
    onChange: (up) => seen.changes.push(up),
    reconnect: () => seen.reconnects++
  })
  return { seen, ...redis }
}

type Event = { mode: Mode } | { calls: number } | { passes: number }
const event = fc.oneof(
  fc.constantFrom(...modes).map((mode): Event => ({ mode })),
  fc.integer({ min: 1, max: 25 }).map((calls): Event => ({ calls })),
  fc.integer({ min: 1, max: 9000 }).map((passes): Event => ({ passes }))
)

t.test('after any sequence of outages a Redis that works is up within 31 seconds', async (t) => {
  const { seen, redis, advance, call } = setUp(t)
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 40 }), async (events) => {
      for (const next of events) {
        if ('mode' in next) seen.mode = next.mode
        else if ('passes' in next) await advance(next.passes)
        else for (let count = 0; count < next.calls; count++) void call()
        await advance(60)
      }
      seen.mode = 'well'
      let waited = 0
      for (; waited <= 31_000 && !redis.up; waited += 250) {
        void call()
        await advance(250)
      }
      const last = call()
      await advance(60)
      return redis.up && (await last)
    }),
    { numRuns: 60 }
  )
  const same = seen.changes.filter((up, index) => up && up === seen.changes[index - 1])
  t.strictSame(same, [], 'it comes up only after it was down')
})

t.test('an outage without refusals ends with the next probe, also without a call', async (t) => {
  const { seen, redis, advance, call } = setUp(t)
  seen.mode = 'frozen'
  for (let count = 0; count < 3; count++) void call()
  await advance(60)
  t.equal(redis.up, false)
  const before = seen.calls
  t.equal(await call(), false, 'at once, without a call')
  t.equal(seen.calls, before)
  seen.mode = 'well'
  await advance(6000)
  await advance(250)
  t.equal(redis.up, true)
})

t.test('a call of another kind that works ends an outage of the connection, not a refusal', async (t) => {
  for (const { mode, up } of [
    { mode: 'gone', up: true },
    { mode: 'full', up: false }
  ] as const) {
    const { seen, redis, advance, call } = setUp(t)
    seen.mode = mode
    void call()
    await advance(60)
    t.equal(redis.up, false, mode)
    seen.mode = 'well'
    redis.noteReachable()
    t.equal(redis.up, up, mode)
  }
})

t.test('a connection on which nothing comes back is replaced after five seconds', async (t) => {
  for (const mode of ['frozen', 'connecting'] as const) {
    const { seen, advance, call } = setUp(t)
    seen.mode = mode
    for (let count = 0; count < 3; count++) void call()
    await advance(60)
    for (let passed = 0; passed < 4900; passed += 250) await advance(250)
    t.equal(seen.reconnects, 0, mode)
    for (let passed = 0; passed < 1000; passed += 250) await advance(250)
    t.equal(seen.reconnects, 1, mode)
  }
})

t.test('a connection that dies while Redis refuses calls is replaced too, with the next probe', async (t) => {
  const { seen, advance, call } = setUp(t)
  seen.mode = 'full'
  for (let passed = 0; passed < 300_000; passed += 1000) {
    void call()
    await advance(1000)
  }
  seen.mode = 'frozen'
  for (let passed = 0; passed < 62_000; passed += 250) {
    void call()
    await advance(250)
  }
  t.ok(seen.reconnects > 0, `${seen.reconnects} replaced`)
})

t.test('a client that throws fails the call, once', async (t) => {
  const { seen, redis, advance, call } = setUp(t)
  seen.mode = 'throws'
  t.equal(await call(), false)
  await advance(1000)
  t.strictSame(seen.changes, [false])
  seen.mode = 'well'
  await advance(250)
  t.equal(redis.up, true)
})
