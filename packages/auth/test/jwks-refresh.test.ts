import type { ServerResponse } from 'node:http'
import { exportJWK } from 'jose'
import t from 'tap'
import { build, clock, pair, sign, type Answer } from './published-keys.ts'

const maxAge = 600_000

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

const cooldown = 30_000

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

  t.test(`a new key with the id of an old one verifies after one more fetch, ${variant}`, async (t) => {
    const advance = clock(t)
    const { state, issuerKey, published, status } = await build(t, {}, cache)
    const old = await sign(issuerKey.privateKey, 'k1')
    t.equal(await status(old), 200)
    const next = pair()
    published.keys = [{ ...(await exportJWK(next.publicKey)), kid: 'k1' }]
    advance(cooldown)
    const tokens = await Promise.all(Array.from({ length: 20 }, () => sign(next.privateKey, 'k1')))
    t.same(new Set(await Promise.all(tokens.map(status))), new Set([200]))
    t.equal(state.fetches, 2, 'one fetch for all')
    t.equal(await status(old), 401, 'the old key does not verify')
    t.equal(await status(await sign(next.privateKey)), 200, 'also without a key id')
    t.equal(state.fetches, 2)
  })

  t.test(
    `tokens with a wrong signature cause one fetch in a cooldown, and get 401, ${variant}`,
    async (t) => {
      const advance = clock(t)
      const { state, issuerKey, status, runs } = await build(t, {}, cache)
      t.equal(await status(await sign(issuerKey.privateKey, 'k1')), 200)
      const stranger = pair().privateKey
      const attack = async (): Promise<number[]> =>
        Promise.all((await Promise.all(Array.from({ length: 50 }, () => sign(stranger, 'k1')))).map(status))
      t.same(new Set(await attack()), new Set([401]))
      t.equal(state.fetches, 1, 'the last fetch was just before')
      advance(cooldown)
      for (let round = 0; round < 3; round++) t.same(new Set(await attack()), new Set([401]))
      t.equal(state.fetches, 2)

      state.answer = (response) => void response.writeHead(500).end()
      advance(cooldown)
      t.same(new Set(await attack()), new Set([401]), 'the issuer is down')
      t.equal(state.fetches, 3)
      t.equal(await status(await sign(issuerKey.privateKey, 'k1')), 200, 'its keys verify')
      t.equal(runs(), 2)
    }
  )
}
