// The body of the call that tests a service.
import t, { type Test } from 'tap'
import type { ResilienceOptions } from '../src/index.ts'
import { buildWithBody, bytes } from './helpers/body.ts'
import { settled } from './helpers/clock.ts'

/** A breaker of `fetch` that is half-open. */
async function halfOpen(t: Test, defaults: ResilienceOptions['defaults'] = {}) {
  const built = await buildWithBody(t, { defaults: { volumeThreshold: 1, resetTimeout: 1000, ...defaults } })
  const failing = built.fetch().then((response) => response.body!.getReader().read())
  await settled()
  built.body().error(new Error('reset'))
  await t.rejects(failing, { code: 'UPSTREAM_FAILED' })
  t.equal(built.breaker().state, 'open')
  await built.clock.advance(1000)
  return built
}

t.test('a download that tests the service lives while it flows', async (t) => {
  const { clock, fetch, body, breaker } = await halfOpen(t)
  const reader = (await fetch()).body!.getReader()
  for (let second = 0; second < 120; second++) {
    const part = reader.read()
    await clock.advance(1000)
    body().enqueue(bytes('a'))
    t.same(await part, { done: false, value: bytes('a') })
  }
  t.equal(breaker().state, 'closed')
  await reader.cancel()
  t.equal(clock.pending, 0)
})

for (const end of ['hangs', 'breaks']) {
  t.test(`a body that ${end} behind its first part fails the test of the service`, async (t) => {
    const { clock, fetch, body, breaker } = await halfOpen(t)
    const read = (await fetch()).arrayBuffer()
    const failed = t.rejects(read, { code: end === 'hangs' ? 'TIMEOUT' : 'UPSTREAM_FAILED' })
    body().enqueue(bytes('a'))
    await clock.advance(1500)
    t.equal(breaker().state, 'half-open')
    if (end === 'breaks') body().error(new Error('reset'))
    else await clock.advance(60_000)
    await failed
    t.equal(breaker().snapshot().lastChange!.reason, 'probe-failed')
  })
}

t.test('a reader that stops does not keep the breaker half-open', async (t) => {
  const { clock, fetch, body, breaker } = await halfOpen(t)
  const reader = (await fetch()).body!.getReader()
  const part = reader.read()
  await settled()
  body().enqueue(bytes('a'))
  await part
  await clock.advance(1000)
  t.equal(breaker().state, 'closed')
  await reader.cancel()
})

t.test('an event stream that tests the service may be silent, with bodyTimeout: false', async (t) => {
  const { clock, fetch, body, breaker } = await halfOpen(t, { bodyTimeout: false })
  const reader = (await fetch()).body!.getReader()
  const first = reader.read()
  await settled()
  body().enqueue(bytes('a'))
  await first
  const second = reader.read()
  await clock.advance(600_000)
  t.equal(breaker().state, 'closed')
  body().enqueue(bytes('b'))
  t.same(await second, { done: false, value: bytes('b') })
  await reader.cancel()
})
