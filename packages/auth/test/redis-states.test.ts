import { requires, startRedis, until } from '@seaworthy/testing'
import { Redis } from 'ioredis'
import { bearer } from './helpers.ts'
import { build, logins, plain, type ClientOptions } from './redis-apps.ts'

const needs = ['redis-server']

requires(needs, 'a wrong password, a user without permissions and TLS are named at start', async (t) => {
  const { port } = await startRedis(t, ['--requirepass', 'right'])
  const admin = plain(t, port, { password: 'right' })
  await admin.call('ACL', 'SETUSER', 'reader', 'on', '>reader', '~*', '+@read', '+@connection', '+info')
  const cases: [options: ClientOptions, cause: RegExp][] = [
    [{ password: 'wrong' }, /WRONGPASS|NOAUTH/],
    [{}, /NOAUTH/],
    [{ username: 'reader', password: 'reader' }, /NOPERM/],
    [{ password: 'right', tls: {} }, /connection|closed|reconnecting|SSL|socket|hang up|disconnected/i]
  ]
  for (const [options, cause] of cases) {
    const { app, login, me, warnings, readiness } = await build(t, new Redis({ port, ...options }))
    const [first] = warnings()
    t.match(first, cause)
    t.match(first, new RegExp(`Redis at localhost:${port}|Redis at 127.0.0.1:${port}`))
    t.notMatch(warnings().join(''), /wrong"|reader"/)
    t.match(readiness(), cause)
    await t.rejects(app.auth.revoke({ user: 'ada' }), { code: 'AUTH_STORE_UNAVAILABLE' })
    for (let round = 0; round < 20; round++) t.equal((await login()).status, 503)
    t.equal(await me({}), 401, 'a request without credentials needs no Redis')
    t.ok(warnings().length <= 3, `${warnings().length} lines`)
  }
})

/** Makes Redis refuse commands, and accept them again. */
const refusals: Record<
  string,
  { cause?: RegExp; on: (admin: Redis) => unknown; off: (admin: Redis) => unknown }
> = {
  OOM: {
    on: async (admin) => {
      await admin.config('SET', 'maxmemory-policy', 'noeviction')
      await admin.config('SET', 'maxmemory', '1')
    },
    off: (admin) => admin.config('SET', 'maxmemory', '0')
  },
  READONLY: {
    on: async (admin) => {
      await admin.config('SET', 'replica-serve-stale-data', 'yes')
      await admin.replicaof('127.0.0.1', '1')
    },
    off: (admin) => admin.replicaof('NO', 'ONE')
  },
  NOPERM: {
    cause: /can't run this command|has no permissions/,
    on: (admin) => admin.call('ACL', 'SETUSER', 'default', '-set'),
    off: (admin) => admin.call('ACL', 'SETUSER', 'default', '+@all')
  },
  NOREPLICAS: {
    on: (admin) => admin.config('SET', 'min-replicas-to-write', '1'),
    off: (admin) => admin.config('SET', 'min-replicas-to-write', '0')
  }
}

for (const [word, { cause = new RegExp(word), on, off }] of Object.entries(refusals)) {
  requires(
    needs,
    `while Redis refuses changes (${word}), sessions are valid and logins get 503`,
    async (t) => {
      const { port } = await startRedis(t)
      const { app, login, me, warnings, readiness } = await build(t, new Redis({ port }))
      const { cookie } = await login()
      const { accessToken } = await app.auth.issueTokens({ sub: 'ada' })
      const admin = plain(t, port)
      await on(admin)

      await logins(login, 503)
      for (let round = 0; round < 30; round++) {
        t.equal((await login()).status, 503)
        t.equal(await me({ cookie }), 200)
        t.equal(await me(bearer(accessToken)), 200)
      }
      await t.rejects(app.auth.revoke({ user: 'eve' }), { code: 'AUTH_STORE_UNAVAILABLE' })
      t.equal(warnings().length, 1, 'one line for the cause')
      t.match(warnings()[0], cause)
      t.match(readiness(), cause)

      await off(admin)
      await logins(login, 200)
      await app.auth.revoke({ user: 'ada' })
      t.equal(await me({ cookie }), 401)
      t.equal(await me(bearer(accessToken)), 401)
      t.equal(readiness(), 'ready')
      t.equal(warnings().length, 2)
    }
  )
}

requires(needs, 'a busy Redis is an outage, which ends with the script', async (t) => {
  const { port } = await startRedis(t, ['--lua-time-limit', '10'])
  const { login, me } = await build(t, new Redis({ port }), { storeTimeout: 100 })
  const { cookie } = await login()
  const admin = plain(t, port)
  const script = plain(t, port)
  await script.ping()
  let ended: string | undefined
  const endless = script.eval('while true do end', 0).catch((error: Error) => (ended = error.message))
  await until('503', async () => {
    t.equal(ended, undefined, 'the script runs')
    return (await me({ cookie })) === 503
  })
  t.equal((await login()).status, 503)
  await until('the script to be killed', async () => {
    try {
      return (await admin.call('SCRIPT', 'KILL')) === 'OK'
    } catch (error) {
      // The answer to an earlier call may have been lost with its connection.
      return /NOTBUSY/.test((error as Error).message)
    }
  })
  t.match(await endless, /killed by user/i)
  await until('the session', async () => (await me({ cookie })) === 200)
})

requires(needs, 'scripts that Redis has forgotten are sent again', async (t) => {
  const { port } = await startRedis(t)
  const { app, login, me } = await build(t, new Redis({ port }))
  const admin = plain(t, port)
  const { cookie } = await login()
  const pair = await app.auth.issueTokens({ sub: 'ada' })
  await admin.script('FLUSH')
  t.equal(await me({ cookie }), 200)
  await admin.script('FLUSH')
  t.ok(await app.auth.refresh(pair.refreshToken))
  await admin.script('FLUSH')
  await app.auth.revoke({ user: 'ada' })
  t.equal(await me({ cookie }), 401)
})

requires(needs, 'a start while Redis loads its data is answered when it has', async (t) => {
  const redis = await startRedis(t, ['--key-load-delay', '0'])
  const admin = plain(t, redis.port)
  for (let at = 0; at < 50; at++) await admin.set(`filler:${at}`, 'x')
  const first = await build(t, new Redis({ port: redis.port }))
  const { cookie } = await first.login()
  await admin.save()
  await admin.config('SET', 'key-load-delay', '40000')
  // The reload blocks Redis, which then answers LOADING.
  const reload = admin.call('DEBUG', 'RELOAD', 'NOSAVE').catch((error: Error) => error)
  const during = await first.me({ cookie })
  t.ok([200, 503].includes(during), `${during}`)
  await reload
  await until('the session', async () => (await first.me({ cookie })) === 200)
})

requires(needs, 'a user with the permissions of the README is enough, also without channels', async (t) => {
  const { port } = await startRedis(t)
  const admin = plain(t, port)
  // Channels have permissions since Redis 6.2.
  const hasChannels = !/redis_version:6\.0/.test(await admin.info('server'))
  const rules = ['~seaworthy:{auth*', '+@connection', '+@read', '+@write', '+@scripting', '+info', '+time']
  for (const [name, channels] of [
    ['all', ['&seaworthy:{auth*', '+publish', '+subscribe']],
    ['few', ['resetchannels']]
  ] as const) {
    await admin.call(
      'ACL',
      'SETUSER',
      name,
      'on',
      '>pass',
      ...rules,
      ...channels.filter((rule) => hasChannels || rule.startsWith('+'))
    )
    const client = () => new Redis({ port, username: name, password: 'pass' })
    const [one, two] = [await build(t, client()), await build(t, client())]
    const { cookie } = await one.login()
    const pair = await one.app.auth.issueTokens({ sub: 'ada' })
    t.ok(await two.app.auth.refresh(pair.refreshToken))
    await one.app.auth.revoke({ user: 'ada' })
    t.equal(await two.me({ cookie }), 401)
    await until('the revocation', async () => (await two.me(bearer(pair.accessToken))) === 401)
    t.strictSame([...one.warnings(), ...two.warnings()], [])
  }
})
