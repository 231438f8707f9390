// Refresh and revocation of issued tokens.
import { requires, startRedis, until } from '@seaworthy/testing'
import FakeTimers from '@sinonjs/fake-timers'
import { Redis } from 'ioredis'
import t from 'tap'
import { seconds, secret } from './helpers.ts'
import { tokenApp } from './token-app.ts'

t.test('a refresh token returns the next pair once, and its reuse ends the login', async (t) => {
  const { app, ask } = await tokenApp(t, { jwt: { secret, refreshGrace: 0 } })
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
  const { app } = await tokenApp(t)
  const { refreshToken } = await app.auth.issueTokens({ sub: 'ada' })
  const pairs = await Promise.all([1, 2, 3].map(async () => app.auth.refresh(refreshToken)))
  t.equal(new Set(pairs.map((pair) => pair.refreshToken)).size, 1)
})

t.test('a revoked token is rejected from then on, and other tokens are not', async (t) => {
  const { app, ask } = await tokenApp(t)
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
  const { app, ask, ran } = await tokenApp(t, { jwt: { secret, refreshClaims } })
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
  const { app, ask } = await tokenApp(t)
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
    exp: seconds() + 1e6,
    nbf: seconds() + 1e6,
    iat: 1,
    jti: 'x',
    sid: 'x',
    iat_ms: 9e15
  }
  const { app, ask } = await tokenApp(t, { jwt: { secret, expiresIn: 60, refreshClaims: () => forged } })
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
  const { app, ask } = await tokenApp(t)
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
    const one = await tokenApp(t, { redis: a })
    const two = await tokenApp(t, { redis: b })

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
