import { requires, startRedis, startSentinel, until } from '@seaworthy/testing'
import { Cluster, Redis } from 'ioredis'
import { bearer } from './helpers.ts'
import { build, logins, plain } from './redis-apps.ts'

const needs = ['redis-server']

requires(needs, 'in a cluster all is on one node, and a prefix without braces is refused', async (t) => {
  const { port } = await startRedis(t, ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'])
  const admin = plain(t, port)
  // Redis 6 has no ADDSLOTSRANGE.
  await admin.call('CLUSTER', 'ADDSLOTS', ...Array.from({ length: 16_384 }, (_none, slot) => `${slot}`))
  await until('the cluster to be up', async () => (await admin.cluster('INFO')).includes('cluster_state:ok'))
  const cluster = (keyPrefix?: string) =>
    new Cluster([{ host: '127.0.0.1', port }], keyPrefix === undefined ? {} : { keyPrefix })
  for (const keyPrefix of [undefined, 'shop:', '{shop}:']) {
    const { app, login, me } = await build(t, cluster(keyPrefix))
    const pair = await app.auth.issueTokens({ sub: 'ada' })
    const { cookie } = await login()
    t.equal(await me({ cookie }), 200)
    t.ok(await app.auth.refresh(pair.refreshToken))
    t.equal((await app.auth.sessions.list('ada')).length, 1)
    await app.auth.revoke({ user: 'ada' })
    t.equal(await me({ cookie }), 401)
    t.equal(await me(bearer(pair.accessToken)), 401)
  }
  await t.rejects(build(t, cluster(), { redisPrefix: 'shop:' }), { message: /"redisPrefix".*braces/ })
  const { login } = await build(t, cluster('{a}'), { redisPrefix: 'shop:' })
  t.equal((await login()).status, 200, 'the prefix of the client has braces')
})

requires(needs, 'after a failover of Sentinel logins and revocations are as before', async (t) => {
  const { master, port } = await startSentinel(t)
  const client = () =>
    new Redis({ sentinels: [{ host: '127.0.0.1', port }], name: 'main', sentinelRetryStrategy: () => 100 })
  const [one, two] = [await build(t, client()), await build(t, client())]
  const { cookie } = await one.login()
  const kept = await one.app.auth.issueTokens({ sub: 'ada' })
  const ended = await one.app.auth.issueTokens({ sub: 'eve' })
  await one.app.auth.revoke({ user: 'eve' })
  await until('the revocation', async () => (await two.me(bearer(ended.accessToken))) === 401)

  // Writes that the replica does not have yet are lost with the master. This one comes after all others.
  const last = plain(t, master.port)
  await last.set('last', 'write')
  await last.wait(1, 0)
  await master.kill()
  await until('logins on the new master', async () => (await two.login('bob')).status === 200)
  await until('the session', async () => (await one.me({ cookie })) === 200)
  t.equal(await two.me(bearer(kept.accessToken)), 200)
  t.equal(await two.me(bearer(ended.accessToken)), 401)
  await until('a revocation', async () =>
    one.app.auth.revoke({ user: 'ada' }).then(
      () => true,
      () => false
    )
  )
  await until('the other app to reject it', async () => (await two.me(bearer(kept.accessToken))) === 401)
  t.equal(await two.me({ cookie }), 401)
  const late = await build(t, client())
  for (const { accessToken } of [kept, ended])
    t.equal(await late.me(bearer(accessToken)), 401, 'also for an app that starts later')
})

requires(needs, 'a client may connect lazily and refuse commands while it is offline', async (t) => {
  const redis = await startRedis(t)
  for (const options of [
    { lazyConnect: true },
    { enableOfflineQueue: false },
    { lazyConnect: true, enableOfflineQueue: false }
  ]) {
    const { app, login, me } = await build(t, new Redis({ port: redis.port, ...options }))
    await logins(login, 200)
    const { cookie } = await login()
    const { accessToken } = await app.auth.issueTokens({ sub: 'ada' })
    await app.auth.revoke({ user: 'ada' })
    t.strictSame([await me({ cookie }), await me(bearer(accessToken))], [401, 401], JSON.stringify(options))
  }
})
