import { randomBytes } from 'node:crypto'
import { requires, startRedis } from '@seaworthy/testing'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { auth, type AuthOptions } from '../src/index.ts'
import { cookieOf, secret } from './helpers.ts'

const key = randomBytes(32)

/** An app whose route `/change` runs a function of the test with the session of a login. */
async function build(t: Test, options: AuthOptions = {}) {
  const warnings: string[] = []
  const write = (line: string): void => void warnings.push((JSON.parse(line) as { msg: string }).msg)
  const app = Fastify({ logger: { level: 'warn', stream: { write } } })
  t.teardown(() => app.close())
  await app.register(auth, { session: { key }, storeTimeout: 5000, ...options })
  let change: (request: FastifyRequest) => unknown = () => undefined
  app.post('/login', async ({ session, body }) => {
    session.set('user', body)
    return 'in'
  })
  app.post('/change', async (request) => {
    await change(request)
    return 'done'
  })
  app.get('/me', { config: { auth: true } }, async ({ identity }) => identity?.subject ?? 'none')
  await app.ready()
  const post = async (url: string, cookie = '', payload: object = {}) => {
    const response = await app.inject({ method: 'POST', url, payload, headers: { cookie } })
    return { status: response.statusCode, cookie: cookieOf(response.headers) }
  }
  return {
    app,
    warnings,
    login: async (user: object = { id: 'ada' }) => (await post('/login', '', user)).cookie,
    me: async (cookie: string) => (await app.inject({ url: '/me', headers: { cookie } })).statusCode,
    send: async (cookie: string, run: (request: FastifyRequest, app: FastifyInstance) => unknown) => {
      change = (request) => run(request, app)
      return post('/change', cookie)
    }
  }
}

const stores: Record<string, (t: Test) => Promise<AuthOptions>> = {
  memory: async () => ({}),
  Redis: async (t) => {
    const redis = new Redis({ port: (await startRedis(t)).port })
    t.teardown(() => redis.disconnect())
    return { redis }
  }
}

for (const [name, optionsOf] of Object.entries(stores)) {
  const needs = name === 'Redis' ? ['redis-server'] : []

  requires(
    needs,
    `a session that is revoked while its request changes it stays ended, in ${name}`,
    async (t) => {
      const { login, me, send } = await build(t, await optionsOf(t))
      const changes: Record<string, (request: FastifyRequest, app: FastifyInstance) => unknown> = {
        roles: ({ session }) => session.set('user', { id: 'ada', roles: ['admin'] }),
        rotate: (request, app) => app.auth.sessions.rotate(request),
        stepUp: (request, app) => app.auth.sessions.stepUp(request)
      }
      for (const [change, run] of Object.entries(changes)) {
        const cookie = await login()
        const after = await send(cookie, async (request, app) => {
          await app.auth.sessions.revokeAll('ada')
          await run(request, app)
        })
        t.equal(after.status, 200)
        t.equal(await me(cookie), 401)
        t.equal(await me(after.cookie), 401, change)
      }
    }
  )

  requires(needs, `a login after a revocation in its request is valid, in ${name}`, async (t) => {
    const { login, me, send } = await build(t, { jwt: { secret }, ...(await optionsOf(t)) })
    const cookie = await login()
    const again = await send(cookie, async ({ session }, app) => {
      await app.auth.revoke({ user: 'ada' })
      session.regenerate()
      session.set('user', { id: 'ada' })
    })
    t.strictSame([await me(cookie), await me(again.cookie)], [401, 200], 'with regenerate()')
    const other = await send(again.cookie, ({ session }) => session.set('user', { id: 'bob' }))
    t.strictSame([await me(again.cookie), await me(other.cookie)], [401, 200], 'another user')
  })

  requires(needs, `sessions are revoked by ids of any kind, and not without one, in ${name}`, async (t) => {
    const { app, login, me } = await build(t, await optionsOf(t))
    const cookie = await login({ id: 7 })
    const [session] = await app.auth.sessions.list(7 as unknown as string)
    const { revoke } = app.auth.sessions as unknown as {
      revoke(id: unknown, ...subject: unknown[]): Promise<void>
    }
    for (const id of [undefined, null, '', 7]) await t.rejects(revoke(id), { code: 'INVALID_OPTION' })
    for (const subject of [null, '', {}])
      await t.rejects(revoke(session!.id, subject), { code: 'INVALID_OPTION' })
    await revoke(session!.id, 8)
    t.equal(await me(cookie), 200, 'that of another user stays')
    await revoke(session!.id, 7)
    t.equal(await me(cookie), 401)
  })
}

requires(['redis-server'], 'a revocation ends logins whose list Redis has dropped', async (t) => {
  const { port } = await startRedis(t)
  const admin = new Redis({ port })
  t.teardown(() => admin.disconnect())
  const { app, login, me } = await build(t, { jwt: { secret }, redis: admin, redisPrefix: '{test}:' })
  const cookie = await login()
  const { refreshToken } = await app.auth.issueTokens({ sub: 'ada' })
  t.equal(await admin.del('{test}:sessions:ada', '{test}:families:ada'), 2)
  await app.auth.revoke({ user: 'ada' })
  t.equal(await me(cookie), 401)
  await t.rejects(app.auth.refresh(refreshToken), { code: 'AUTH_REFRESH_INVALID' })
  t.equal(await me(await login()), 200, 'the next login')
})

requires(['redis-server'], 'a logout ends tokens of a login that Redis has lost', async (t) => {
  const { port } = await startRedis(t)
  const admin = new Redis({ port })
  t.teardown(() => admin.disconnect())
  const { app } = await build(t, { jwt: { secret }, redis: admin })
  const me = async (token: string) =>
    (await app.inject({ url: '/me', headers: { authorization: `Bearer ${token}` } })).statusCode
  const { accessToken, refreshToken } = await app.auth.issueTokens({ sub: 'ada' })
  await admin.flushall()
  const [family] = refreshToken.split('.')
  await app.auth.revoke({ refreshToken: `${family}.${'A'.repeat(44)}` })
  t.equal(await me(accessToken), 200, 'not by a token that was never issued')
  await app.auth.revoke({ refreshToken })
  t.equal(await me(accessToken), 401)
  await app.auth.revoke({ refreshToken })
  t.equal(await admin.zcard((await admin.keys('*:revoked'))[0]!), 1, 'one entry, however often it comes')
})

requires(['redis-server'], 'a Redis that drops keys when it is full is named at start', async (t) => {
  const { port } = await startRedis(t)
  const admin = new Redis({ port })
  t.teardown(() => admin.disconnect())
  const start = async (limit: string, policy: string) => {
    await admin.config('SET', 'maxmemory', limit)
    await admin.config('SET', 'maxmemory-policy', policy)
    const { warnings } = await build(t, { redis: admin })
    return warnings.filter((line) => /drops keys when it is full/.test(line))
  }
  t.match(await start('100mb', 'volatile-lru'), [/volatile-lru.*noeviction/])
  t.match(await start('100mb', 'allkeys-lfu'), [/allkeys-lfu/])
  t.same(await start('100mb', 'noeviction'), [])
  t.same(await start('0', 'allkeys-lru'), [])
})

t.test('users without an id are kept apart, and named once', async (t) => {
  const { login, me, send, warnings } = await build(t, { session: { key, maxSessions: 1 } })
  const ada = await login({ email: 'ada@example.com' })
  const bob = await login({ email: 'bob@example.com' })
  t.strictSame([await me(ada), await me(bob)], [200, 200], 'a login ends none of another user')
  const eve = await send(ada, ({ session }) => session.set('user', { email: 'eve@example.com' }))
  t.strictSame([await me(ada), await me(eve.cookie)], [401, 200], 'another user gets another session')
  t.match(warnings, [/neither "sub" nor "id"/])
})

t.test('a session that JSON cannot hold is an error of its response, without a cookie', async (t) => {
  const { send } = await build(t)
  const circle: Record<string, unknown> = {}
  circle.self = circle
  for (const value of [1n, circle]) {
    const { status, cookie } = await send('', ({ session }) => session.set('x', value))
    t.strictSame({ status, cookie }, { status: 500, cookie: '' })
  }
})

t.test('two registrations with one cookie and two keys are named at start', async (t) => {
  const start = async (options: (at: number) => { key: Buffer; cookieName?: string }) => {
    const warnings: string[] = []
    const write = (line: string): void => void warnings.push(line)
    const app = Fastify({ logger: { level: 'warn', stream: { write } } })
    t.teardown(() => app.close())
    for (const at of [0, 1])
      app.register(
        async (scope) => {
          await scope.register(auth, { session: options(at) })
          scope.get('/me', { config: { auth: true } }, async () => 'me')
        },
        { prefix: `/${at}` }
      )
    await app.ready()
    return warnings
  }
  t.match(await start(() => ({ key: randomBytes(32) })), [/keep their sessions in the cookie __Host-session/])
  t.same(await start((at) => ({ key: randomBytes(32), cookieName: `session-${at}` })), [])
  t.same(await start(() => ({ key })), [])
})

t.test('either kind of token can be revoked under either name', async (t) => {
  const { app } = await build(t, { jwt: { secret } })
  const me = async (token: string) =>
    (await app.inject({ url: '/me', headers: { authorization: `Bearer ${token}` } })).statusCode
  const first = await app.auth.issueTokens({ sub: 'ada' })
  await app.auth.revoke({ token: first.refreshToken })
  t.equal(await me(first.accessToken), 401)
  await t.rejects(app.auth.refresh(first.refreshToken), { code: 'AUTH_REFRESH_INVALID' })
  const second = await app.auth.issueTokens({ sub: 'ada' })
  await app.auth.revoke({ refreshToken: second.accessToken })
  t.equal(await me(second.accessToken), 401)
  await app.auth.revoke({ refreshToken: 'no token' })
})
