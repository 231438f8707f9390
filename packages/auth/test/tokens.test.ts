import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto'
import { requires, startIntake, startRedis, until } from '@seaworthy/testing'
import FakeTimers from '@sinonjs/fake-timers'
import fc from 'fast-check'
import Fastify, { type FastifyInstance } from 'fastify'
import { Redis } from 'ioredis'
import { exportJWK, SignJWT } from 'jose'
import t, { type Test } from 'tap'
import { auth, type AuthOptions } from '../src/index.ts'

const secret = randomBytes(32).toString('base64')

/** An app with guarded routes that count their runs, and an async hook between a rejection and its response. */
async function build(t: Test, options: AuthOptions = {}) {
  const app: FastifyInstance = Fastify()
  t.teardown(() => app.close())
  app.addHook('onSend', async (_request, _reply, payload) => payload)
  await app.register(auth, { jwt: { secret }, ...options })
  const ran = { count: 0 }
  const run = async (request: { user: unknown }) => {
    ran.count++
    return request.user
  }
  app.get('/me', { onRequest: [app.authenticate] }, run)
  app.delete('/users/:id', { onRequest: [app.authorize('admin')] }, run)
  app.get('/reports', { config: { auth: { scopes: ['reports:read'] } } }, run)
  app.get('/open', { config: { auth: false } }, async () => 'open')
  await app.ready()
  const ask = (url: string, token?: string, method: 'GET' | 'DELETE' = 'GET') =>
    app.inject({ method, url, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })
  return { app, ran, ask }
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const now = (): number => Math.floor(Date.now() / 1000)

/** Signs claims that the library would not sign. */
function signed(claims: object, header: object = { alg: 'HS256', typ: 'JWT' }, key: string = secret): string {
  const text = `${encode(header)}.${encode(claims)}`
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
}
const claims = (more: object = {}): object => ({
  iss: 'seaworthy', aud: 'seaworthy', sub: 'ada', iat: now(), exp: now() + 60, ...more
}) // prettier-ignore

t.test('an issued token authenticates its user and grants its roles', async (t) => {
  const { app, ask, ran } = await build(t)
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
    const { ask, ran } = await build(t)
    const good = signed(claims({ roles: ['user'] }))
    const [header = '', , signature = ''] = good.split('.')
    t.equal((await ask('/me', good)).statusCode, 200)
    for (const other of [
      `${header}.${encode(claims({ roles: ['admin'] }))}.${signature}`,
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
  const token = signed(claims({ roles: ['reader'], teams: [{ name: 'a' }], home: { city: 'London' } }))
  const ask = async () =>
    (await app.inject({ url: '/', headers: { authorization: `Bearer ${token}` } })).json()
  const first = await ask()
  t.match(first, [{ roles: ['reader'], teams: [{ name: 'a' }], home: { city: 'London' } }, ['reader']])
  for (let again = 0; again < 3; again++) t.same(await ask(), first)
})

t.test(
  'a request without a token or with an invalid one gets 401 with a challenge, and no handler runs',
  async (t) => {
    const { app, ask, ran } = await build(t)
    const { accessToken } = await app.auth.issueTokens({ sub: 'ada' })
    const [header, payload, signature] = accessToken.split('.') as [string, string, string]

    const none = await ask('/me')
    t.equal(none.statusCode, 401)
    t.strictSame([none.headers['www-authenticate']].flat(), ['Bearer realm="api"'])

    const bad: Record<string, string> = {
      'another signature': signed(claims(), undefined, 'another'.repeat(8)),
      'no signature': `${header}.${payload}.`,
      'alg none': `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims())}.`,
      'alg none, signed': signed(claims(), { alg: 'none' }),
      'another algorithm': signed(claims(), { alg: 'HS512', typ: 'JWT' }),
      expired: signed(claims({ exp: now() - 60 })),
      'not yet': signed(claims({ nbf: now() + 60 })),
      'another issuer': signed(claims({ iss: 'other' })),
      'another audience': signed(claims({ aud: 'other' })),
      'no expiry': signed(claims({ exp: undefined })),
      'no issuer': signed(claims({ iss: undefined })),
      'a segment more': `${accessToken}.x`,
      'a segment less': `${header}.${payload}`,
      padding: `${header}.${payload}.${signature}=`,
      'another encoding': `${header}.${payload}.${signature.slice(0, -1)}+`,
      'too long': signed(claims({ filler: 'x'.repeat(9000) })),
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
  const expired = claims({ exp: now() - 60 })
  const fromApp = signed(expired)
  const fromIssuer = await new SignJWT({ ...expired, iss: 'idp', aud: 'api' })
    .setProtectedHeader({ alg: 'EdDSA' })
    .sign(privateKey)
  for (const [clockTolerance, status] of [
    [120_000, 200],
    [30_000, 401]
  ] as const) {
    const { app, ask } = await build(t, { jwt: { secret, issuers, clockTolerance } })
    for (const token of [fromApp, fromIssuer]) t.equal((await ask('/me', token)).statusCode, status)
    if (status === 200) t.match(app.jwt.verify(fromApp), { sub: 'ada' })
    else t.throws(() => app.jwt.verify(fromApp), { code: 'FAST_JWT_EXPIRED' })
  }
})

t.test('a request without the required role or scope gets 403, and no handler runs', async (t) => {
  const { app, ask, ran } = await build(t)
  for (const roles of [undefined, [], ['user'], ['administrator'], 'adminx', ['ADMIN']]) {
    const { accessToken } = await app.auth.issueTokens({ sub: 'ada', ...(roles ? { roles } : {}) })
    t.equal((await ask('/users/1', accessToken, 'DELETE')).statusCode, 403, JSON.stringify(roles))
  }
  const scopeless = await ask('/reports', (await app.auth.issueTokens({ sub: 'ada' })).accessToken)
  t.equal(scopeless.statusCode, 403)
  t.match(scopeless.headers['www-authenticate'], /error="insufficient_scope"/)
  t.equal(ran.count, 0)

  const scoped = await app.auth.issueTokens({ sub: 'ada', scope: 'a reports:read' })
  t.equal((await ask('/reports', scoped.accessToken)).statusCode, 200)
  t.equal(
    (await ask('/users/1', 'broken', 'DELETE')).statusCode,
    401,
    'an invalid token is not a missing role'
  )
})

t.test('a role grants the roles that it includes, and `role` counts as `roles`', async (t) => {
  const { app, ask } = await build(t, { roles: { root: ['admin'], admin: ['user'], user: [] } })
  for (const [granted, status] of [
    [{ roles: ['root'] }, 200],
    [{ role: 'admin' }, 200],
    [{ roles: ['user'] }, 403]
  ] as const) {
    const { accessToken } = await app.auth.issueTokens({ sub: 'ada', ...granted })
    t.equal((await ask('/users/1', accessToken, 'DELETE')).statusCode, status)
  }
})

t.test('a refresh token returns the next pair once, and its reuse ends the login', async (t) => {
  const { app, ask } = await build(t, { jwt: { secret, refreshGrace: 0 } })
  const first = await app.auth.issueTokens({ sub: 'ada' })
  const second = await app.auth.refresh(first.refreshToken)
  t.not(second.refreshToken, first.refreshToken)
  t.equal((await ask('/me', second.accessToken)).statusCode, 200)

  await t.rejects(app.auth.refresh(first.refreshToken), { code: 'AUTH_REFRESH_INVALID', statusCode: 401 })
  await t.rejects(app.auth.refresh(second.refreshToken), { code: 'AUTH_REFRESH_INVALID' })
  t.equal((await ask('/me', second.accessToken)).statusCode, 401, 'the login has ended for both')
  for (const text of ['', 'x', `${'0'.repeat(36)}.${'A'.repeat(43)}`]) {
    await t.rejects(app.auth.refresh(text), { code: 'AUTH_REFRESH_INVALID' })
  }
})

t.test('parallel refreshes get the same successor within the grace', async (t) => {
  const { app } = await build(t)
  const { refreshToken } = await app.auth.issueTokens({ sub: 'ada' })
  const pairs = await Promise.all([1, 2, 3].map(async () => app.auth.refresh(refreshToken)))
  t.equal(new Set(pairs.map((pair) => pair.refreshToken)).size, 1)
})

t.test('a revoked token is rejected from then on, and other tokens are not', async (t) => {
  const { app, ask } = await build(t)
  const one = await app.auth.issueTokens({ sub: 'ada' })
  const two = await app.auth.issueTokens({ sub: 'ada' })
  const other = await app.auth.issueTokens({ sub: 'bob' })
  // Verified once, so that it is in the cache.
  t.equal((await ask('/me', one.accessToken)).statusCode, 200)

  await app.auth.revoke({ token: one.accessToken })
  t.equal((await ask('/me', one.accessToken)).statusCode, 401)
  t.equal((await ask('/me', two.accessToken)).statusCode, 200)
  await app.auth.revoke({ refreshToken: two.refreshToken })
  t.equal((await ask('/me', two.accessToken)).statusCode, 401)
  await t.rejects(app.auth.refresh(two.refreshToken))

  const three = await app.auth.issueTokens({ sub: 'ada' })
  await app.auth.revoke({ user: 'ada' })
  t.equal((await ask('/me', three.accessToken)).statusCode, 401)
  t.equal((await ask('/me', other.accessToken)).statusCode, 200)
  t.equal(
    (await ask('/me', (await app.auth.issueTokens({ sub: 'ada' })).accessToken)).statusCode,
    200,
    'a new login'
  )
})

t.test('a token from a refresh that overlaps the revocation of its user is revoked too', async (t) => {
  let entered: () => void = () => undefined
  let goOn: () => void = () => undefined
  const inside = new Promise<void>((resolve) => (entered = resolve))
  const gate = new Promise<void>((resolve) => (goOn = resolve))
  const refreshClaims = async (claims: object) => {
    entered()
    await gate
    return claims
  }
  const clock = FakeTimers.install({ now: Date.now(), toFake: ['Date'] })
  t.teardown(() => clock.uninstall())
  const { app, ask, ran } = await build(t, { jwt: { secret, refreshClaims } })
  const { refreshToken } = await app.auth.issueTokens({ sub: 'ada' })
  clock.tick(1000)
  const pending = app.auth.refresh(refreshToken)
  await inside
  clock.tick(10)
  await app.auth.revoke({ user: 'ada' })
  clock.tick(10)
  goOn()
  const { accessToken } = await pending
  t.match(await ask('/me', accessToken), { statusCode: 401, body: /AUTH_TOKEN_REVOKED/ })
  t.equal(ran.count, 0)
})

t.test('a login after a revocation of its user can be refreshed at once', async (t) => {
  const clock = FakeTimers.install({ now: Date.now(), toFake: ['Date'] })
  t.teardown(() => clock.uninstall())
  const { app, ask } = await build(t)
  await app.auth.revoke({ user: 'ada' })
  // The clock stands still: all of it within one millisecond.
  const first = await app.auth.issueTokens({ sub: 'ada' })
  const second = await app.auth.refresh(first.refreshToken)
  t.equal((await ask('/me', first.accessToken)).statusCode, 200)
  t.equal((await ask('/me', second.accessToken)).statusCode, 200)
})

t.test('neither claims of a login nor of refreshClaims can set reserved claims', async (t) => {
  const forged = {
    iss: 'x',
    aud: 'x',
    exp: now() + 1e6,
    nbf: now() + 1e6,
    iat: 1,
    jti: 'x',
    sid: 'x',
    iat_ms: 9e15
  }
  const { app, ask } = await build(t, { jwt: { secret, expiresIn: 60, refreshClaims: () => forged } })
  const first = await app.auth.issueTokens({ sub: 'ada', ...forged })
  const second = await app.auth.refresh(first.refreshToken)
  for (const { accessToken } of [first, second]) {
    const answer = await ask('/me', accessToken)
    t.equal(answer.statusCode, 200)
    const { iat, exp, ...claims } = answer.json<Record<string, number>>()
    t.equal(exp! - iat!, 60)
    t.match(claims, { sub: 'ada', iss: 'seaworthy', aud: 'seaworthy', nbf: undefined })
    for (const name of ['jti', 'sid', 'iat_ms'] as const) t.not(claims[name], forged[name])
  }
})

t.test('revoke rejects an argument without an id, and takes a number as an id', async (t) => {
  const { app, ask } = await build(t)
  const { accessToken, refreshToken } = await app.auth.issueTokens({ sub: 42 })
  await app.auth.revoke({ user: 42 as never })
  t.equal((await ask('/me', accessToken)).statusCode, 401)
  await t.rejects(app.auth.refresh(refreshToken), { code: 'AUTH_REFRESH_INVALID' })
  const nothing = [
    {}, undefined, null, 'ada', { user: undefined }, { user: '' }, { user: null }, { user: { id: 1 } }, { usr: 'ada' },
    { jti: undefined }, { session: '' }, { refreshToken: undefined }, { token: undefined }, { user: 'ada', jti: 'x' }
  ] // prettier-ignore
  for (const what of nothing)
    await t.rejects(app.auth.revoke(what as never), { message: /^auth: "revoke\(/ }, JSON.stringify(what))
})

t.test('the old secret verifies while the new one signs', async (t) => {
  const next = randomBytes(32).toString('base64')
  const before = await build(t)
  const { accessToken } = await before.app.auth.issueTokens({ sub: 'ada' })
  const during = await build(t, { jwt: { secret: [next, secret] } })
  t.equal((await during.ask('/me', accessToken)).statusCode, 200)
  const fresh = await during.app.auth.issueTokens({ sub: 'ada' })
  t.equal((await before.ask('/me', fresh.accessToken)).statusCode, 401)
  const after = await build(t, { jwt: { secret: next } })
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
    const { ask } = await build(t, {
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
      (await ask('/me', signed(claims({ iss: issuer, aud: 'api' }), { alg: 'HS256', kid: 'a' }))).statusCode,
      401
    )
  }
)

t.test('no mutation of a token and no Authorization header passes or breaks the service', async (t) => {
  const { app, ask, ran } = await build(t)
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

t.test('a route allows exactly the tokens with its role', async (t) => {
  const roles = ['admin', 'editor', 'user']
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(auth, { jwt: { secret }, roles })
  for (const role of roles) app.get(`/${role}`, { config: { auth: { roles: role } } }, async () => role)
  await fc.assert(
    fc.asyncProperty(fc.subarray(roles), fc.constantFrom(...roles), async (granted, required) => {
      const { accessToken } = await app.auth.issueTokens({ sub: 'ada', roles: granted })
      const headers = { authorization: `Bearer ${accessToken}` }
      return (
        (await app.inject({ url: `/${required}`, headers })).statusCode ===
        (granted.includes(required) ? 200 : 403)
      )
    }),
    { numRuns: 60 }
  )
  t.ok(app.auth.matrix().length >= roles.length, 'the matrix has the routes')
  t.match(app.auth.printMatrix(), /editor/)
})

t.test('defaultDeny stops the start for a route without an access rule', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(auth, { jwt: { secret }, defaultDeny: true })
  app.get('/forgotten', async () => 'x')
  app.get('/open', { config: { auth: false } }, async () => 'x')
  await t.rejects(async () => app.ready(), { message: /GET \/forgotten/ })
})

t.test('a policy allows a request only by returning true', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const answers: unknown[] = [true, false, undefined, 'yes', {}, 1]
  let answer: unknown
  await app.register(auth, { jwt: { secret }, policies: { mood: () => answer as boolean } })
  app.get('/mood', { config: { auth: { policies: 'mood' } } }, async () => 'x')
  app.get<{ Params: { id: string } }>(
    '/users/:id',
    {
      config: {
        auth: { owner: (request, { identity }) => (request.params as { id: string }).id === identity.subject }
      }
    },
    async () => 'x'
  )
  const { accessToken } = await app.auth.issueTokens({ sub: 'ada' })
  const headers = { authorization: `Bearer ${accessToken}` }
  for (answer of answers) {
    t.equal((await app.inject({ url: '/mood', headers })).statusCode, answer === true ? 200 : 403)
  }
  t.equal((await app.inject({ url: '/users/ada', headers })).statusCode, 200)
  t.equal((await app.inject({ url: '/users/bob', headers })).statusCode, 403)
  t.equal((await app.inject({ url: '/users/ada' })).statusCode, 401)
})

requires(
  ['redis-server'],
  'processes that share a Redis share logins and revocations, and verify tokens without it',
  async (t) => {
    const server = await startRedis(t)
    const redis = () => {
      const client = new Redis({
        port: server.port,
        host: '127.0.0.1',
        enableOfflineQueue: false,
        lazyConnect: true
      })
      client.on('error', () => undefined)
      t.teardown(() => client.disconnect())
      return client
    }
    const [a, b] = [redis(), redis()]
    await Promise.all([a.connect(), b.connect()])
    const one = await build(t, { redis: a })
    const two = await build(t, { redis: b })

    const first = await one.app.auth.issueTokens({ sub: 'ada' })
    t.equal((await two.ask('/me', first.accessToken)).statusCode, 200)
    const second = await two.app.auth.refresh(first.refreshToken)
    await one.app.auth.revoke({ user: 'ada' })
    await until(
      'the other process to know',
      async () => (await two.ask('/me', second.accessToken)).statusCode === 401
    )
    await t.rejects(two.app.auth.refresh(second.refreshToken))

    const third = await one.app.auth.issueTokens({ sub: 'bob' })
    t.equal((await two.ask('/me', third.accessToken)).statusCode, 200)
    await server.kill()
    t.equal(
      (await two.ask('/me', third.accessToken)).statusCode,
      200,
      'without Redis tokens are still verified'
    )
    await t.rejects(two.app.auth.refresh(third.refreshToken), { code: 'AUTH_STORE_UNAVAILABLE' })
  }
)
