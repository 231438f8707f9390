import { createHmac, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto'
import t from 'tap'
import type { AuthOptions } from '../src/index.ts'
import { bearer, guardedApp, secret } from './helpers.ts'

const key = randomBytes(32)
const bytes = randomBytes(48)
const k = bytes.toString('base64url')
const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const pem = (value: KeyObject): string =>
  value.export({ type: value.type === 'public' ? 'spki' : 'pkcs8', format: 'pem' } as never).toString()

/** A token as another service with the same secret makes it. */
function tokenOf(iss: string): string {
  const now = Math.floor(Date.now() / 1000)
  const text = [{ alg: 'HS256' }, { iss, aud: iss, sub: 'ada', iat: now, exp: now + 60 }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${text}.${createHmac('sha256', bytes).update(text).digest('base64url')}`
}

t.test('a secret is text, bytes or a JSON Web Key, for the app and for issuers', async (t) => {
  const jwk = { kty: 'oct', k } as const
  for (const form of [
    bytes,
    jwk,
    { ...jwk, alg: 'HS256', use: 'sig' } as const,
    JSON.stringify(jwk),
    [randomBytes(32), bytes]
  ]) {
    const { app, route } = await guardedApp(t, { jwt: { secret: form, issuer: 'shop' } })
    route('GET', '/', { config: { auth: true } })
    app.get('/verify', async (request) => request.jwtVerify())
    app.get('/verify-with', async (request) => request.jwtVerify({ maxAge: '1h' }))
    await app.ready()
    const appTokens = await app.auth.issueTokens({ sub: 'ada' })
    for (const token of [appTokens.accessToken, tokenOf('shop')]) {
      for (const url of ['/', '/verify', '/verify-with']) {
        const { statusCode } = await app.inject({ url, headers: bearer(token) })
        t.equal(statusCode, 200, `${url} ${JSON.stringify(form)}`)
      }
      t.match(app.jwt.verify(token), { sub: 'ada' })
    }
  }
  const issuers = [bytes, jwk].map((form, at) => ({
    issuer: `idp${at}`,
    audience: `idp${at}`,
    algorithms: ['HS256'] as const,
    secret: form
  }))
  const { app, route } = await guardedApp(t, { jwt: { issuers } })
  route('GET', '/', { config: { auth: true } })
  for (const { issuer } of issuers)
    t.equal((await app.inject({ url: '/', headers: bearer(tokenOf(issuer)) })).statusCode, 200)
})

t.test('a weak or unfit secret in each of these forms stops the start, and is not shown', async (t) => {
  const oct = (more: object) => ({ kty: 'oct', k, ...more })
  const unfit: [secret: unknown, message: RegExp][] = [
    [Buffer.alloc(32, 'a'), /different characters/],
    [randomBytes(16), /16 bytes/],
    [Buffer.alloc(0), /nothing/],
    [Buffer.from(pem(privateKey)), /"jwt.key"/],
    [Buffer.from('change-me-change-me-change-me-change-me'), /placeholder/],
    [oct({ k: 'c2hvcnQ' }), /5 bytes/],
    [oct({ k: `${k}==` }), /base64url/],
    [oct({ use: 'enc' }), /signatures/],
    [oct({ key_ops: ['encrypt'] }), /signatures/],
    [oct({ alg: 'HS512' }), /HS512/],
    [oct({ alg: 'A256GCM' }), /A256GCM/],
    [privateKey.export({ format: 'jwk' }), /"jwt.key" in PEM/],
    [JSON.stringify(privateKey.export({ format: 'jwk' })), /"jwt.key" in PEM/],
    [{ public: pem(publicKey) }, /"jwt.issuers"/],
    [{ private: pem(privateKey), public: pem(publicKey) }, /"jwt.key"/],
    [() => 'secret', /"jwksUrl"/]
  ]
  for (const [algorithm, bytes] of [
    ['HS384', 48],
    ['HS512', 64]
  ] as const) {
    const jwt = (length: number) => ({ jwt: { algorithm, secret: randomBytes(length) } })
    const message = new RegExp(`at least ${bytes} bytes for ${algorithm}`)
    await t.rejects(guardedApp(t, jwt(bytes - 1)), { message }, 'RFC 7518, 3.2')
    await t.resolves(guardedApp(t, jwt(bytes)))
  }
  for (const [value, message] of unfit) {
    const start = guardedApp(t, { jwt: { secret: value } } as never)
    await t.rejects(start, { code: 'INVALID_OPTION', message })
    await start.catch(({ message: text }: Error) => t.notMatch(text, new RegExp(`change-me|${k}|MC4C`)))
  }
})

t.test('an option of a plugin that this one replaces is rejected, with the way to say it here', async (t) => {
  const jwt = { secret }
  const oauth = { clientId: 'a', clientSecret: 'b', issuer: 'https://id.example', onLogin: () => null }
  const moved: [options: object, name: RegExp][] = [
    [{ jwt: { ...jwt, trusted: () => true } }, /"jwt.trusted".*@fastify\/jwt.*revoke/],
    [{ jwt: { ...jwt, formatUser: () => ({}) } }, /"jwt.formatUser".*rolesClaim/],
    [{ jwt: { ...jwt, messages: {} } }, /"jwt.messages".*codes/],
    [{ jwt: { ...jwt, decoratorName: 'u' } }, /"jwt.decoratorName".*request\.user/],
    [{ jwt: { ...jwt, namespace: 'x' } }, /"jwt.namespace".*jwt\.issuers/],
    [{ jwt: { ...jwt, verify: { extractToken: () => '' } } }, /"jwt.verify".*extractToken.*jwt\.cookie/],
    [{ jwt: { ...jwt, sign: { expiresIn: '1h' } } }, /"jwt.sign".*jwt\.expiresIn/],
    [{ jwt: { ...jwt, cookie: { cookieName: 'tok', signed: false } } }, /"jwt.cookie".*'tok'/],
    [{ jwt: { ...jwt, cookie: { cookieName: 'tok', signed: true } } }, /"jwt.cookie".*not signed/],
    [{ secret }, /"secret".*"jwt\.secret"/],
    [{ secret, sign: {} }, /"secret"/],
    [{ session: { key, cookieOptions: {} } }, /"session.cookieOptions".*session\.cookie/],
    [{ session: { key, expiry: 60 } }, /"session.expiry".*absoluteTimeout/],
    [{ session: { key, sessionName: 'x' } }, /"session.sessionName".*request\.session/],
    [{ session: { key, store: {} } }, /"session.store".*@fastify\/session.*"redis"/],
    [
      { session: { key }, csrf: { cookieOpts: {} } },
      /"csrf.cookieOpts".*@fastify\/csrf-protection.*no cookie/
    ],
    [{ oauth2: { x: { ...oauth, callbackUri: '/' } } }, /"oauth2.x.callbackUri".*callbackUrl/],
    [{ oauth2: { x: { ...oauth, credentials: {} } } }, /"oauth2.x.credentials".*clientId/]
  ]
  for (const [options, message] of moved)
    await t.rejects(guardedApp(t, options as AuthOptions), { code: 'INVALID_OPTION', message })
})
