import { randomBytes } from 'node:crypto'
import FakeTimers from '@sinonjs/fake-timers'
import fc from 'fast-check'
import * as client from 'openid-client'
import t, { type Test } from 'tap'
import type { AuthOptions, AuthRule } from '../src/index.ts'
import { bearer, cookieOf, guardedApp, seconds, secret } from './helpers.ts'

async function build(t: Test, rule: AuthRule, more: AuthOptions = {}) {
  const made = await guardedApp(t, { jwt: { secret }, session: { key: randomBytes(32) }, ...more })
  const { app } = made
  made.route('POST', '/pay', { config: { auth: rule } })
  app.post('/login', async ({ session, body }) => {
    session.set('user', body)
    return 'in'
  })
  app.post('/again', { config: { auth: true } }, async (request) => {
    app.auth.sessions.stepUp(request, { acr: 'gold', amr: ['pwd', 'otp'] })
    return 'again'
  })
  await app.ready()
  const pay = (headers: Record<string, string>) => app.inject({ method: 'POST', url: '/pay', headers })
  const withToken = async (claims: object) =>
    pay(bearer((await app.auth.issueTokens({ sub: 'ada', ...claims })).accessToken))
  return { ...made, pay, withToken }
}

t.test('a client reads from the challenge of RFC 9470 what to ask for', async (t) => {
  const { app, runs } = await build(t, { acr: ['gold', 'platinum'], maxAge: '5m' })
  const url = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
  const { accessToken } = await app.auth.issueTokens({ sub: 'ada', acr: 'silver' })
  const config = new client.Configuration({ issuer: url.href }, 'app')
  client.allowInsecureRequests(config)
  const error = await client.fetchProtectedResource(config, accessToken, new URL('/pay', url), 'POST').then(
    () => undefined,
    (error: unknown) => error
  )
  t.ok(error instanceof client.WWWAuthenticateChallengeError)
  const { cause, status } = error as client.WWWAuthenticateChallengeError
  t.equal(status, 401)
  t.match(cause, [
    {
      scheme: 'bearer',
      parameters: {
        error: 'insufficient_user_authentication',
        acr_values: 'gold platinum',
        max_age: '300'
      }
    }
  ])
  t.equal(runs(), 0)
})

t.test('exactly the claims that meet the rule are let in', async (t) => {
  const made = await build(t, { acr: ['gold', 'platinum'], amr: ['mfa', 'hwk'], maxAge: 300 })
  const value = fc.constantFrom('gold', 'platinum', 'golden', '', null, 1, ['gold'], undefined)
  const method = fc.constantFrom('mfa', 'hwk', 'pwd')
  const methods = fc.oneof(fc.array(method), fc.constantFrom('mfa hwk', null, undefined, { 0: 'mfa' }))
  const age = fc.constantFrom(0, 10, 290, 310, 1e6, -200, -400, -1e12)
  const authTime = fc.oneof(
    age.map((age) => seconds() - age),
    fc.constantFrom(`${seconds()}`, null, true)
  )
  await fc.assert(
    fc.asyncProperty(value, methods, authTime, async (acr, amr, auth_time) => {
      const before = made.runs()
      const isRight =
        (acr === 'gold' || acr === 'platinum') &&
        Array.isArray(amr) &&
        amr.includes('mfa') &&
        amr.includes('hwk') &&
        typeof auth_time === 'number' &&
        seconds() - auth_time <= 300 &&
        seconds() - auth_time >= -300
      const { statusCode } = await made.withToken({ acr, amr, auth_time })
      return statusCode === (isRight ? 200 : 401) && made.runs() - before === (isRight ? 1 : 0)
    }),
    { numRuns: 300 }
  )
})

t.test('the time of the login stays through refreshes, whatever refreshClaims returns', async (t) => {
  const clock = FakeTimers.install({ now: Date.now(), toFake: ['Date'] })
  t.teardown(() => clock.uninstall())
  const refreshClaims = () => ({ roles: ['admin'], auth_time: seconds(), sub: 'eve' })
  for (const jwt of [{ secret }, { secret, refreshClaims }]) {
    const { app, pay } = await build(t, { acr: 'gold', maxAge: 300 }, { jwt })
    const first = await app.auth.issueTokens({ sub: 'ada', acr: 'gold' })
    clock.tick(200_000)
    const second = await app.auth.refresh(first.refreshToken)
    t.equal((await pay(bearer(second.accessToken))).statusCode, 200)
    clock.tick(200_000)
    const third = await app.auth.refresh(second.refreshToken)
    t.match((await pay(bearer(third.accessToken))).json(), { code: 'AUTH_INSUFFICIENT_AUTHENTICATION' })
  }
})

t.test('a session counts from its login, until the user authenticates again', async (t) => {
  const clock = FakeTimers.install({ now: Date.now(), toFake: ['Date'] })
  t.teardown(() => clock.uninstall())
  const { app, pay } = await build(t, { acr: 'gold', amr: 'otp', maxAge: 300 })
  const post = async (url: string, cookie: string, payload = {}) =>
    cookieOf((await app.inject({ method: 'POST', url, payload, headers: { cookie } })).headers)
  const cookie = await post('/login', '', { sub: 'ada', acr: 'gold', amr: ['otp'] })
  t.equal((await pay({ cookie })).statusCode, 200)
  clock.tick(301_000)
  t.equal((await pay({ cookie })).statusCode, 401)
  const renewed = await post('/again', cookie)
  t.equal((await pay({ cookie: renewed })).statusCode, 200)
  t.match((await pay({ cookie })).json(), { code: 'AUTH_REQUIRED' }, 'the old id has ended')
})

t.test('roles come first, an API key never authenticates a user, and report mode only records', async (t) => {
  const { withToken } = await build(t, { roles: 'admin', maxAge: 300 })
  t.equal((await withToken({ auth_time: 1 })).statusCode, 403)
  t.equal((await withToken({ roles: ['admin'], auth_time: 1 })).statusCode, 401)

  const kept = new Map<string, { hash: string; sub: string }>()
  const { app, pay } = await build(t, { maxAge: 300 }, { apiKeys: { find: (id) => kept.get(id) } })
  const { key, id, hash } = app.auth.apiKeys.create()
  kept.set(id, { hash, sub: 'robot' })
  t.match((await pay({ 'x-api-key': key })).json(), { code: 'AUTH_INSUFFICIENT_AUTHENTICATION' })

  const outcomes: string[] = []
  const reporting = await build(
    t,
    { maxAge: 300, mode: 'report' },
    { onAudit: (event) => outcomes.push(event.outcome) }
  )
  t.equal((await reporting.withToken({ auth_time: 1 })).statusCode, 200)
  t.ok(outcomes.includes('would_deny'))
})

t.test('the matrix has the rule, and a wrong one stops the start', async (t) => {
  const { app } = await build(t, { acr: 'gold', amr: ['mfa'], maxAge: '5m' })
  t.match(
    app.auth.matrix().find(({ url }) => url === '/pay'),
    { access: 'restricted', acr: ['gold'], amr: ['mfa'], maxAge: 300 }
  )
  t.match(app.auth.printMatrix(), /\/pay\s+restricted.*acr: gold; amr: mfa; max age: 300 s/)
  const wrong: AuthRule[] = [
    { acr: [] },
    { acr: 'a b' },
    { amr: 'x"y' },
    { maxAge: 0 },
    { maxAge: 'soon' },
    { acr: 1 as never }
  ]
  for (const rule of wrong) await t.rejects(build(t, rule), { code: 'INVALID_OPTION' }, JSON.stringify(rule))
})
