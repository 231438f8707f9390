import { randomBytes } from 'node:crypto'
import FakeTimers from '@sinonjs/fake-timers'
import { requires, startRedis } from '@seaworthy/testing'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import type { AuthOptions, SessionOptions } from '../src/index.ts'
import { cookieOf, guardedApp } from './helpers.ts'

const key = randomBytes(32)

async function build(t: Test, session: SessionOptions, more: AuthOptions = {}) {
  const { app } = await guardedApp(t, { session: { key, ...session }, ...more })
  app.post('/login', async ({ session, body }) => {
    session.set('user', body)
    return 'in'
  })
  app.get('/me', { config: { auth: true } }, async () => 'me')
  await app.ready()
  const login = async (user: object = { sub: 'ada' }, headers: Record<string, string> = {}) => {
    const response = await app.inject({ method: 'POST', url: '/login', payload: user, headers })
    return { status: response.statusCode, body: response.body, cookie: cookieOf(response.headers) }
  }
  const me = async (cookie: string) => (await app.inject({ url: '/me', headers: { cookie } })).statusCode
  return { app, login, me }
}

/** The same with a Redis of two processes' apps, and without. */
const stores: Record<
  string,
  (t: Test, session: SessionOptions) => Promise<Awaited<ReturnType<typeof build>>[]>
> = {
  memory: async (t, session) => [await build(t, session)],
  Redis: async (t, session) => {
    const { port } = await startRedis(t)
    return Promise.all(
      [1, 2].map(() => {
        const redis = new Redis({ port })
        t.teardown(() => redis.disconnect())
        return build(t, session, { redis, storeTimeout: 5000 })
      })
    )
  }
}

for (const [name, start] of Object.entries(stores)) {
  const needs = name === 'Redis' ? ['redis-server'] : []
  requires(needs, `parallel logins leave the newest of maxSessions, in ${name}`, async (t) => {
    const apps = await start(t, { maxSessions: 3 })
    const [{ app, me, login }] = apps as [Awaited<ReturnType<typeof build>>]
    const other = (await login({ sub: 'bob' })).cookie
    const logins = await Promise.all(
      Array.from({ length: 20 }, (_none, at) => apps[at % apps.length]!.login())
    )
    t.ok(logins.every(({ status }) => status === 200))
    const alive = await Promise.all(logins.map(({ cookie }) => me(cookie)))
    t.equal(alive.filter((status) => status === 200).length, 3)
    t.equal((await app.auth.sessions.list('ada')).length, 3)
    t.equal(await me(other), 200, 'another user')
    const last = (await login()).cookie
    t.equal(await me(last), 200)
    t.equal((await app.auth.sessions.list('ada')).length, 3)
  })

  requires(needs, `with reject, logins above maxSessions get 403 until one ends, in ${name}`, async (t) => {
    const apps = await start(t, { maxSessions: 2, onMaxSessions: 'reject' })
    const [{ app, me, login }] = apps as [Awaited<ReturnType<typeof build>>]
    const logins = await Promise.all(
      Array.from({ length: 12 }, (_none, at) => apps[at % apps.length]!.login())
    )
    const [first, second, ...more] = logins.filter(({ status }) => status === 200)
    t.same(more, [])
    const rejected = logins.filter(({ status }) => status === 403)
    t.equal(rejected.length, 10)
    t.match(rejected[0]!.body, /AUTH_TOO_MANY_SESSIONS/)
    t.equal(rejected[0]!.cookie, '', 'no cookie')
    for (const { cookie } of [first!, second!]) t.equal(await me(cookie), 200)

    const promoted = await login({ sub: 'ada', roles: ['admin'] }, { cookie: first!.cookie })
    t.equal(promoted.status, 200, 'a change of roles replaces its own session')
    t.equal((await login()).status, 403)
    const [one] = await app.auth.sessions.list('ada')
    await app.auth.sessions.revoke(one!.id, 'ada')
    t.equal((await login()).status, 200)
  })
}

t.test('the list has device and both times, the newest first', async (t) => {
  const clock = FakeTimers.install({ now: Date.now(), toFake: ['Date'] })
  t.teardown(() => clock.uninstall())
  const { app, login } = await build(t, { idleTimeout: 60_000, absoluteTimeout: 100_000 })
  const begin = Date.now()
  await login({ sub: 'ada' }, { 'user-agent': 'phone' })
  clock.tick(1000)
  const { cookie } = await login({ sub: 'ada' }, { 'user-agent': 'laptop' })
  t.match(await app.auth.sessions.list('ada'), [
    {
      userAgent: 'laptop',
      ip: '127.0.0.1',
      createdAt: begin + 1000,
      idleExpiresAt: begin + 61_000,
      expiresAt: begin + 101_000
    },
    { userAgent: 'phone', createdAt: begin, idleExpiresAt: begin + 60_000, expiresAt: begin + 100_000 }
  ])
  clock.tick(50_000)
  await app.inject({ url: '/me', headers: { cookie } })
  const [laptop] = await app.auth.sessions.list('ada')
  t.equal(laptop!.idleExpiresAt, begin + 101_000, 'not beyond the absolute time')
})

for (const wrong of [{ maxSessions: 0 }, { maxSessions: 1.5 }, { onMaxSessions: 'refuse' as never }])
  t.test(`${JSON.stringify(wrong)} stops the start`, async (t) => {
    await t.rejects(build(t, wrong), { code: 'INVALID_OPTION', message: /axSessions/ })
  })
