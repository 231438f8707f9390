// Operators change modes and isolate breakers for a while.
import { until } from '@seaworthy/testing'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { resilience } from '../src/index.ts'
import { down, noRequest } from './helpers/app.ts'
import { ManualClock, outcomes } from './helpers/clock.ts'
import { otherPlugins } from './helpers/other-plugins.ts'

async function build(t: Test) {
  const app = Fastify()
  const { observed, plugin } = otherPlugins()
  t.teardown(() => app.close())
  const clock = new ManualClock()
  await app.register(plugin)
  await app.register(resilience, { shedding: false, clock })
  const users = app.resilience.breaker('users', down, {
    volumeThreshold: 1,
    health: { critical: true },
    resetTimeout: 600_000_000
  })
  await app.ready()
  const send = async (method: 'PUT' | 'POST' | 'DELETE', path: string, payload?: object) => {
    const response = await observed.operators.inject({
      method,
      url: `/breakers/${path}`,
      ...(payload && { payload })
    })
    return { status: response.statusCode, body: response.json<Record<string, unknown>>() }
  }
  const call = async () => (await outcomes(1, () => users.call(noRequest)))[0]
  const isReady = () => observed.checks['breaker:users']!.check(new AbortController().signal)
  return { clock, send, call, isReady, users }
}

t.test('a mode is set for a while, and that of the options returns', async (t) => {
  const { clock, send, call, isReady, users } = await build(t)
  t.equal(await call(), 'UPSTREAM_FAILED')
  t.equal(await call(), 'BREAKER_OPEN')
  t.equal(isReady(), false)
  for (const mode of ['observe', 'off']) {
    const { status, body } = await send('PUT', 'users/mode', { mode, ttl: 1000 })
    t.match({ status, body }, { status: 200, body: { name: 'users', override: { mode, until: Number } } })
    t.equal(await call(), 'UPSTREAM_FAILED', mode)
    t.equal(isReady(), true, 'it admits calls')
    await clock.advance(1000)
    t.equal(await call(), 'BREAKER_OPEN')
    t.equal(users.snapshot().override, undefined)
  }
  await send('PUT', 'users/mode', { mode: 'off' })
  t.match((await send('DELETE', 'users/mode')).body, { name: 'users' })
  t.equal(await call(), 'BREAKER_OPEN', 'ended by an operator')
  t.equal(clock.pending, 0)
})

t.test('wrong modes, times and names are refused, and change nothing', async (t) => {
  const { send, users } = await build(t)
  for (const body of [
    {},
    { mode: 'on' },
    { mode: 'off', ttl: 0 },
    { mode: 'off', ttl: 1e12 },
    { mode: 'off', ttl: '1' }
  ])
    t.equal((await send('PUT', 'users/mode', body)).status, 400, JSON.stringify(body))
  t.equal((await send('POST', 'users/isolate', { ttl: -1 })).status, 400)
  t.equal((await send('PUT', 'none/mode', { mode: 'off' })).status, 404)
  t.equal((await send('DELETE', 'none/mode')).status, 404)
  t.equal(users.snapshot().override, undefined)
  t.equal(users.state, 'closed')
})

t.test('an isolation may end by itself', async (t) => {
  const { send, users } = await build(t)
  t.match((await send('POST', 'users/isolate', { ttl: 20 })).body, { state: 'isolated' })
  await until('the release', () => users.state === 'closed')
})
