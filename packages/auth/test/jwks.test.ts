import { generateKeyPairSync, sign as signBytes } from 'node:crypto'
import { until } from '@seaworthy/testing'
import Fastify from 'fastify'
import { exportJWK } from 'jose'
import t from 'tap'
import { auth } from '../src/index.ts'
import { build, idp, pair, sign, type Answer } from './published-keys.ts'
import { captureLog, secret } from './helpers.ts'

const bad: Record<string, Answer> = {
  'an error': (response, keys) => void response.writeHead(500).end(keys),
  silence: () => undefined,
  'half an answer': (response) => void response.writeHead(200).write('{"keys":['),
  '10 MB': (response, keys) => {
    response.writeHead(200)
    const block = Buffer.alloc(1024 * 1024, 32)
    for (let written = 0; written < 10; written++) response.write(block)
    response.end(keys)
  },
  'a redirect': (response) => void response.writeHead(302, { location: '/elsewhere' }).end(),
  'something else': (response) => void response.end('<html>'),
  'no keys': (response) => void response.end('{"keys":[]}'),
  'a closed connection': (response) => void response.destroy()
}

for (const [name, answer] of Object.entries(bad)) {
  t.test(`while the issuer returns ${name}, cached keys verify and unknown ones get 503`, async (t) => {
    const options = { jwksTimeout: 300, jwksMaxAge: 100, jwksCooldown: 50 }
    const { state, issuerKey, published, call, status, runs } = await build(t, options)
    const token = await sign(issuerKey.privateKey, 'k1')
    // On a busy machine the first fetch may time out.
    await until('the keys', async () => (await status(token)) === 200)
    state.answer = answer
    // The key is published, but the app cannot read it from such a response.
    const strange = pair()
    published.keys.push({ ...(await exportJWK(strange.publicKey)), kid: 'k9' })

    const before = state.fetches
    await until('a refresh', async () => {
      t.equal(await status(token), 200)
      return state.fetches > before
    })
    const ran = runs()
    const unknown = await sign(strange.privateKey, 'k9')
    await until('503', async () => (await status(unknown)) === 503)
    const rejected = await call(unknown)
    t.match(rejected, { statusCode: 503, headers: { 'retry-after': /^\d+$/ } })
    t.match(rejected.json(), { code: 'AUTH_KEYS_UNAVAILABLE' })
    t.equal(runs(), ran)
    t.equal(await status(token), 200, 'cached keys verify')
    t.equal(state.elsewhere, 0, 'no redirect is followed')
  })
}

t.test('tokens of an issuer that was not reachable at start are valid once it responds', async (t) => {
  const { state, good, issuerKey, status, runs } = await build(t, { jwksTimeout: 200, jwksCooldown: 50 })
  state.answer = bad.silence!
  const token = await sign(issuerKey.privateKey, 'k1')
  t.equal(await status(token), 503)
  t.equal(runs(), 0)
  state.answer = good
  await until('the keys', async () => (await status(token)) === 200)
  t.ok(runs() > 0)
})

t.test('old keys verify during an outage for jwksMaxStale', async (t) => {
  const { state, issuerKey, status } = await build(t, { jwksMaxAge: 50, jwksMaxStale: 200, jwksCooldown: 20 })
  const token = await sign(issuerKey.privateKey, 'k1')
  t.equal(await status(token), 200)
  state.answer = bad['an error']!
  await until('the limit', async () => (await status(token)) === 503)
  t.equal(await status(await sign(issuerKey.privateKey)), 503, 'also without a key id')
})

t.test('a hundred first requests make one fetch, and a thousand unknown keys at most one more', async (t) => {
  const { state, issuerKey, status, runs } = await build(t)
  const token = await sign(issuerKey.privateKey, 'k1')
  const cold = await Promise.all(Array.from({ length: 100 }, () => status(token)))
  t.ok(cold.every((code) => code === 200))
  t.equal(state.fetches, 1)
  const stranger = pair().privateKey
  const tokens = await Promise.all(Array.from({ length: 1000 }, (_, index) => sign(stranger, `x${index}`)))
  const answers = await Promise.all(tokens.map(status))
  t.ok(answers.every((code) => code === 401))
  t.ok(state.fetches <= 2, `${state.fetches} fetches`)
  t.equal(runs(), 100)
})

for (const cache of [0, 1000]) {
  t.test(
    `after a rotation the new key verifies and the removed one does not, ${cache ? 'with' : 'without'} a cache of tokens`,
    async (t) => {
      const { state, issuerKey, published, status } = await build(
        t,
        { jwksCooldown: 100, jwksMaxAge: 300 },
        cache
      )
      const old = await sign(issuerKey.privateKey, 'k1')
      t.equal(await status(old), 200)
      const next = pair()
      published.keys.push({ ...(await exportJWK(next.publicKey)), kid: 'k2' })
      const young = await sign(next.privateKey, 'k2')
      await until('the new key', async () => (await status(young)) === 200)
      t.equal(await status(old), 200, 'beside the old one')

      published.keys.shift()
      const fetched = state.fetches
      // Only the old token, which is cached: no other request causes a fetch.
      await until('the end of the old key', async () => (await status(old)) === 401)
      t.ok(state.fetches > fetched)
      t.equal(await status(young), 200)
    }
  )
}

t.test('an issuer may publish hundreds of keys with their certificates', async (t) => {
  const { issuerKey, published, status } = await build(t)
  const key = await exportJWK(pair().publicKey)
  const x5c = [Buffer.alloc(2000).toString('base64')]
  for (let index = 0; index < 700; index++) published.keys.unshift({ ...key, kid: `other-${index}`, x5c })
  t.equal(await status(await sign(issuerKey.privateKey, 'k1')), 200)
})

t.test('weak, foreign and unreadable published keys are not used', async (t) => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const encryption = pair()
  const other = pair()
  const { published, status, runs, state } = await build(t, { algorithms: ['ES256', 'RS256'] })
  published.keys = [
    { ...(await exportJWK(weak.publicKey)), kid: 'weak' },
    { ...(await exportJWK(encryption.publicKey)), kid: 'enc', use: 'enc' },
    { ...(await exportJWK(other.publicKey)), kid: 'alg', alg: 'ES384' },
    { kty: 'oct', k: Buffer.from(secret).toString('base64url'), kid: 'oct' },
    { kty: 'EC', crv: 'P-256', kid: 'broken' },
    ...published.keys
  ]
  // Signed here, because the library refuses such a key.
  const now = Math.floor(Date.now() / 1000)
  const text = [
    { alg: 'RS256', kid: 'weak' },
    { iss: idp, aud: 'api', sub: 'u1', iat: now, exp: now + 60 }
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const signature = signBytes('sha256', Buffer.from(text), weak.privateKey).toString('base64url')
  t.equal(await status(`${text}.${signature}`), 401)
  t.equal(await status(await sign(encryption.privateKey, 'enc')), 401)
  t.equal(await status(await sign(other.privateKey, 'alg')), 401)
  t.equal(await status(await sign(pair().privateKey, 'broken')), 401)
  t.equal(await status(await sign(pair().privateKey)), 401, 'without a key id among several keys')
  t.equal(runs(), 0)
  t.ok(state.fetches <= 2)
})

t.test('the warning about a failed fetch has the reason and the URL without its query', async (t) => {
  const { lines, logger } = captureLog()
  const app = Fastify({ logger })
  t.teardown(() => app.close())
  // No server listens on this port.
  const jwksUrl = 'http://127.0.0.1:1/keys?api-key=precious'
  await app.register(auth, {
    jwt: { issuers: [{ issuer: idp, audience: 'api', algorithms: ['ES256'], jwksUrl }] }
  })
  await app.ready()
  await until('the warning', async () => lines.some((line) => line.includes('cannot be fetched')))
  t.match(lines.join(''), /"url":"http:\/\/127\.0\.0\.1:1\/keys","reason":"fetch failed: .+"/)
  t.notMatch(lines.join(''), /precious/)
})
