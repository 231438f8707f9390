import { randomBytes } from 'node:crypto'
import FakeTimers from '@sinonjs/fake-timers'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { AuthOptions, SessionOptions } from '../src/index.ts'
import { cookieOf, guardedApp } from './helpers.ts'

const minute = 60_000

async function build(t: Test, session: SessionOptions = {}, more: AuthOptions = {}) {
  const made = await guardedApp(t, { session: { key: randomBytes(32), ...session }, ...more })
  const { app } = made
  app.post('/login', async (request) => {
    request.session.set('user', request.body)
    return 'in'
  })
  app.post('/rotate', { onRequest: app.authenticate }, async (request) => {
    app.auth.sessions.rotate(request)
    return 'rotated'
  })
  app.post('/logout', async (request) => {
    request.session.delete()
    return 'out'
  })
  made.route('GET', '/me', { onRequest: app.authenticate })
  await app.ready()
  const send = async (url: string, payload: object = {}, cookie = '') => {
    const { headers } = await app.inject({
      method: 'POST',
      url,
      payload,
      headers: cookie === '' ? {} : { cookie }
    })
    return cookieOf(headers)
  }
  const login = (user: object = { sub: 'ada' }, cookie = '') => send('/login', user, cookie)
  const me = async (cookie: string) => (await app.inject({ url: '/me', headers: { cookie } })).statusCode
  return { ...made, send, login, me }
}

t.test('an unused session expires, and a used one does not', async (t) => {
  const clock = FakeTimers.install({ now: Date.now(), toFake: ['Date'] })
  t.teardown(() => clock.uninstall())
  const { login, me, runs } = await build(t, { idleTimeout: 30 * minute })
  const [used, idle] = [await login(), await login()]
  for (let round = 0; round < 5; round++) {
    clock.tick(20 * minute)
    t.equal(await me(used), 200)
  }
  t.equal(await me(idle), 401)
  clock.tick(31 * minute)
  t.equal(await me(used), 401)
  t.equal(runs(), 5)
})

t.test('a session expires after absoluteTimeout although it is used', async (t) => {
  const clock = FakeTimers.install({ now: Date.now(), toFake: ['Date'] })
  t.teardown(() => clock.uninstall())
  const { login, me, send } = await build(t, { idleTimeout: 30 * minute, absoluteTimeout: 60 * minute })
  let cookie = await login()
  for (let round = 0; round < 2; round++) {
    clock.tick(20 * minute)
    t.equal(await me(cookie), 200)
  }
  cookie = await send('/rotate', {}, cookie)
  t.equal(await me(cookie), 200, 'with a new id')
  cookie = await login({ sub: 'ada', roles: ['admin'] }, cookie)
  t.equal(await me(cookie), 200, 'with more roles')
  clock.tick(21 * minute)
  t.equal(await me(cookie), 401, 'absoluteTimeout counts from the login')
})

t.test('a session that is ended during a request stays ended', async (t) => {
  const clock = FakeTimers.install({ now: Date.now(), toFake: ['Date'] })
  t.teardown(() => clock.uninstall())
  const { app, login, me } = await build(t)
  const cookie = await login()
  clock.tick(20 * minute)
  await Promise.all([me(cookie), app.auth.revoke({ user: 'ada' }), me(cookie)])
  t.equal(await me(cookie), 401)
})

t.test('a change of user or roles invalidates the previous cookie', async (t) => {
  const { login, me, send } = await build(t)
  const cookies = [await login()]
  const last = (): string => cookies.at(-1)!
  cookies.push(await login({ sub: 'ada', roles: ['admin'] }, last()))
  cookies.push(await login({ sub: 'bob' }, last()))
  cookies.push(await send('/rotate', {}, last()))
  const alive = await Promise.all(cookies.map((cookie) => me(cookie)))
  t.strictSame(alive, [401, 401, 401, 200])
  await send('/logout', {}, last())
  t.equal(await me(last()), 401, 'the cookie of before the logout')
})

t.test('a cookie with a flipped bit does not authenticate', async (t) => {
  const { login, me, runs } = await build(t)
  const [name, value] = (await login()).split(/=(.*)/) as [string, string]
  const parts = value.split('.')
  const bits = parts.flatMap((part, index) =>
    Array.from({ length: Buffer.from(part, 'base64url').length * 8 }, (_none, bit) => [index, bit] as const)
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...bits), async ([index, bit]) => {
      const flipped = Buffer.from(parts[index]!, 'base64url')
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      const forged = parts.with(index, flipped.toString('base64url')).join('.')
      return (await me(`${name}=${forged}`)) === 401
    }),
    { numRuns: 200 }
  )
  t.equal(runs(), 0)
  t.equal(await me(`${name}=${value}`), 200, 'the unchanged one does')
})

t.test('a rotated key still decrypts cookies, and a removed one does not', async (t) => {
  const [old, young] = [randomBytes(32), randomBytes(32)]
  const before = await build(t, { key: old })
  const during = await build(t, { key: [young, old] })
  // Each app has its own store, so the test checks only whether the cookie can be decrypted.
  const cookie = await before.login()
  for (const [{ app }, readable] of [
    [before, true],
    [during, true],
    [await build(t, { key: young }), false]
  ] as const) {
    const read = await app.decodeSecureSession(cookie.split('=')[1]!)
    t.equal(read !== null, readable)
  }
})
