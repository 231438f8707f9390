import {
  checkPrimeSync,
  createPrivateKey,
  generateKeyPairSync,
  generatePrimeSync,
  sign as signBytes,
  type KeyObject
} from 'node:crypto'
import { until } from '@seaworthy/testing'
import { exportJWK } from 'jose'
import t, { type Test } from 'tap'
import { build, idp, pair } from './published-keys.ts'

type Jwk = Record<string, unknown>

const rsa = (publicExponent = 65_537) => generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent })

/** A private key with these factors. */
function rsaOf(p: bigint, q: bigint): KeyObject {
  const bytes = (value: bigint): string => {
    const hex = value.toString(16)
    return Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex').toString('base64url')
  }
  const e = 65_537n
  const d = inverse(e, (p - 1n) * (q - 1n))
  const jwk = { n: p * q, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) }
  const texts = Object.fromEntries(Object.entries(jwk).map(([name, value]) => [name, bytes(value)]))
  return createPrivateKey({ key: { kty: 'RSA', ...texts }, format: 'jwk' })
}

/** The inverse by Euclid's algorithm. */
function inverse(value: bigint, base: bigint): bigint {
  let [r, newR, x, newX] = [base, value % base, 0n, 1n]
  while (newR !== 0n) {
    const quotient = r / newR
    ;[r, newR] = [newR, r - quotient * newR]
    ;[x, newX] = [newX, x - quotient * newX]
  }
  return ((x % base) + base) % base
}

/** Two primes as the flawed library of CVE-2017-15361 made them. */
function rocaKey(): KeyObject {
  const primes = [
    3n,
    5n,
    7n,
    11n,
    13n,
    17n,
    19n,
    23n,
    29n,
    31n,
    37n,
    41n,
    43n,
    47n,
    53n,
    59n,
    61n,
    67n,
    71n,
    73n,
    79n,
    83n,
    89n,
    97n,
    101n,
    103n,
    107n,
    109n,
    113n,
    127n,
    131n,
    137n,
    139n,
    149n,
    151n,
    157n,
    163n,
    167n
  ]
  const base = 2n * primes.reduce((product, prime) => product * prime)
  const power = (exponent: number): bigint => {
    let value = 1n
    for (let at = 0; at < exponent; at++) value = (value * 65_537n) % base
    return value
  }
  const prime = (exponent: number): bigint =>
    generatePrimeSync(1024, { bigint: true, add: base, rem: power(exponent) })
  return rsaOf(prime(1234), prime(4321))
}

/** Two primes next to each other, as in CVE-2022-26320. */
function closeKey(): KeyObject {
  const p = generatePrimeSync(1024, { bigint: true })
  let q = p + 2n
  while (!checkPrimeSync(q)) q += 2n
  return rsaOf(p, q)
}

/** Signed here, because libraries refuse such keys. */
function token(key: KeyObject, alg: string, kid: string | undefined): string {
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: idp, aud: 'api', sub: 'u1', iat: now, exp: now + 600 }
  const text = [{ alg, ...(kid === undefined ? {} : { kid }) }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const options = alg.startsWith('ES') ? { key, dsaEncoding: 'ieee-p1363' as const } : key
  return `${text}.${signBytes('sha256', Buffer.from(text), options).toString('base64url')}`
}

/** An app and its issuer, which publishes each JWK beside a usable key. */
async function publishing(t: Test, jwks: readonly Jwk[]) {
  const made = await build(t, { algorithms: ['RS256', 'ES256'], jwksCooldown: 1 })
  made.published.keys.push(...jwks)
  const good = token(made.issuerKey.privateKey, 'ES256', 'k1')
  await until('the keys', async () => (await made.status(good)) === 200)
  return { ...made, before: made.runs() }
}

const jwkOf = async (key: KeyObject, more: Jwk): Promise<Jwk> => ({
  ...(await exportJWK(key)),
  ...more
})

t.test('a published key serves only what use, key_ops and alg allow', async (t) => {
  const { publicKey, privateKey } = rsa()
  const limits: [more: Jwk, status: number][] = [
    [{}, 200],
    [{ use: 'sig', alg: 'RS256', key_ops: ['verify'] }, 200],
    [{ key_ops: ['sign', 'verify'] }, 200],
    [{ use: 'enc' }, 401],
    [{ use: '' }, 401],
    [{ use: ['sig'] }, 401],
    [{ key_ops: [] }, 401],
    [{ key_ops: ['encrypt'] }, 401],
    [{ key_ops: ['sign'] }, 401],
    [{ key_ops: 'verify' }, 401],
    [{ use: 'sig', key_ops: ['wrapKey'] }, 401],
    [{ use: 'enc', key_ops: ['verify'] }, 401],
    [{ alg: 'RS512' }, 401],
    [{ alg: 'PS256' }, 401],
    [{ alg: 'RSA-OAEP' }, 401],
    [{ alg: 'RSA1_5', use: 'sig' }, 401],
    [{ alg: 'ES256' }, 401],
    [{ alg: 'HS256' }, 401],
    [{ alg: ['RS256'] }, 401],
    [{ alg: '' }, 401]
  ]
  const jwks = await Promise.all(
    limits.map(([more], index) => jwkOf(publicKey, { ...more, kid: `l${index}` }))
  )
  const { status } = await publishing(t, jwks)
  for (const [index, [more, expected]] of limits.entries())
    t.equal(await status(token(privateKey, 'RS256', `l${index}`)), expected, JSON.stringify(more))
})

t.test('RSA keys with a small exponent or a weak modulus are rejected', async (t) => {
  const weak: Record<string, KeyObject> = {
    three: rsa(3).privateKey,
    seventeen: rsa(17).privateKey,
    roca: rocaKey(),
    close: closeKey()
  }
  const jwks = await Promise.all(
    Object.entries(weak).map(async ([kid, key]) => {
      const { kty, n, e } = await exportJWK(key)
      return { kty, n, e, kid, use: 'sig', alg: 'RS256' }
    })
  )
  const { status, runs, before } = await publishing(t, jwks)
  for (const [kid, key] of Object.entries(weak)) t.equal(await status(token(key, 'RS256', kid)), 401, kid)
  t.equal(runs(), before)
})

t.test('a private key or a secret that an issuer publishes verifies nothing', async (t) => {
  const { privateKey } = pair()
  const { status } = await publishing(t, [
    await jwkOf(privateKey, { kid: 'private' }),
    { kty: 'oct', k: Buffer.alloc(32, 'k').toString('base64url'), kid: 'secret', alg: 'HS256' }
  ])
  t.equal(await status(token(privateKey, 'ES256', 'private')), 401)
})

t.test('of two keys with the same id for one algorithm none verifies', async (t) => {
  const [one, two, other] = [rsa(), rsa(), pair()]
  const { status } = await publishing(t, [
    await jwkOf(one.publicKey, { kid: 'same' }),
    await jwkOf(two.publicKey, { kid: 'same' }),
    await jwkOf(other.publicKey, { kid: 'same' })
  ])
  for (const { privateKey } of [one, two]) t.equal(await status(token(privateKey, 'RS256', 'same')), 401)
  t.equal(await status(token(other.privateKey, 'ES256', 'same')), 200, 'another kind of key is not confused')
})

t.test('a token without a key id means the only key for its algorithm', async (t) => {
  const [one, two] = [rsa(), rsa()]
  const { status, issuerKey, published } = await publishing(t, [await jwkOf(one.publicKey, { kid: 'r1' })])
  t.equal(await status(token(issuerKey.privateKey, 'ES256', undefined)), 200)
  t.equal(await status(token(one.privateKey, 'RS256', undefined)), 200)
  published.keys.push(await jwkOf(two.publicKey, { kid: 'r2' }))
  await until('the new key', async () => (await status(token(two.privateKey, 'RS256', 'r2'))) === 200)
  t.equal(await status(token(one.privateKey, 'RS256', undefined)), 401, 'it could be one of two')
})
