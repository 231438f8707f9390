import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import t from 'tap'
import { bearer, guardedApp } from './helpers.ts'
import type { SigningAlgorithm } from '../src/index.ts'
import { remoteIssuer } from '../src/tokens/trusted-issuer.ts'
import type { KeySource } from '../src/tokens/jwks.ts'
import { publicKeyOf } from '../src/tokens/keys.ts'
import { publicKeyVerifier } from '../src/tokens/public-key-verifier.ts'
import type { VerificationResult } from '../src/core/token-outcome.ts'

type Pair = { publicKey: KeyObject; privateKey: KeyObject }
const rsa = (): Pair => generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = (namedCurve: string) => (): Pair => generateKeyPairSync('ec', { namedCurve })
type ThreePairs = readonly [Pair, Pair, Pair]
const threeOf = (make: () => Pair): ThreePairs => [make(), make(), make()]
// They are dear to make.
const rsaPairs = threeOf(rsa)
const algorithms: [SigningAlgorithm, ThreePairs][] = [
  ['RS256', rsaPairs],
  ['RS384', rsaPairs],
  ['RS512', rsaPairs],
  ['PS256', rsaPairs],
  ['PS384', rsaPairs],
  ['PS512', rsaPairs],
  ['ES256', threeOf(ec('P-256'))],
  ['ES384', threeOf(ec('P-384'))],
  ['ES512', threeOf(ec('P-521'))],
  ['EdDSA', threeOf(() => generateKeyPairSync('ed25519'))]
]
const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString()
const signed = (alg: string, key: KeyObject, iss = 'seaworthy', header: object = {}): Promise<string> =>
  new SignJWT({ sub: 'u1', iss, aud: iss })
    .setProtectedHeader({ alg, ...header })
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(key)

/** The same token with another first byte of its signature. */
function withBrokenSignature(token: string): string {
  const at = token.lastIndexOf('.') + 1
  return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
}

for (const [alg, pairs] of algorithms) {
  t.test(`${alg}: tokens of the current and the previous key are valid, and no others`, async (t) => {
    const [current, before, foreign] = pairs
    const key = [current, before].map(({ privateKey }) => pem(privateKey))
    const made = await guardedApp(t, { jwt: { key, algorithm: alg } })
    made.route('GET', '/', { onRequest: made.app.authenticate })
    const status = async (token: string) =>
      (await made.app.inject({ url: '/', headers: bearer(token) })).statusCode

    const { accessToken } = await made.app.auth.issueTokens({ sub: 'u1' })
    t.equal(await status(accessToken), 200, 'the current key')
    t.equal(await status(await signed(alg, before.privateKey)), 200, 'the previous key')
    t.equal(await status(await signed(alg, foreign.privateKey)), 401, 'a foreign key')
    t.equal(await status(withBrokenSignature(accessToken)), 401, 'another signature')
    for (const [other, by] of algorithms)
      if (by === pairs && other !== alg)
        t.equal(await status(await signed(other, current.privateKey)), 401, `the current key by ${other}`)
    t.equal(made.runs(), 2)
  })
}

t.test("an issuer's keys verify each allowed algorithm and no other", async (t) => {
  const [first, second] = [rsa(), ec('P-256')()]
  const publicKey = [first, second].map((pair) =>
    pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  )
  const issuer = {
    issuer: 'idp',
    audience: 'idp',
    algorithms: ['RS256', 'PS256', 'ES256'] as const,
    publicKey
  }
  const made = await guardedApp(t, { jwt: { issuers: [issuer] } })
  made.route('GET', '/', { onRequest: made.app.authenticate })
  for (const [alg, { privateKey }, expected] of [
    ['RS256', first, 200],
    ['PS256', first, 200],
    ['ES256', second, 200],
    ['RS512', first, 401],
    ['PS384', first, 401]
  ] as const) {
    const headers = bearer(await signed(alg, privateKey, 'idp'))
    t.equal((await made.app.inject({ url: '/', headers })).statusCode, expected, alg)
  }
  t.equal(made.runs(), 3)
})

t.test('a token whose key is removed during its verification is verified again', async (t) => {
  const { publicKey, privateKey } = ec('P-256')()
  const key = publicKeyOf(publicKey)
  let generation = 0
  const source: KeySource = {
    lookup: () => ({ key }),
    lookupAgain: () => ({ missing: true }),
    get generation() {
      return generation
    },
    isCurrent: (verifiedAt) => verifiedAt === generation,
    age: () => 0,
    warmUp: () => undefined
  }
  const rules = {
    isApp: false,
    name: 'idp',
    audiences: ['idp'],
    algorithms: ['ES256' as const],
    requiredClaims: [],
    type: undefined,
    clockTolerance: 0,
    clientClaims: [],
    rolesClaim: undefined,
    scopesClaim: undefined
  }
  const issuer = remoteIssuer(rules, source, publicKeyVerifier)
  const token = await signed('ES256', privateKey, 'idp', { kid: 'k1' })
  const result = await new Promise<VerificationResult>((resolve) => {
    issuer.verify(token, resolve)
    generation++
  })
  t.match(result, { claims: { sub: 'u1' } }, 'valid with the keys of that moment')
  t.equal('generation' in result && issuer.isCurrent(result.generation), false)
})
