// A breaker whose keys have a circuit each.
import t from 'tap'
import type { Breaker } from '../src/index.ts'
import { buildWithClock, down, guardedService, noRequest } from './helpers/app.ts'
import { outcomes } from './helpers/clock.ts'

t.test(
  'with ten thousand keys the number of breakers stays at maxKeys, and open ones are kept',
  async (t) => {
    const { app, clock } = await buildWithClock(t)
    const breaker = app.resilience.breaker(
      'shards',
      (_context, key: string) => (key === '7' ? down() : key),
      {
        key: (key) => key,
        maxKeys: 100,
        idleTimeout: 60_000
      }
    )
    await outcomes(20, () => breaker.call(noRequest, '7'))
    for (let key = 8; key < 10_008; key++) await breaker.call(noRequest, String(key))
    t.match(breaker.snapshot(), { size: 100, keys: { '7': 'open' }, state: 'open' })
    await clock.advance(60_001)
    t.match(breaker.snapshot(), { keys: {} })
    t.equal(breaker.snapshot().size, 0)
  }
)

t.test('an open breaker of one key does not reject calls of other keys', async (t) => {
  const { app } = await buildWithClock(t)
  const breaker: Breaker<[string], string> = app.resilience.breaker(
    'hosts',
    (_context, host: string) => (host === 'a' ? down() : host),
    { key: (host) => host }
  )
  await outcomes(20, () => breaker.call(noRequest, 'a'))
  t.strictSame(await outcomes(1, () => breaker.call(noRequest, 'a')), ['BREAKER_OPEN'])
  t.equal(await breaker.call(noRequest, 'b'), 'b')
})

t.test('failures are counted for each key separately', async (t) => {
  const { app } = await buildWithClock(t)
  const breaker = app.resilience.breaker('hosts', (_context, _host: string): string => down(), {
    key: (host) => host
  })
  for (let round = 0; round < 19; round++) {
    for (const host of ['a', 'b', 'c']) await outcomes(1, () => breaker.call(noRequest, host))
  }
  t.match(breaker.snapshot(), { state: 'closed', size: 3 })
  await outcomes(1, () => breaker.call(noRequest, 'b'))
  t.strictSame(breaker.snapshot().keys, { b: 'open' })
})

t.test('a breaker without keys is never evicted', async (t) => {
  const { clock, upstream, breaker, call } = await guardedService(t, {
    idleTimeout: 1000,
    resetTimeout: 100_000
  })
  upstream.answer = down
  await outcomes(20, call)
  await clock.advance(50_000)
  t.match(breaker.snapshot(), { state: 'open', size: 1 })
  t.strictSame(await outcomes(1, call), ['BREAKER_OPEN'])
})

t.test('keys with the names of members of objects have breakers too', async (t) => {
  const { app } = await buildWithClock(t)
  const breaker = app.resilience.breaker('hosts', (_context, _host: string): string => down(), {
    key: (host) => host,
    volumeThreshold: 1
  })
  for (const host of ['__proto__', 'constructor', 'a']) await outcomes(1, () => breaker.call(noRequest, host))
  t.strictSame(Object.entries(breaker.snapshot().keys!), [
    ['__proto__', 'open'],
    ['constructor', 'open'],
    ['a', 'open']
  ])
})
