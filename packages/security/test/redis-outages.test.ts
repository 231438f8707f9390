import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { meterPort, provide } from '@seaworthy/contract'
import { freePort, requires, startLoad, startRedis, until } from '@seaworthy/testing'
import { rateLimit } from '../src/index.ts'
import { captureLog, createApp, ok, statuses } from './helpers.ts'
import { fakeMeter } from './fake-meter.ts'
import { request, startApp, statusesOf, storeOf } from './redis-helpers.ts'

const isUp = async (port: number) => (await storeOf(port)).up

requires(
  ['redis-server'],
  'while Redis is killed each limit follows its policy, and after a restart processes count together again',
  async (t) => {
    const redis = await startRedis(t)
    const [one, two] = await Promise.all([startApp(t, redis.port), startApp(t, redis.port)])
    t.same(await statusesOf(one, '/strict', 2), [200, 200])
    t.same(await statusesOf(two, '/strict', 2), [200, 429], 'together while Redis answers')

    const load = startLoad(one, '/local', { connections: 10, think: 5, limit: 120_000 })
    await redis.kill()
    await until('the outage to be noticed', async () => !(await isUp(one)))
    t.same(await statusesOf(one, '/strict', 4), [200, 200, 200, 429], 'local: counted in the process')
    t.same(await statusesOf(one, '/open', 3), [200, 200, 200])
    const closed = await request(one, '/closed')
    t.equal(closed.status, 503)
    t.equal(closed.headers.get('retry-after'), '1')

    await redis.restart()
    await until('the recovery to be noticed', async () => isUp(one), 60_000)
    await until('the other process to notice it', async () => {
      await request(two, '/local')
      return isUp(two)
    })
    t.equal((await request(one, '/closed')).status, 200)
    t.same(await statusesOf(one, '/strict', 2), [200, 200], 'a new Redis has no counts')
    t.same(await statusesOf(two, '/strict', 2), [200, 429], 'together again')
    const { statuses: codes, errors } = await load.stop()
    t.same(Object.keys(codes), ['200'], 'no request of the load failed')
    t.same(errors, {})
  }
)

requires(
  ['redis-server'],
  'while Redis is frozen few calls wait for the deadline, and the recovery is noticed',
  async (t) => {
    const redis = await startRedis(t)
    const port = await startApp(t, redis.port, 50)
    redis.freeze()
    await until('the outage to be noticed', async () => {
      t.equal((await request(port, '/local')).status, 200)
      return !(await isUp(port))
    })
    const { failures } = await storeOf(port)
    t.same(await statusesOf(port, '/local', 20), Array(20).fill(200))
    t.equal((await request(port, '/closed')).status, 503)
    t.equal((await storeOf(port)).failures, failures, 'no call waits while Redis is down')

    redis.thaw()
    await until('the recovery to be noticed', async () => isUp(port), 60_000)
    await until('the closed limit to pass', async () => (await request(port, '/closed')).status === 200)
  }
)

/**
 * A connection to Redis that falls silent without being closed: bytes on their way are kept until `resume`, or lost
 * together with the connection, as when a firewall drops it.
 */
async function startProxy(t: Test, redisPort: number, loses: boolean) {
  let silent = false
  let unansweredCalls = 0
  const kept: (() => void)[] = []
  const sockets = new Set<Socket>()
  const proxy = createServer((client) => {
    const redis = connect(redisPort, '127.0.0.1')
    let dead = false
    const pass = (from: Socket, to: Socket) => {
      sockets.add(from.on('error', () => undefined).on('close', () => to.destroy()))
      from.on('data', (bytes: Buffer) => {
        dead ||= silent && loses
        if (silent) unansweredCalls += bytes.toString('latin1').split('evalsha').length - 1
        if (silent && !loses) kept.push(() => to.writable && to.write(bytes))
        else if (!dead) to.write(bytes)
      })
    }
    pass(client, redis)
    pass(redis, client)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    proxy.close()
  })
  return {
    port: (proxy.address() as AddressInfo).port,
    unansweredCalls: () => unansweredCalls,
    silence: () => void (silent = true),
    resume() {
      silent = false
      for (const send of kept.splice(0)) send()
    }
  }
}

for (const loses of [false, true]) {
  requires(
    ['redis-server'],
    `on a silent connection that ${loses ? 'is lost' : 'comes back'}, limits follow their policy and recover`,
    async (t) => {
      const redis = await startRedis(t)
      const proxy = await startProxy(t, redis.port, loses)
      const port = await startApp(t, proxy.port, 200)
      const load = startLoad(port, '/local', { connections: 10, think: 5, limit: 120_000 })
      const waitFor = async (count: number) => {
        const { sent } = load.result
        await until(`${count} more requests`, () => load.result.sent > sent + count, 60_000)
      }
      await waitFor(200)
      await until('Redis to be in use', async () => isUp(port))

      proxy.silence()
      await until('the silence to be noticed', async () => !(await isUp(port)))
      const calls = proxy.unansweredCalls()
      t.ok(calls <= 100, `${calls} calls before it was noticed`)
      t.same(await statusesOf(port, '/strict', 4), [200, 200, 200, 429], 'local: counted in the process')
      t.same(await statusesOf(port, '/open', 3), [200, 200, 200])
      t.same(await statusesOf(port, '/closed', 3), [503, 503, 503])
      await waitFor(200)
      t.equal(proxy.unansweredCalls(), calls, 'no further call is made')

      proxy.resume()
      await until('the recovery to be noticed', async () => isUp(port), 60_000)
      await until('the closed limit to pass', async () => (await request(port, '/closed')).status === 200)
      t.same(await statusesOf(port, '/strict', 4), [200, 200, 200, 429], 'counted in Redis again')
      const { statuses: codes, errors } = await load.stop()
      t.same(Object.keys(codes), ['200'], 'no request of the load failed')
      t.same(errors, {})
    }
  )
}

t.test(
  'a Redis that accepts connections and never answers delays neither the start nor a request',
  async (t) => {
    let received = 0
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on('data', () => received++).on('error', () => undefined)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.teardown(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    const { port } = server.address() as AddressInfo
    const appClient = new Redis(port, '127.0.0.1', { enableReadyCheck: false })
    t.teardown(() => appClient.disconnect())
    const clients = {
      'of the plugin': { host: '127.0.0.1', port },
      'of the app, which counts as ready': appClient
    }
    for (const [owner, redis] of Object.entries(clients)) {
      const { meter, total } = fakeMeter()
      const failures = () => total('rate_limit_store_errors_total')
      const app = createApp(t)
      provide(app, meterPort, meter)
      await app.register(rateLimit, { max: 2, redis, storeTimeout: 20 })
      app.get('/', ok)
      app.get('/closed', { config: { rateLimit: { max: 9, onStoreError: 'closed' } } }, ok)
      const responses = await Promise.all(Array.from({ length: 20 }, () => app.inject('/')))
      const passed = responses.filter(({ statusCode }) => statusCode === 200)
      t.equal(passed.length, 2, `${owner}: counted in the process`)
      t.equal((await app.inject('/closed')).statusCode, 503, owner)
      t.ok(failures() <= 21, `${owner}: ${failures()} calls failed`)
      const before = failures()
      await statuses(app, 20)
      t.equal(failures(), before, `${owner}: no call is made while Redis is down`)
      t.match(app.security.store?.(), { up: false }, owner)
    }
    t.ok(received > 0, 'commands arrived and stayed unanswered')
  }
)

t.test('an app starts without Redis, and logs it', async (t) => {
  const { logger, lines } = captureLog('warn')
  const app = createApp(t, { logger })
  await app.register(rateLimit, { max: 1, redis: { host: '127.0.0.1', port: await freePort() } })
  app.get('/', ok)
  app.get('/counted', { config: { rateLimit: { skipOnError: true } } }, ok)
  app.get('/rejected', { config: { rateLimit: { skipOnError: false } } }, ok)
  const counted = [await app.inject('/counted'), await app.inject('/counted')]
  t.same([counted[0]?.statusCode, counted[1]?.statusCode], [200, 429], 'skipOnError: true still counts')
  t.equal(counted[0]?.headers['x-ratelimit-remaining'], '0', 'and reports what is left')
  t.same(await statuses(app, 1, '/rejected'), [503])
  t.same(await statuses(app, 2), [200, 429])
  const securityLines = lines.filter((line) => line.includes('security:'))
  t.equal(securityLines.length, 1, 'once, with the cause')
  t.match(
    securityLines[0],
    /security: Redis at 127\.0\.0\.1:\d+ does not count requests \(connect ECONNREFUSED/
  )
  t.match(app.security.store?.(), { kind: 'redis', up: false })
})
