import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { requires, startNode, startRedis, until } from '@seaworthy/testing'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import type { Test } from 'tap'
import { concurrencyLimit, type ConcurrencyOptions } from '../src/index.ts'
import { captureLog, listen } from './helpers.ts'
import { createClient } from './redis-helpers.ts'

/** Starts the fixture. A short lease is for what must expire; a long one for a machine that is slow. */
async function startApp(t: Test, redisPort: number, leaseTime = 60_000) {
  const app = startNode(t, join(import.meta.dirname, 'fixtures/concurrent-app.ts'), {
    args: [`${redisPort}`, `${leaseTime}`]
  })
  const [, port] = await app.waitFor(/Server listening at http:\/\/127\.0\.0\.1:(\d+)/, 60_000)
  return { child: app.child, port: Number(port) }
}

/** Opens a request that waits. */
function hold(t: Test, port: number) {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  t.teardown(() => socket.destroy())
  socket.write('GET /wait HTTP/1.1\r\nhost: a\r\n\r\n')
  return socket
}

const status = async (port: number): Promise<number> => {
  const response = await fetch(`http://127.0.0.1:${port}/now`)
  await response.arrayBuffer()
  return response.status
}

const leases = (client: Redis) => client.zcard('test:{=tenant}concurrency')

requires(
  ['redis-server'],
  'processes share the slots of a key, and a client that leaves frees one',
  async (t) => {
    const redis = await startRedis(t)
    const client = createClient(t, redis.port)
    const [one, two] = await Promise.all([startApp(t, redis.port), startApp(t, redis.port)])
    const sockets = [hold(t, one.port), hold(t, two.port)]
    await until('two to run', async () => (await leases(client)) === 2)
    t.equal(await status(one.port), 429)
    t.equal(await status(two.port), 429)
    sockets[0]!.destroy()
    await until('one to have left', async () => (await leases(client)) === 1)
    t.equal(await status(two.port), 200)
    await until('that one to have left too', async () => (await leases(client)) === 1)
  }
)

requires(['redis-server'], 'the slots of a process that dies are free when its leases expire', async (t) => {
  const redis = await startRedis(t)
  const client = createClient(t, redis.port)
  const one = await startApp(t, redis.port, 1000)
  const two = await startApp(t, redis.port, 60_000)
  hold(t, one.port)
  hold(t, one.port)
  await until('two to run', async () => (await leases(client)) === 2)
  // A pause of the process lets its short leases expire until it renews them.
  await until('both slots to be taken', async () => (await status(two.port)) === 429)
  one.child.kill('SIGKILL')
  await until('the leases to expire', async () => (await status(two.port)) === 200, 60_000)
  await until('nothing to be left', async () => (await client.keys('test:*')).length === 0, 60_000)
})

requires(
  ['redis-server'],
  'a request that goes on keeps its slot beyond the length of a lease',
  async (t) => {
    const redis = await startRedis(t)
    const client = createClient(t, redis.port)
    const { port } = await startApp(t, redis.port, 3000)
    hold(t, port)
    const scoreOf = async () =>
      Number((await client.zrange('test:{=tenant}concurrency', '0', '0', 'WITHSCORES'))[1])
    await until('it to run', async () => (await leases(client)) === 1)
    const first = await until('its lease', scoreOf)
    await until('its lease to be renewed', async () => (await scoreOf()) > first, 60_000)
    await until('one slot to be taken', async () => (await leases(client)) === 1)
  }
)

/** An app in this process, on a client of its own. */
async function appWith(t: Test, client: Redis, options: ConcurrencyOptions) {
  const { lines, logger } = captureLog('info')
  const app = Fastify({ logger })
  t.teardown(() => app.close())
  await app.register(concurrencyLimit, {
    by: 'ip',
    keyGenerator: () => 'tenant',
    nameSpace: 'test:',
    storeTimeout: 5000,
    redis: client,
    ...options
  })
  const waiting: (() => void)[] = []
  app.get('/wait', () => new Promise<void>((resolve) => waiting.push(resolve)))
  app.get('/now', async () => 'ok')
  t.teardown(() => waiting.forEach((resolve) => resolve()))
  return { app, lines, waiting }
}

requires(['redis-server'], 'a user of Redis needs no more than the guide lists', async (t) => {
  const redis = await startRedis(t)
  const admin = createClient(t, redis.port)
  const guide = readFileSync(join(import.meta.dirname, '../../../docs/guide/security.md'), 'utf8')
  const section = guide.slice(guide.indexOf('## Concurrency limits'), guide.indexOf('## Validation'))
  const commands = [...section.matchAll(/`(\+\w+)`/g)].map(([, command]) => command!)
  await admin.call('ACL', 'SETUSER', 'limits', 'on', '>pass', '~seaworthy-concurrency:*', ...commands)
  const client = new Redis(redis.port, '127.0.0.1', {
    username: 'limits',
    password: 'pass',
    enableReadyCheck: false
  })
  t.teardown(() => client.disconnect())
  const { app, lines, waiting } = await appWith(t, client, {
    max: 1,
    leaseTime: 3000,
    onStoreError: 'closed',
    nameSpace: 'seaworthy-concurrency:'
  })
  const key = 'seaworthy-concurrency:{=tenant}concurrency'
  const first = app.inject('/wait')
  await until('it to run', () => waiting.length === 1)
  const scoreOf = async () => Number((await admin.zrange(key, '0', '0', 'WITHSCORES'))[1])
  const before = await until('its lease', scoreOf)
  await until('its lease to be renewed', async () => (await scoreOf()) > before, 60_000)
  waiting[0]!()
  t.equal((await first).statusCode, 200)
  await until('the release', async () => (await admin.zcard(key)) === 0)
  t.same(
    lines.filter((line) => line.includes('does not count')),
    []
  )
})

requires(['redis-server'], 'a request takes one call and gives back by one', async (t) => {
  const redis = await startRedis(t)
  const watcher = createClient(t, redis.port)
  const { app } = await appWith(t, createClient(t, redis.port), { max: 5 })
  await app.inject('/now')
  const calls = async () =>
    Number(/cmdstat_evalsha:calls=(\d+)/.exec(await watcher.info('commandstats'))?.[1] ?? 0)
  await until('the release', async () => (await leases(watcher)) === 0)
  const before = await calls()
  await Promise.all([app.inject('/now'), app.inject('/now'), app.inject('/now')])
  await until('the releases', async () => (await leases(watcher)) === 0)
  t.equal((await calls()) - before, 6)
})

for (const [onStoreError, expected] of [
  ['closed', [503, 503]],
  ['open', [200, 200]],
  ['local', [200, 429]]
] as const) {
  requires(
    ['redis-server'],
    `while Redis is down the policy is ${onStoreError}, and running requests count afterwards`,
    async (t) => {
      const redis = await startRedis(t)
      const { app, lines, waiting } = await appWith(t, createClient(t, redis.port), { max: 2, onStoreError, leaseTime: 1000 }) // prettier-ignore
      void app.inject('/wait')
      await until('it to run', () => waiting.length === 1)
      await redis.kill()
      await until('the outage', async () => {
        await app.inject('/now')
        return lines.some((line) => line.includes('does not count running requests'))
      })
      const codes = [(await app.inject('/now')).statusCode]
      void app.inject('/wait')
      if (onStoreError !== 'closed') await until('the second to run', () => waiting.length === 2)
      const last = await app.inject('/now')
      codes.push(last.statusCode)
      t.same(codes, expected)
      if (onStoreError === 'closed') t.match(last.headers, { 'retry-after': '1' })

      await redis.restart()
      const client = createClient(t, redis.port)
      await until(
        'the recovery',
        () => lines.some((line) => line.includes('share their concurrency limits again')),
        60_000
      )
      const running = onStoreError === 'closed' ? 1 : 2
      await until(
        'the running ones to be counted again',
        async () => (await leases(client)) === running,
        60_000
      )
    }
  )
}

requires(['redis-server'], 'a client that leaves while its slot is taken leaves none behind', async (t) => {
  const redis = await startRedis(t)
  const watcher = createClient(t, redis.port)
  const { app } = await appWith(t, createClient(t, redis.port), { max: 1, leaseTime: 600_000 })
  const port = await listen(app)
  for (let i = 0; i < 50; i++) hold(t, port).end().destroySoon()
  await until('all to have left', async () => {
    const { statusCode } = await app.inject('/now')
    return statusCode === 200 && (await leases(watcher)) === 0
  })
})
