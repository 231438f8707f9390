import { generateKeyPairSync } from 'node:crypto'
import { SignJWT } from 'jose'
import t, { type Test } from 'tap'
import type { IssuerOptions, JwtOptions } from '../src/index.ts'
import { bearer, guardedApp, secret } from './helpers.ts'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
const issuerOf = (issuer: string, more: Partial<IssuerOptions> = {}): IssuerOptions => ({
  issuer,
  audience: 'api',
  algorithms: ['ES256'],
  publicKey: pem,
  ...more
})
const tokenOf = (claims: Record<string, unknown>, header: Record<string, unknown> = {}) =>
  new SignJWT({ aud: 'api', sub: '42', ...claims })
    .setProtectedHeader({ alg: 'ES256', ...header })
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(privateKey)

async function build(t: Test, jwt: JwtOptions) {
  const made = await guardedApp(t, { jwt })
  made.route('GET', '/me', { config: { auth: true } }, (request) => {
    const { issuer, subject, roles, scopes } = (request as { identity: Record<string, unknown> }).identity
    return { issuer, subject, roles, scopes }
  })
  const me = (token: string) => made.app.inject({ url: '/me', headers: bearer(token) })
  const status = async (token: string) => (await me(token)).statusCode
  return { ...made, me, status }
}

const [one, two] = ['https://one.example', 'https://two.example'] as const

t.test('equal ids of two issuers are revoked one by one, in each form', async (t) => {
  const { app, status, me } = await build(t, { secret, issuers: [issuerOf(one), issuerOf(two)] })
  const login = async () => (await app.auth.issueTokens({ sub: '42' })).accessToken
  const appToken = await login()
  t.equal((await me(appToken)).json().issuer, 'seaworthy')
  const claims = JSON.parse(Buffer.from(appToken.split('.')[1]!, 'base64url').toString()) as Record<
    string,
    string
  >
  const [jti, sid] = [claims.jti!, claims.sid!]
  const ofOne = await tokenOf({ iss: one, jti, sid })
  const ofTwo = await tokenOf({ iss: two, jti, sid })
  t.equal((await me(ofOne)).json().issuer, one)

  await app.auth.revoke({ token: ofOne })
  t.strictSame([await status(appToken), await status(ofOne), await status(ofTwo)], [200, 401, 200], 'token')
  await app.auth.revoke({ session: sid, issuer: two })
  t.strictSame([await status(appToken), await status(ofTwo)], [200, 401], 'session')
  const nextOfTwo = await tokenOf({ iss: two })
  await app.auth.revoke({ user: '42' })
  t.strictSame([await status(appToken), await status(nextOfTwo)], [401, 200], 'the app')
  const again = await login()
  await app.auth.revoke({ user: '42', issuer: two })
  t.strictSame([await status(again), await status(nextOfTwo)], [200, 401], 'the issuer')
  await app.auth.revoke({ user: '42', issuer: 'seaworthy' })
  t.equal(await status(again), 401, 'the app by name')
})

t.test('a user without an issuer is that of the only issuer, and none of several', async (t) => {
  const single = await build(t, { issuers: [issuerOf(one)] })
  const token = await tokenOf({ iss: one })
  t.equal(await single.status(token), 200)
  await single.app.auth.revoke({ user: '42' })
  t.equal(await single.status(token), 401)

  const several = await build(t, { issuers: [issuerOf(one), issuerOf(two)] })
  await t.rejects(several.app.auth.revoke({ user: '42' }), { message: /one\.example, https:\/\/two/ })
  await t.rejects(several.app.auth.revoke({ user: '42', issuer: 'https://three.example' }))
  await several.app.auth.revoke({ user: '42', issuer: one })
  t.equal(await several.status(token), 401)
  t.equal(await several.status(await tokenOf({ iss: two })), 200)
})

t.test('a token without an audience is for the client that the options require', async (t) => {
  for (const claim of ['client_id', 'azp', 'cid', 'appid']) {
    const requiredClaims = ['exp', 'sub', claim]
    const { status } = await build(t, { issuers: [issuerOf(one, { audience: 'web', requiredClaims })] })
    const of = async (claims: object) => status(await tokenOf({ iss: one, aud: undefined, ...claims }))
    t.equal(await of({ [claim]: 'web' }), 200, claim)
    t.equal(await of({ [claim]: 'other' }), 401)
    t.equal(await of({ [claim]: 'web', aud: [] }), 200, 'an empty list is no audience')
    t.equal(await of({ [claim]: 'other', aud: [] }), 401)
    t.equal(await of({ [claim]: 'web', aud: 'other' }), 401, 'an audience counts')
    t.equal(await of({}), 401)
  }
  const { status } = await build(t, { issuers: [issuerOf(one, { audience: 'web' })] })
  t.equal(await status(await tokenOf({ iss: one, aud: undefined, client_id: 'web' })), 401, 'not by default')
})

t.test('a nonce is no sign of an ID token in a token that states its kind', async (t) => {
  const { status } = await build(t, { issuers: [issuerOf(one)] })
  const of = async (claims: object, header = {}) =>
    status(await tokenOf({ iss: one, nonce: 'n', ...claims }, header))
  t.equal(await of({ typ: 'Bearer' }), 200)
  t.equal(await of({ token_use: 'access' }), 200)
  t.equal(await of({}, { typ: 'at+jwt' }), 200)
  t.equal(await of({ ver: '1.0', tid: 't', azp: 'web', scp: 'read' }), 200, 'Entra B2C')
  t.equal(await of({ ver: '1.0', tid: 't', azp: 'web' }), 401)
  t.equal(await of({}), 401)
  t.equal(await of({ typ: 'ID' }), 401)
  t.equal(await of({ token_use: 'id' }), 401)
  t.equal(await of({ typ: 'Bearer', at_hash: 'x' }), 401)
})

t.test('roles and scopes are found where issuers put them', async (t) => {
  const shapes: [options: Partial<IssuerOptions>, claims: object, roles: string[], scopes: string[]][] = [
    [{ rolesClaim: 'cognito:groups' }, { 'cognito:groups': ['a', 'b'] }, ['a', 'b'], []],
    [{ rolesClaim: 'https://x.example/roles' }, { 'https://x.example/roles': ['a'] }, ['a'], []],
    [
      { rolesClaim: 'resource_access.my.app.roles' },
      { resource_access: { 'my.app': { roles: ['a'] }, my: {} } },
      ['a'],
      []
    ],
    [{}, { scp: 'read write' }, [], ['read', 'write']],
    [{}, { scp: ['read', 'write'] }, [], ['read', 'write']],
    [{ scopesClaim: 'permissions' }, { permissions: ['read:x'], scope: 'openid' }, [], ['read:x']]
  ]
  for (const [options, claims, roles, scopes] of shapes) {
    const { me } = await build(t, { issuers: [issuerOf(one, options)] })
    const found = (await me(await tokenOf({ iss: one, ...claims }))).json<Record<string, unknown>>()
    t.match(found, { roles, scopes }, JSON.stringify(claims))
  }
})

t.test('a refresh token that was never issued ends no login, by a refresh or by a logout', async (t) => {
  const { app, status } = await build(t, { secret })
  const { accessToken, refreshToken } = await app.auth.issueTokens({ sub: 'ada' })
  const [family, rest] = refreshToken.split('.') as [string, string]
  const other = (await app.auth.issueTokens({ sub: 'eve' })).refreshToken.split('.')[1]!
  for (const text of ['B'.repeat(43) + 'A', other, rest.slice(22) + rest.slice(0, 22)]) {
    const token = `${family}.${text}`
    await t.rejects(app.auth.refresh(token), { code: 'AUTH_REFRESH_INVALID' })
    await app.auth.revoke({ refreshToken: token })
  }
  t.equal(await status(accessToken), 200)
  const next = await app.auth.refresh(refreshToken)
  await app.auth.revoke({ refreshToken: next.refreshToken })
  t.equal(await status(accessToken), 401)
  await t.rejects(app.auth.refresh(next.refreshToken), { code: 'AUTH_REFRESH_INVALID' })
})

t.test('request.jwtVerify with options is at least as strict as authenticate', async (t) => {
  const { app } = await build(t, { secret, issuers: [issuerOf(one)] })
  app.get('/strict', { onRequest: app.authenticate }, async () => 'in')
  const calls: object[] = [
    { maxAge: '1d' },
    { verify: { maxAge: '1d' } },
    { allowedSub: 'ada' },
    { ignoreExpiration: true }
  ]
  calls.forEach((options, index) =>
    app.get(
      `/${index}`,
      { onRequest: (request) => request.jwtVerify(options) },
      async (request) => request.identity?.issuer
    )
  )
  const now = Math.floor(Date.now() / 1000)
  const sign = (claims: object, alg: 'HS256' | 'HS384' = 'HS256', header: object = {}) =>
    new SignJWT({ iss: 'seaworthy', aud: 'seaworthy', sub: 'ada', iat: now, exp: now + 60, ...claims })
      .setProtectedHeader({ alg, ...header })
      .sign(Buffer.from(secret))
  t.equal((await app.inject({ url: '/0', headers: bearer(await sign({})) })).body, 'seaworthy')
  const hostile = [
    await sign({}, 'HS384'),
    await sign({ nonce: 'n' }),
    await sign({ token_use: 'refresh' }),
    await sign({ iat: now + 600, exp: now + 900 }),
    await sign({ pad: 'x'.repeat(9000) }),
    await sign({}, 'HS256', { typ: 'logout+jwt' }),
    await sign({ iss: 'https://other.example' }),
    await sign({ aud: 'other' }),
    `${await sign({})}=`,
    'a.b.c',
    'text'
  ]
  for (const [index, token] of hostile.entries()) {
    for (const url of ['/strict', ...calls.keys()].map((entry) =>
      entry === '/strict' ? entry : `/${entry}`
    )) {
      const { statusCode, headers } = await app.inject({ url, headers: bearer(token) })
      t.equal(statusCode, 401, `${url}, token ${index}`)
      t.match(headers['www-authenticate'], /^Bearer/)
    }
  }
  const expired = await sign({ exp: now - 60, iat: now - 120 })
  t.equal((await app.inject({ url: '/0', headers: bearer(expired) })).statusCode, 401)
  t.equal((await app.inject({ url: '/3', headers: bearer(expired) })).statusCode, 200, 'as the call says')
  t.equal((await app.inject({ url: '/0', headers: bearer(await tokenOf({ iss: one })) })).statusCode, 401)
})
