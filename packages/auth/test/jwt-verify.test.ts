import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { startIntake } from '@seaworthy/testing'
import type { FastifyRequest } from 'fastify'
import { SignJWT } from 'jose'
import t, { type Test } from 'tap'
import type { JwtOptions } from '../src/index.ts'
import { bearer, guardedApp, secret } from './helpers.ts'

const idp = 'https://id.example.com'
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const idpToken = (key = pair.privateKey) =>
  new SignJWT({ roles: ['admin'] })
    .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
    .setIssuer(idp)
    .setAudience('api')
    .setSubject('u1')
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(key)

/** An app with hooks that call `request.jwtVerify()`, as apps with @fastify/jwt have them. */
async function build(t: Test, jwt: JwtOptions) {
  const made = await guardedApp(t, { jwt })
  const { app, route } = made
  route('GET', '/plain', { onRequest: async (request: FastifyRequest) => request.jwtVerify() })
  route('GET', '/callback', {
    onRequest: (request: FastifyRequest, _reply: unknown, done: (error?: Error) => void) =>
      request.jwtVerify((error: Error | null) => done(error ?? undefined))
  })
  route('GET', '/flat', { onRequest: async (request: FastifyRequest) => request.jwtVerify({ maxAge: 60 }) })
  route('GET', '/nested', {
    onRequest: async (request: FastifyRequest) => request.jwtVerify({ decode: {}, verify: { maxAge: 60 } })
  })
  route('GET', '/admin', {
    onRequest: [async (request: FastifyRequest) => request.jwtVerify(), app.authorize('admin')]
  })
  route('GET', '/user', { onRequest: async (request: FastifyRequest) => request.jwtVerify() }, (request) => ({
    ...(request as FastifyRequest).user
  }))
  await app.ready()
  const get = (url: string, token?: string) =>
    app.inject({ url, headers: token === undefined ? {} : bearer(token) })
  const status = async (url: string, token?: string) => (await get(url, token)).statusCode
  return { ...made, get, status }
}

const everywhere = ['/plain', '/callback', '/flat', '/nested']

t.test(
  'request.jwtVerify accepts the secrets that authenticate accepts, in every form of the call',
  async (t) => {
    const next = randomBytes(32).toString('base64')
    const before = await build(t, { secret })
    const during = await build(t, { secret: [next, secret] })
    const after = await build(t, { secret: next })
    const old = await before.app.auth.issueTokens({ sub: 'ada', roles: ['admin'] })
    const young = await during.app.auth.issueTokens({ sub: 'ada' })
    for (const url of everywhere) {
      t.equal(await during.status(url, old.accessToken), 200, url)
      t.equal(await during.status(url, young.accessToken), 200, url)
      t.equal(await after.status(url, old.accessToken), 401, url)
      t.equal(await during.status(url, `${old.accessToken.slice(0, -4)}AAAA`), 401, url)
    }
    t.equal(await during.status('/admin', old.accessToken), 200, 'authorize uses the verified user')
    t.equal(await during.status('/admin', young.accessToken), 403)
    t.match((await during.get('/user', old.accessToken)).json(), { sub: 'ada', roles: ['admin'] })

    const { jwt } = during.app
    t.match(jwt.verify(old.accessToken), { sub: 'ada' })
    t.match(jwt.verify(young.accessToken), { sub: 'ada' })
    jwt.verify(old.accessToken, (error, decoded) => t.match([error, decoded], [null, { sub: 'ada' }]))
    t.match(jwt.verify(old.accessToken, { complete: true }), { payload: { sub: 'ada' } })
    t.throws(() => jwt.verify(old.accessToken, { key: next }), { code: 'FAST_JWT_INVALID_SIGNATURE' })
    t.throws(() => after.app.jwt.verify(old.accessToken), { code: 'FAST_JWT_INVALID_SIGNATURE' })
  }
)

t.test('request.jwtVerify accepts the previous private key', async (t) => {
  const [old, young] = [1, 2].map(() =>
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  ) as [string, string]
  const before = await build(t, { key: old })
  const during = await build(t, { key: [young, old] })
  const { accessToken } = await before.app.auth.issueTokens({ sub: 'ada' })
  for (const url of everywhere) t.equal(await during.status(url, accessToken), 200, url)
})

t.test('request.jwtVerify accepts tokens of all issuers, and no others', async (t) => {
  const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'k1' }
  const intake = await startIntake(t, () => ({ body: JSON.stringify({ keys: [jwk] }) }))
  const issuers = [{ issuer: idp, audience: 'api', algorithms: ['ES256' as const], jwksUrl: intake.url }]
  const both = await build(t, { secret, issuers })
  const alone = await build(t, { issuers })
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  for (const service of [both, alone]) {
    for (const url of ['/plain', '/callback', '/admin'])
      t.equal(await service.status(url, await idpToken()), 200, url)
    const ran = service.runs()
    t.equal(await service.status('/plain', await idpToken(stranger)), 401)
    t.equal(await service.status('/plain'), 401)
    t.equal(service.runs(), ran)
  }
  const rejected = await alone.get('/flat', await idpToken())
  t.equal(rejected.statusCode, 500)
  t.match(
    rejected.json<{ message: string }>().message,
    /without "jwt.secret" and "jwt.key", got maxAge.*"jwt.issuers"/
  )
})

t.test('request.jwtVerify rejects with the codes of @fastify/jwt and a challenge', async (t) => {
  const { app, get, runs } = await build(t, { secret, clockTolerance: 0 })
  const expired = app.jwt.sign({ sub: 'ada', iat: 1_000_000 })
  const revoked = await app.auth.issueTokens({ sub: 'eve' })
  await app.auth.revoke({ token: revoked.accessToken })
  for (const [token, code] of [
    [undefined, 'FST_JWT_NO_AUTHORIZATION_IN_HEADER'],
    ['a.b.c', 'FST_JWT_AUTHORIZATION_TOKEN_INVALID'],
    [expired, 'FST_JWT_AUTHORIZATION_TOKEN_EXPIRED'],
    [revoked.accessToken, 'FST_JWT_AUTHORIZATION_TOKEN_UNTRUSTED']
  ] as const) {
    const { statusCode, headers, json } = await get('/plain', token)
    t.equal(statusCode, 401, code)
    t.equal(json<{ code: string }>().code, code)
    t.match(headers['www-authenticate'], /^Bearer realm="api"/)
  }
  const bad = await app.inject({ url: '/plain', headers: { authorization: 'Bearer a b' } })
  t.match(bad.json(), { statusCode: 400, code: 'FST_JWT_BAD_REQUEST' })
  t.equal(runs(), 0)
})

t.test("request.jwtVerify answers 503 while an issuer's keys are not available", async (t) => {
  const intake = await startIntake(t, () => ({ status: 500 }))
  const { get } = await build(t, {
    secret,
    issuers: [{ issuer: idp, audience: 'api', algorithms: ['ES256'], jwksUrl: intake.url }]
  })
  const { statusCode, headers } = await get('/plain', await idpToken())
  t.equal(statusCode, 503)
  t.match(headers['retry-after'], /^\d+$/)
})

t.test('request.jwtVerify({ onlyCookie }) reads the cookie', async (t) => {
  const made = await guardedApp(t, { jwt: { secret, cookie: 'token' } })
  made.route('GET', '/', {
    onRequest: async (request: FastifyRequest) => request.jwtVerify({ onlyCookie: true })
  })
  const { accessToken } = await made.app.auth.issueTokens({ sub: 'ada' })
  const status = async (headers: Record<string, string>) =>
    (await made.app.inject({ url: '/', headers })).statusCode
  t.equal(await status({ cookie: `token=${accessToken}` }), 200)
  t.equal(await status(bearer(accessToken)), 401)
  t.equal(await status({ cookie: 'token=a.b.c' }), 401)
})
