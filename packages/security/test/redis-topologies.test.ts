// Limits on Redis behind Sentinel, and with a user that may do little.
import { Redis } from 'ioredis'
import type { Test } from 'tap'
import { requires, startRedis, startSentinel, until } from '@seaworthy/testing'
import { rateLimit, type RateLimitOptions } from '../src/index.ts'
import { captureLog, createApp, from, ok, statuses } from './helpers.ts'

const needs = ['redis-server']

/** A client of the test, without reconnecting for ever. */
function admin(t: Test, port: number): Redis {
  const redis = new Redis({ port, retryStrategy: () => null })
  redis.on('error', () => undefined)
  t.teardown(() => redis.disconnect())
  return redis
}

/** An app with a limit of two on this client, and the lines of its log. */
async function limitedApp(t: Test, redis: Redis, options: RateLimitOptions = {}) {
  t.teardown(() => redis.disconnect())
  const { lines, logger } = captureLog('info')
  const app = createApp(t, { logger })
  await app.register(rateLimit, {
    max: 2,
    timeWindow: '1 hour',
    onStoreError: 'closed',
    storeTimeout: 5000,
    nameSpace: 'shop:',
    redis,
    ...options
  })
  app.get('/', ok)
  await app.ready()
  return { app, lines: () => lines.filter((line) => /does not count|answers again/.test(line)) }
}

const offset = (info: string): number => Number(/(?:slave|master)_repl_offset:(\d+)/.exec(info)?.[1])

requires(needs, 'after a failover of Sentinel a client over its limit is still over it', async (t) => {
  t.setTimeout(120_000)
  const { master, replica, port } = await startSentinel(t)
  const sentinels = [{ host: '127.0.0.1', port }]
  const redis = new Redis({ sentinels, name: 'main', sentinelRetryStrategy: () => 100 })
  const { app, lines } = await limitedApp(t, redis)
  t.same(await statuses(app, 3), [200, 200, 429])
  const [ofMaster, ofReplica] = [admin(t, master.port), admin(t, replica.port)]
  const written = offset(await ofMaster.info('replication'))
  await until('the counts on the replica', async () => offset(await ofReplica.info('replication')) >= written)

  await master.kill()
  const seen = new Set<number>()
  await until(
    'the new master to count',
    async () => {
      const [status] = await statuses(app, 1)
      seen.add(status!)
      return status === 429
    },
    60_000
  )
  seen.delete(503)
  t.same([...seen], [429], 'no request passes meanwhile')
  t.same(await statuses(app, 3, from('10.0.0.1')), [200, 200, 429])
  t.equal(app.security.store?.().up, true)
  t.match(lines().at(-1), /answers again/)
})

requires(needs, 'a user of Redis that may use only the keys of the limits is enough', async (t) => {
  const { port } = await startRedis(t)
  const few = ['~shop:*', 'resetchannels', '+eval', '+evalsha', '+ping', '+info', '+get', '+set', '+time']
  await admin(t, port).call('ACL', 'SETUSER', 'limits', 'on', '>pass', ...few)
  const client = () => new Redis({ port, username: 'limits', password: 'pass' })
  const { app, lines } = await limitedApp(t, client())
  t.same(await statuses(app, 3), [200, 200, 429])
  t.same(lines(), [])

  const elsewhere = await limitedApp(t, client(), { nameSpace: 'other:' })
  t.same(await statuses(elsewhere.app, 3), [503, 503, 503], 'closed stays closed')
  t.equal(elsewhere.lines().length, 1, 'the cause is logged once')
  t.match(elsewhere.lines()[0], /does not count requests \(NOPERM/)
})

requires(needs, 'permissions that are taken and given back are logged once each', async (t) => {
  const { port } = await startRedis(t)
  const control = admin(t, port)
  const rules = (...more: string[]) => control.call('ACL', 'SETUSER', 'limits', 'on', '>pass', '~*', ...more)
  await rules('+@all')
  const { app, lines } = await limitedApp(t, new Redis({ port, username: 'limits', password: 'pass' }))
  t.same(await statuses(app, 1), [200])
  await rules('-set')
  await until('a call to be rejected', async () => (await statuses(app, 1))[0] === 503)
  t.same(await statuses(app, 3), [503, 503, 503])
  await rules('+set')
  await until('the limit to count again', async () => (await statuses(app, 1))[0] === 200)
  t.match(lines(), [
    /does not count requests \(.*NOPERM|does not count requests \(.*permission/,
    /answers again/
  ])
})

requires(needs, 'limits count in no other database than the one of the options', async (t) => {
  const { port } = await startRedis(t)
  const { lines, logger } = captureLog('info')
  const app = createApp(t, { logger })
  await app.register(rateLimit, { max: 2, redis: { host: '127.0.0.1', port, db: 99 } })
  app.get('/', ok)
  await until('the reason', async () => {
    await app.inject('/')
    return lines.some((line) => line.includes('does not count requests (ERR DB index is out of range)'))
  })
  t.equal(await admin(t, port).dbsize(), 0)
})
