// A revocation of a user's sessions ends exactly those that began before it.
import { requires, startRedis, until } from '@seaworthy/testing'
import Fastify from 'fastify'
import { Cluster, Redis } from 'ioredis'
import type { Test } from 'tap'
import { auth, type AuthOptions } from '../src/index.ts'
import { secret } from './helpers.ts'
import { sessionApp, type Change } from './session-apps.ts'

const needs = ['redis-server']

interface ClientOptions {
  readonly keyPrefix?: string
  readonly stringNumbers?: true
  readonly enableAutoPipelining?: boolean
  readonly username?: string
  readonly password?: string
}

async function onRedis(t: Test, client: ClientOptions = {}, options: AuthOptions = {}) {
  const { port } = await startRedis(t)
  const connect = (more: ClientOptions = {}) => {
    const redis = new Redis({ port, ...more })
    t.teardown(() => redis.disconnect())
    return redis
  }
  const admin = connect()
  const redis = connect(client)
  /** Does what a full Redis does: the keys that match are gone. */
  const evict = async (pattern: string): Promise<number> => {
    const keys = await admin.keys(pattern)
    return keys.length === 0 ? 0 : admin.del(...keys)
  }
  return { admin, connect, evict, ...(await sessionApp(t, { redis, redisPrefix: '{shop}:', ...options })) }
}

requires(needs, 'a revocation ends sessions whose list Redis has dropped, without tokens too', async (t) => {
  const { app, sessions, login, me, evict } = await onRedis(t)
  const revocations: Record<string, () => Promise<void>> = {
    revokeAll: async () => sessions.revokeAll('ada'),
    revoke: async () => app.auth.revoke({ user: 'ada' })
  }
  for (const [name, revoke] of Object.entries(revocations)) {
    const [ada, other, bob] = [await login(), await login(), await login('bob')]
    t.equal(await evict('*:sessions:ada'), 1)
    t.equal(await me(ada), 200, 'the loss of the list ends nothing')
    await revoke()
    t.strictSame([await me(ada), await me(other), await me(bob)], [401, 401, 200], name)
    t.same(await sessions.list('ada'), [])
    const again = await login()
    t.strictSame([await me(again), await me(ada)], [200, 401], 'the next login')
    await evict('*:sessions-ended:*')
    t.strictSame([await me(ada), await me(other)], [401, 401], 'a session that was rejected stays ended')
  }
})

requires(needs, 'a session whose list Redis has dropped does not go on by another id', async (t) => {
  const { sessions, login, me, send, evict } = await onRedis(t)
  const changes: Record<string, Change> = {
    roles: ({ session }) => session.set('user', { id: 'ada', roles: ['admin'] }),
    rotate: (request) => sessions.rotate(request)
  }
  for (const [name, run] of Object.entries(changes)) {
    const cookie = await login()
    const after = await send(cookie, async (request, app) => {
      await evict('*:sessions:ada')
      await sessions.revokeAll('ada')
      await run(request, app)
    })
    t.equal(await me(after.cookie), 401, name)
    t.equal(await me(cookie), 401, name)
  }
})

requires(needs, 'the session that a revocation leaves out goes on, with each later id too', async (t) => {
  const { sessions, login, me, send, evict } = await onRedis(t)
  for (const isLost of [false, true]) {
    const other = await login()
    // The text of a client decides about nothing.
    const kept = await login('ada', { 'user-agent': '{"since":1,"since":2}' })
    const after = await send(kept, async (request) => {
      if (isLost) await evict('*:sessions:ada')
      await sessions.revokeAll('ada', sessions.idOf(request))
      sessions.rotate(request)
    })
    t.strictSame([await me(kept), await me(other), await me(after.cookie)], [401, 401, 200])
    const later = await send(after.cookie, (request) => sessions.rotate(request))
    t.equal(await me(later.cookie), 200)
    t.equal((await sessions.list('ada')).length, 1)
    const [bob, eve] = [await login('bob'), await login('eve')]
    const [session] = await sessions.list('eve')
    await sessions.revokeAll('bob', session!.id)
    t.strictSame([await me(bob), await me(eve), await me(later.cookie)], [401, 200, 200])
    await sessions.revokeAll('ada')
    t.equal(await me(later.cookie), 401)
  }
})

requires(needs, 'a session that is ended is not left out by a later revocation', async (t) => {
  const { sessions, login, me, evict } = await onRedis(t)
  const cookie = await login()
  const [session] = await sessions.list('ada')
  await evict('*:sessions:ada')
  await sessions.revokeAll('ada')
  await sessions.revokeAll('ada', session!.id)
  t.equal(await me(cookie), 401)
})

for (const store of ['memory', 'Redis'] as const)
  requires(
    store === 'Redis' ? needs : [],
    `what is before a revocation ends and what is after it lives, in ${store}`,
    async (t) => {
      const { sessions, login, me, evict } =
        store === 'Redis' ? await onRedis(t) : { ...(await sessionApp(t)), evict: async () => 0 }
      // One millisecond in this process, whatever the clock of Redis says.
      const now = Date.now()
      t.intercept(Date, 'now', { value: () => now })
      for (let round = 0; round < 20; round++) {
        const before = await login()
        await evict('*:sessions:ada')
        await sessions.revokeAll('ada')
        const after = await login()
        t.strictSame([await me(before), await me(after)], [401, 200])
        await sessions.revokeAll('ada')
      }
    }
  )

requires(needs, 'the clocks of processes decide nothing', async (t) => {
  const { sessions, login, me, evict } = await onRedis(t)
  const { now } = Date
  let difference = 0
  t.intercept(Date, 'now', { value: () => now() + difference })
  const before = await login()
  await evict('*:sessions:ada')
  difference = -10_000
  await sessions.revokeAll('ada')
  t.equal(await me(before), 401, 'a revocation by a clock that is late')
  const after = await login()
  difference = 0
  t.equal(await me(after), 200, 'a login by a clock that is late')
})

requires(needs, 'a revocation works in a Redis that is full', async (t) => {
  const { admin, sessions, login, me, evict } = await onRedis(t)
  const [ada, bob] = [await login(), await login('bob')]
  await evict('*:sessions:ada')
  await admin.config('SET', 'maxmemory', '1')
  for (const user of ['ada', 'bob']) await sessions.revokeAll(user)
  t.strictSame([await me(ada), await me(bob)], [401, 401])
})

requires(needs, 'a revocation ends no session of another service or issuer', async (t) => {
  const partner = 'https://partner.example'
  const issuers = [
    { issuer: partner, audience: 'shop', algorithms: ['RS256'] as const, jwksUrl: `${partner}/keys` }
  ]
  const { app, connect, sessions, login, me, evict } = await onRedis(t, {}, { jwt: { secret, issuers } })
  const blog = await sessionApp(t, { redis: connect(), redisPrefix: '{blog}:' })
  const [here, there] = [await login('42'), await blog.login('42')]
  await evict('*:sessions:42')
  await app.auth.revoke({ user: '42', issuer: partner })
  t.strictSame([await me(here), await blog.me(there)], [200, 200])
  await sessions.revokeAll('42')
  t.strictSame([await me(here), await blog.me(there)], [401, 200])
})

requires(needs, 'a process without sessions ends those of the other processes', async (t) => {
  const { connect, login, me, evict } = await onRedis(t)
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(auth, { jwt: { secret }, redis: connect(), redisPrefix: '{shop}:' })
  await app.ready()
  const [cookie, other] = [await login(), await login('bob')]
  await evict('*:sessions:ada')
  await app.auth.revoke({ user: 'ada' })
  t.strictSame([await me(cookie), await me(other)], [401, 200])
})

requires(
  needs,
  'a revocation ends sessions with each kind of client, and with few permissions',
  async (t) => {
    const clients: ClientOptions[] = [
      { keyPrefix: 'all:' },
      { stringNumbers: true },
      { enableAutoPipelining: true },
      { username: 'shop', password: 'a password of the shop' }
    ]
    for (const client of clients) {
      const { port } = await startRedis(t)
      const admin = new Redis({ port })
      t.teardown(() => admin.disconnect())
      // Neither the clock of Redis nor channels.
      const rights = ['~{shop}:*', '+@read', '+@write', '+@scripting', '+@connection', '-@dangerous']
      await admin.call('ACL', 'SETUSER', 'shop', 'on', '>a password of the shop', ...rights)
      const redis = new Redis({ port, ...client })
      t.teardown(() => redis.disconnect())
      const { sessions, login, me } = await sessionApp(t, { redis, redisPrefix: '{shop}:' })
      const [ada, bob] = [await login(), await login('bob')]
      t.equal(await admin.del(`${client.keyPrefix ?? ''}{shop}:sessions:ada`), 1)
      await sessions.revokeAll('ada')
      t.strictSame([await me(ada), await me(bob)], [401, 200], JSON.stringify(client))
    }
  }
)

requires(needs, 'a revocation ends sessions in a cluster', async (t) => {
  const { port } = await startRedis(t, ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'])
  const admin = new Redis({ port })
  t.teardown(() => admin.disconnect())
  // Redis 6 has no ADDSLOTSRANGE.
  await admin.call('CLUSTER', 'ADDSLOTS', ...Array.from({ length: 16_384 }, (_none, slot) => `${slot}`))
  await until('the cluster to be up', async () => (await admin.cluster('INFO')).includes('cluster_state:ok'))
  const redis = new Cluster([{ host: '127.0.0.1', port }])
  t.teardown(() => redis.disconnect())
  const { sessions, login, me, send } = await sessionApp(t, { redis })
  const [ada, bob, kept] = [await login(), await login('bob'), await login()]
  const lists = await admin.keys('*:sessions:ada')
  t.equal(await admin.del(...lists), 1)
  await send(kept, (request) => sessions.revokeAll('ada', sessions.idOf(request)))
  t.strictSame([await me(ada), await me(kept), await me(bob)], [401, 200, 200])
})

requires(needs, 'sessions of users with a name that is no text of Unicode can be ended', async (t) => {
  const { sessions, login, me, send } = await onRedis(
    t,
    {},
    { session: { key: Buffer.from(secret, 'base64'), maxSessions: 2 } }
  )
  const name = 'ada\uD800'
  const [first, second] = [await login(name), await login(name)]
  t.strictSame([await me(first), await me(second)], [200, 200])
  await send(first, ({ session }) => session.delete())
  t.strictSame([await me(first), await me(second)], [401, 200], 'a logout')
  await sessions.revokeAll(name)
  t.equal(await me(second), 401)
})

for (const store of ['memory', 'Redis'] as const)
  requires(
    store === 'Redis' ? needs : [],
    `an id that a session had before ends it too, in ${store}`,
    async (t) => {
      const { app, sessions, login, me, send } = store === 'Redis' ? await onRedis(t) : await sessionApp(t)
      const changes: Change[] = [
        (request) => sessions.rotate(request),
        ({ session }) => session.set('user', { id: 'ada', roles: ['admin'] }),
        (request) => sessions.stepUp(request)
      ]
      const ends: Record<string, (id: string) => Promise<void>> = {
        'of any user': async (id) => sessions.revoke(id),
        'of the user': async (id) => sessions.revoke(id, 'ada'),
        revoke: async (session) => app.auth.revoke({ session })
      }
      for (const [name, end] of Object.entries(ends)) {
        let cookie = await login()
        const listed = await sessions.list('ada')
        for (const change of changes) cookie = (await send(cookie, change)).cookie
        const [bob] = [await login('bob')]
        await sessions.revoke(listed[0]!.id, 'bob')
        t.equal(await me(cookie), 200, 'not by the name of another user')
        await end(listed[0]!.id)
        t.strictSame([await me(cookie), await me(bob)], [401, 200], name)
      }
    }
  )

for (const store of ['memory', 'Redis'] as const)
  requires(
    store === 'Redis' ? needs : [],
    `a logout ends a session that got another id meanwhile, and not that of another user, in ${store}`,
    async (t) => {
      const { sessions, login, me, send } = store === 'Redis' ? await onRedis(t) : await sessionApp(t)
      const cookie = await login()
      let other = ''
      await send(cookie, async (request) => {
        other = (await send(cookie, (parallel) => sessions.rotate(parallel))).cookie
        request.session.delete()
      })
      t.strictSame([await me(cookie), await me(other)], [401, 401])
      const ada = await login()
      const [listed] = await sessions.list('ada')
      const bob = (await send(ada, ({ session }) => session.set('user', { id: 'bob' }))).cookie
      await sessions.revoke(listed!.id)
      t.strictSame([await me(ada), await me(bob)], [401, 200], 'another login in the same browser')
    }
  )
