import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { startIntake, until } from '@seaworthy/testing'
import { exportJWK, SignJWT } from 'jose'
import t, { type Test } from 'tap'
import type { AuthOptions } from '../src/index.ts'
import { bearer, guardedApp, seconds, secret, type GuardedApp } from './helpers.ts'

const idp = 'https://id.example.com'
const claims = () => ({ sub: 'u1', iss: idp, aud: 'api', iat: seconds(), exp: seconds() + 60 })
const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = async (key: KeyObject, kid: string) => ({ ...(await exportJWK(key)), kid, use: 'sig' })
const sign = (key: KeyObject, kid: string, more: object = {}, header: object = {}): Promise<string> =>
  new SignJWT({ ...claims(), ...more }).setProtectedHeader({ alg: 'ES256', kid, ...header }).sign(key)

function hmac(body: object, key: string, header: object = {}): string {
  const text = [{ alg: 'HS256', ...header }, body]
    .map((value) => Buffer.from(JSON.stringify(value)).toString('base64url'))
    .join('.')
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
}

async function guarded(t: Test, options: AuthOptions): Promise<GuardedApp> {
  const made = await guardedApp(t, options)
  made.route('DELETE', '/thing', { onRequest: made.app.authenticate })
  await made.app.ready()
  return made
}
const call = ({ app }: GuardedApp, token: string) =>
  app.inject({ method: 'DELETE', url: '/thing', headers: bearer(token) })

/** An identity provider that responds with `state`. */
async function provider(t: Test, more: object = {}) {
  const state: { status: number; keys: object[] } = { status: 200, keys: [] }
  const intake = await startIntake(t, () => ({
    status: state.status,
    headers: { location: '/elsewhere' },
    body: JSON.stringify({ keys: state.keys })
  }))
  const issuer = {
    issuer: idp,
    audience: 'api',
    algorithms: ['ES256' as const],
    jwksUrl: intake.url,
    ...more
  }
  return { state, intake, options: { jwt: { secret, issuers: [issuer] } } }
}

t.test("a handler's changes to request.user do not reach the next request", async (t) => {
  const made = await guardedApp(t, { jwt: { secret } })
  made.route(
    'GET',
    '/',
    { onRequest: made.app.authenticate },
    ({ user }: { user: Record<string, unknown> }) => {
      const before = { roles: [...(user.roles as string[])], admin: user.admin ?? null }
      ;(user.roles as string[]).push('admin')
      user.admin = true
      return before
    }
  )
  const { accessToken } = await made.app.auth.issueTokens({ sub: 'u1', roles: ['reader'] })
  for (let round = 0; round < 3; round++) {
    const response = await made.app.inject({ url: '/', headers: bearer(accessToken) })
    t.same(response.json(), { roles: ['reader'], admin: null })
  }
})

t.test('no form of a public key works as an HMAC secret', async (t) => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const made = await guarded(t, { jwt: { key } })
  const { accessToken } = await made.app.auth.issueTokens({ sub: 'u1' })
  t.equal((await call(made, accessToken)).statusCode, 200)
  const appClaims = { ...claims(), iss: 'seaworthy', aud: 'seaworthy' }
  for (const text of [pem, pem.trim(), `\uFEFF${pem}`, JSON.stringify(publicKey.export({ format: 'jwk' }))])
    t.equal((await call(made, hmac(appClaims, text))).statusCode, 401)
  t.equal(made.runs(), 1)
})

t.test(
  'a burst of first requests makes one fetch, and a thousand unknown keys at most one more',
  async (t) => {
    const { publicKey, privateKey } = pair()
    const { state, intake, options } = await provider(t)
    state.keys = [await jwk(publicKey, 'k1')]
    const made = await guarded(t, options)
    const token = await sign(privateKey, 'k1')
    const answers = await Promise.all(Array.from({ length: 100 }, () => call(made, token)))
    t.ok(answers.every(({ statusCode }) => statusCode === 200))
    t.equal(intake.requests.length, 1)
    const ran = made.runs()
    const strange = await Promise.all(
      Array.from({ length: 1000 }, async (_, index) => call(made, await sign(privateKey, `x${index}`)))
    )
    t.ok(strange.every(({ statusCode }) => statusCode === 401))
    t.ok(intake.requests.length <= 2, `${intake.requests.length} fetches`)
    t.equal(made.runs(), ran)
  }
)

t.test("a key in a token's header is not used, nor the key of one issuer for another", async (t) => {
  const [ours, theirs] = [pair(), pair()]
  const { state, intake, options } = await provider(t)
  const trap = await startIntake(t)
  state.keys = [await jwk(ours.publicKey, 'k1')]
  const made = await guarded(t, options)
  await until('the warm-up', () => intake.requests.length > 0)
  const header = { jku: trap.url, x5u: trap.url, jwk: await exportJWK(theirs.publicKey) }
  const cases: Record<string, string> = {
    'a key in the header': await sign(theirs.privateKey, 'k1', {}, header),
    "the app's secret under the provider's name": hmac(claims(), secret, { kid: 'k1' }),
    "the provider's key under the app's name": await sign(ours.privateKey, 'k1', {
      iss: 'seaworthy',
      aud: 'seaworthy'
    }),
    'a path as key': await sign(ours.privateKey, '../../dev/null'),
    'SQL as key': await sign(ours.privateKey, "' OR 1=1 --"),
    'a URL as key': await sign(ours.privateKey, trap.url),
    'an ID token': await sign(ours.privateKey, 'k1', { nonce: 'n' })
  }
  for (const [name, token] of Object.entries(cases)) {
    const response = await call(made, token)
    t.equal(response.statusCode, 401, name)
    t.match(response.headers['www-authenticate'], /error="invalid_token"/, name)
  }
  t.equal(trap.requests.length, 0)
  t.equal(made.runs(), 0)
})

t.test('a new key verifies without a restart, and a removed one does not', async (t) => {
  const [first, second] = [pair(), pair()]
  const { state, options } = await provider(t, { jwksCooldown: 50, jwksMaxAge: 200 })
  state.keys = [await jwk(first.publicKey, 'k1')]
  const made = await guarded(t, options)
  const [old, young] = [await sign(first.privateKey, 'k1'), await sign(second.privateKey, 'k2')]
  t.equal((await call(made, old)).statusCode, 200)
  state.keys = [await jwk(second.publicKey, 'k2')]
  await until('the new key', async () => (await call(made, young)).statusCode === 200)
  await until('the removal of the old key', async () => (await call(made, old)).statusCode === 401)
})

t.test(
  'while keys cannot be fetched, unknown ones get 503 with Retry-After and cached ones verify',
  async (t) => {
    const { publicKey, privateKey } = pair()
    const { state, options } = await provider(t, { jwksCooldown: 50, jwksMaxAge: 100 })
    state.keys = [await jwk(publicKey, 'k1')]
    const made = await guarded(t, options)
    const tokenOfKnownKey = await sign(privateKey, 'k1')
    t.equal((await call(made, tokenOfKnownKey)).statusCode, 200)
    for (const status of [500, 302]) {
      state.status = status
      const tokenOfUnknownKey = await sign(privateKey, 'k9')
      await until('503', async () => (await call(made, tokenOfUnknownKey)).statusCode === 503)
      const response = await call(made, tokenOfUnknownKey)
      t.equal(response.json<{ code: string }>().code, 'AUTH_KEYS_UNAVAILABLE')
      t.match(response.headers['retry-after'], /^\d+$/)
      t.equal((await call(made, tokenOfKnownKey)).statusCode, 200)
    }
  }
)
