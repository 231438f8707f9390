import type { ServerResponse } from 'node:http'
import { exportJWK } from 'jose'
import t, { type Test } from 'tap'
import { build, pair, sign, type Answer } from './published-keys.ts'

const maxAge = 600_000

/** Moves the clock from which the age of keys is read. Nothing else uses it. */
function clock(t: Test): (milliseconds: number) => void {
  const real = performance.now.bind(performance)
  let ahead = 0
  performance.now = () => real() + ahead
  t.teardown(() => void (performance.now = real))
  return (milliseconds) => void (ahead += milliseconds)
}

/** An issuer that does not respond before {@link release} is called. */
function delayedIssuer() {
  let onFetch: () => void = () => undefined
  const fetched = new Promise<void>((resolve) => (onFetch = resolve))
  const open = new Map<ServerResponse, string>()
  const answer: Answer = (response, keys) => {
    open.set(response, keys)
    response.once('close', () => open.delete(response))
    onFetch()
  }
  return {
    answer,
    fetched,
    waiting: () => open.size,
    release: () => {
      for (const [response, keys] of open) response.end(keys)
    }
  }
}

for (const cache of [0, 1000]) {
  const variant = `${cache ? 'with' : 'without'} a cache of tokens`

  t.test(`keys are refreshed before they are too old, and no request waits, ${variant}`, async (t) => {
    const advance = clock(t)
    const { state, good, issuerKey, published, status } = await build(t, { jwksTimeout: 10_000 }, cache)
    const seen = await sign(issuerKey.privateKey, 'k1')
    const other = await sign(issuerKey.privateKey, 'k1')
    t.equal(await status(seen), 200)
    advance(maxAge * 0.75)
    t.equal(await status(seen), 200)
    t.equal(state.fetches, 1, 'fresh keys are not fetched again')

    const next = pair()
    published.keys = [{ ...(await exportJWK(next.publicKey)), kid: 'k2' }]
    const issuer = delayedIssuer()
    state.answer = issuer.answer
    advance(maxAge * 0.1)
    for (const token of [seen, other, seen]) t.equal(await status(token), 200)
    await issuer.fetched
    advance(maxAge * 0.1)
    t.equal(await status(other), 200)
    t.equal(issuer.waiting(), 1, 'the fetch is in progress')
    t.equal(state.fetches, 2, 'one fetch for all requests')

    issuer.release()
    state.answer = good
    t.equal(await status(await sign(next.privateKey, 'k2')), 200, 'the new key verifies')
    t.equal(state.fetches, 2)
    t.equal(await status(seen), 401, 'the removed key does not verify')
  })

  t.test(`keys that are too old are fetched before they verify, ${variant}`, async (t) => {
    const advance = clock(t)
    const { state, issuerKey, published, status, runs } = await build(t, {}, cache)
    const token = await sign(issuerKey.privateKey, 'k1')
    t.equal(await status(token), 200)
    published.keys = [{ ...(await exportJWK(pair().publicKey)), kid: 'k2' }]
    advance(maxAge * 1.5)
    const burst = await Promise.all(Array.from({ length: 20 }, () => status(token)))
    t.same(new Set(burst), new Set([401]))
    t.equal(state.fetches, 2)
    t.equal(runs(), 1)
  })

  t.test(`the cooldown does not delay a refresh by age, ${variant}`, async (t) => {
    const advance = clock(t)
    const { issuerKey, published, status } = await build(t, { jwksMaxAge: 5000, jwksCooldown: maxAge }, cache)
    const token = await sign(issuerKey.privateKey, 'k1')
    t.equal(await status(token), 200)
    published.keys = [{ ...(await exportJWK(pair().publicKey)), kid: 'k2' }]
    advance(5001)
    t.equal(await status(token), 401)
  })
}
