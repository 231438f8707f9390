import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { startIntake, until } from '@seaworthy/testing'
import fc from 'fast-check'
import Fastify from 'fastify'
import { exportJWK, SignJWT } from 'jose'
import t from 'tap'
import { auth } from '../src/index.ts'
import { encode, seconds, secret } from './helpers.ts'
import { appClaims, hs } from './signed-tokens.ts'
import { tokenApp } from './token-app.ts'

t.test('an issued token authenticates its user and grants its roles', async (t) => {
  const { app, ask, ran } = await tokenApp(t)
  const tokens = await app.auth.issueTokens({ sub: 'ada', roles: ['admin'], email: 'ada@example.com' })
  t.match(tokens, { tokenType: 'Bearer', expiresIn: 3600, accessToken: /^[\w-]+\.[\w-]+\.[\w-]+$/ })

  const me = await ask('/me', tokens.accessToken)
  t.match(me.json(), { sub: 'ada', roles: ['admin'], email: 'ada@example.com' })
  t.equal((await ask('/users/1', tokens.accessToken, 'DELETE')).statusCode, 200)
  t.equal(ran.count, 2)
  t.equal((await ask('/open')).statusCode, 200)
})

t.test(
  'the signature of a cached token is not valid for other claims, another header or spelling',
  async (t) => {
    const { ask, ran } = await tokenApp(t)
    const good = hs(appClaims({ roles: ['user'] }))
    const [header = '', , signature = ''] = good.split('.')
    t.equal((await ask('/me', good)).statusCode, 200)
    for (const other of [
      `${header}.${encode(appClaims({ roles: ['admin'] }))}.${signature}`,
      `${encode({ alg: 'none' })}.${good.split('.')[1]}.${signature}`,
      `A${good}`,
      good.slice(1),
      ` ${good}`,
      `${good}, ${good}`,
      `${good} `.repeat(2).trim(),
      signature,
      signature.slice(-32)
    ]) {
      t.equal((await ask('/me', other)).statusCode, 401, other)
    }
    t.match((await ask('/me', good)).json(), { roles: ['user'] }, 'the valid token is still cached')
    t.equal(ran.count, 2)
  }
)

t.test("a handler's changes to the user of a cached token do not reach the next request", async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(auth, { jwt: { secret } })
  type Changed = { roles: string[]; teams: { name: string }[]; home: { city: string } }
  app.get('/', { onRequest: [app.authenticate] }, async ({ user, identity }) => {
    const before = JSON.stringify([user, identity?.roles])
    const { roles, teams, home } = user as unknown as Changed
    roles.push('admin')
    teams[0]!.name = 'root'
    home.city = 'elsewhere'
    return before
  })
  const token = hs(appClaims({ roles: ['reader'], teams: [{ name: 'a' }], home: { city: 'London' } }))
  const ask = async () =>
    (await app.inject({ url: '/', headers: { authorization: `Bearer ${token}` } })).json()
  const first = await ask()
  t.match(first, [{ roles: ['reader'], teams: [{ name: 'a' }], home: { city: 'London' } }, ['reader']])
  for (let again = 0; again < 3; again++) t.same(await ask(), first)
})

t.test(
  'a request without a token or with an invalid one gets 401 with a challenge, and no handler runs',
  async (t) => {
    const { app, ask, ran } = await tokenApp(t)
    const { accessToken } = await app.auth.issueTokens({ sub: 'ada' })
    const [header, payload, signature] = accessToken.split('.') as [string, string, string]

    const none = await ask('/me')
    t.equal(none.statusCode, 401)
    t.strictSame([none.headers['www-authenticate']].flat(), ['Bearer realm="api"'])

    const bad: Record<string, string> = {
      'another signature': hs(appClaims(), undefined, 'another'.repeat(8)),
      'no signature': `${header}.${payload}.`,
      'alg none': `${encode({ alg: 'none', typ: 'JWT' })}.${encode(appClaims())}.`,
      'alg none, signed': hs(appClaims(), { alg: 'none' }),
      'another algorithm': hs(appClaims(), { alg: 'HS512' }),
      expired: hs(appClaims({ exp: seconds() - 60 })),
      'not yet': hs(appClaims({ nbf: seconds() + 60 })),
      'another issuer': hs(appClaims({ iss: 'other' })),
      'another audience': hs(appClaims({ aud: 'other' })),
      'no expiry': hs(appClaims({ exp: undefined })),
      'no issuer': hs(appClaims({ iss: undefined })),
      'a segment more': `${accessToken}.x`,
      'a segment less': `${header}.${payload}`,
      padding: `${header}.${payload}.${signature}=`,
      'another encoding': `${header}.${payload}.${signature.slice(0, -1)}+`,
      'too long': hs(appClaims({ filler: 'x'.repeat(9000) })),
      empty: '',
      text: 'not-a-token'
    }
    for (const [name, token] of Object.entries(bad)) {
      const { statusCode, headers } = await ask('/me', token)
      t.equal(statusCode, 401, name)
      t.match(headers['www-authenticate'], /^Bearer realm="api"/, name)
    }
    t.equal(ran.count, 0)
  }
)

t.test('clockTolerance is in milliseconds, for secrets, public keys and app.jwt.verify', async (t) => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const issuers = [{ issuer: 'idp', audience: 'api', algorithms: ['EdDSA' as const], publicKey: pem }]
  const expired = appClaims({ exp: seconds() - 60 })
  const fromApp = hs(expired)
  const fromIssuer = await new SignJWT({ ...expired, iss: 'idp', aud: 'api' })
    .setProtectedHeader({ alg: 'EdDSA' })
    .sign(privateKey)
  for (const [clockTolerance, status] of [
    [120_000, 200],
    [30_000, 401]
  ] as const) {
    const { app, ask } = await tokenApp(t, { jwt: { secret, issuers, clockTolerance } })
    for (const token of [fromApp, fromIssuer]) t.equal((await ask('/me', token)).statusCode, status)
    if (status === 200) t.match(app.jwt.verify(fromApp), { sub: 'ada' })
    else t.throws(() => app.jwt.verify(fromApp), { code: 'FAST_JWT_EXPIRED' })
  }
})

t.test('the old secret verifies while the new one signs', async (t) => {
  const next = randomBytes(32).toString('base64')
  const before = await tokenApp(t)
  const { accessToken } = await before.app.auth.issueTokens({ sub: 'ada' })
  const during = await tokenApp(t, { jwt: { secret: [next, secret] } })
  t.equal((await during.ask('/me', accessToken)).statusCode, 200)
  const fresh = await during.app.auth.issueTokens({ sub: 'ada' })
  t.equal((await before.ask('/me', fresh.accessToken)).statusCode, 401)
  const after = await tokenApp(t, { jwt: { secret: next } })
  t.equal((await after.ask('/me', accessToken)).statusCode, 401)
})

t.test(
  "an issuer's keys are fetched once, unknown ones rarely, and without keys the response is 503",
  async (t) => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const jwk = { ...(await exportJWK(publicKey)), kid: 'a', alg: 'RS256', use: 'sig' }
    let status = 500
    const idp = await startIntake(t, () => ({
      status,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ keys: [jwk] })
    }))
    const issuer = 'https://id.example.com'
    const { ask } = await tokenApp(t, {
      jwt: { issuers: [{ issuer, audience: 'api', algorithms: ['RS256'], jwksUrl: `${idp.url}/keys` }] }
    })
    const token = (kid: string, key = privateKey) =>
    new SignJWT({ roles: ['admin'] })
      .setProtectedHeader({ alg: 'RS256', kid })
      .setIssuer(issuer).setAudience('api').setSubject('ada').setIssuedAt().setExpirationTime('1m')
      .sign(key) // prettier-ignore

    const away = await ask('/me', await token('a'))
    t.equal(away.statusCode, 503)
    t.match(away.headers['retry-after'], /^\d+$/)

    status = 200
    await until('the keys', async () => (await ask('/me', await token('a'))).statusCode === 200)
    const fetched = idp.requests.length
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => (await ask('/me', await token('a'))).statusCode)
    )
    t.ok(answers.every((code) => code === 200))
    t.equal(idp.requests.length, fetched, 'no further fetch')
    for (let i = 0; i < 10; i++) t.equal((await ask('/me', await token(`unknown-${i}`))).statusCode, 401)
    t.ok(idp.requests.length <= fetched + 1, 'many unknown keys cause one fetch')

    const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    t.equal((await ask('/me', await token('a', stranger))).statusCode, 401)
    t.equal(
      (await ask('/me', hs(appClaims({ iss: issuer, aud: 'api' }), { alg: 'HS256', kid: 'a' }))).statusCode,
      401
    )
  }
)

t.test('no mutation of a token and no Authorization header passes or breaks the service', async (t) => {
  const { app, ask, ran } = await tokenApp(t)
  const { accessToken } = await app.auth.issueTokens({ sub: 'ada', roles: ['admin'] })
  await fc.assert(
    fc.asyncProperty(
      fc.nat(accessToken.length - 1),
      fc.constantFrom(...Array.from('AZaz09-_.=+/ ')),
      async (at, letter) => {
        const mutated = accessToken.slice(0, at) + letter + accessToken.slice(at + 1)
        if (mutated === accessToken) return true
        return (await ask('/me', mutated)).statusCode === 401
      }
    ),
    { numRuns: 300 }
  )
  await fc.assert(
    fc.asyncProperty(fc.string({ maxLength: 200, unit: 'binary-ascii' }), async (authorization) => {
      const printable = authorization.replace(/[^\t\x20-\x7e]/g, '')
      const { statusCode } = await app.inject({ url: '/me', headers: { authorization: printable } })
      return statusCode === 401 || statusCode === 400
    }),
    { numRuns: 300 }
  )
  t.equal(ran.count, 0)
})
