import type { ServerResponse } from 'node:http'
import { exportJWK } from 'jose'
import t, { type Test } from 'tap'
import { build, pair, sign, type Answer } from './published-keys.ts'

const maxAge = 600_000

/** Moves the clock that the age of keys is read from; nothing else runs by it. */
function clock(t: Test): (milliseconds: number) => void {
  const real = performance.now.bind(performance)
  let ahead = 0
  performance.now = () => real() + ahead
  t.teardown(() => void (performance.now = real))
  return (milliseconds) => void (ahead += milliseconds)
}

/** An issuer that lets the fetch wait until it is told to answer. */
function held() {
  let asked: () => void = () => undefined
  const wasAsked = new Promise<void>((resolve) => (asked = resolve))
  const open = new Map<ServerResponse, string>()
  const answer: Answer = (response, keys) => {
    open.set(response, keys)
    response.once('close', () => open.delete(response))
    asked()
  }
  return {
    answer,
    wasAsked,
    waiting: () => open.size,
    release: () => {
      for (const [response, keys] of open) response.end(keys)
    }
  }
}

for (const cache of [0, 1000]) {
  const memory = `${cache ? 'with' : 'without'} memory`

  t.test(`ageing keys are fetched ahead, and no request waits for it, ${memory}`, async (t) => {
    const advance = clock(t)
    const { state, good, known, published, status } = await build(t, { jwksTimeout: 10_000 }, cache)
    const seen = await sign(known.privateKey, 'k1')
    const other = await sign(known.privateKey, 'k1')
    t.equal(await status(seen), 200)
    advance(maxAge * 0.75)
    t.equal(await status(seen), 200)
    t.equal(state.fetches, 1, 'young keys are not fetched again')

    const next = pair()
    published.keys = [{ ...(await exportJWK(next.publicKey)), kid: 'k2' }]
    const issuer = held()
    state.answer = issuer.answer
    advance(maxAge * 0.1)
    for (const token of [seen, other, seen]) t.equal(await status(token), 200)
    await issuer.wasAsked
    advance(maxAge * 0.1)
    t.equal(await status(other), 200)
    t.equal(issuer.waiting(), 1, 'the fetch is still under way')
    t.equal(state.fetches, 2, 'one for all of them')

    issuer.release()
    state.answer = good
    t.equal(await status(await sign(next.privateKey, 'k2')), 200, 'what it brought holds')
    t.equal(state.fetches, 2)
    t.equal(await status(seen), 401, 'and a key that it no longer has ends')
  })

  t.test(`past their age keys serve nobody before the issuer was asked, ${memory}`, async (t) => {
    const advance = clock(t)
    const { state, known, published, status, runs } = await build(t, {}, cache)
    const token = await sign(known.privateKey, 'k1')
    t.equal(await status(token), 200)
    published.keys = [{ ...(await exportJWK(pair().publicKey)), kid: 'k2' }]
    advance(maxAge * 1.5)
    const burst = await Promise.all(Array.from({ length: 20 }, () => status(token)))
    t.same(new Set(burst), new Set([401]))
    t.equal(state.fetches, 2)
    t.equal(runs(), 1)
  })

  t.test(`keys of a short age are fetched by it, however long the cooldown, ${memory}`, async (t) => {
    const advance = clock(t)
    const { known, published, status } = await build(t, { jwksMaxAge: 5000, jwksCooldown: maxAge }, cache)
    const token = await sign(known.privateKey, 'k1')
    t.equal(await status(token), 200)
    published.keys = [{ ...(await exportJWK(pair().publicKey)), kid: 'k2' }]
    advance(5001)
    t.equal(await status(token), 401)
  })
}
