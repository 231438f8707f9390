import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import pg from 'pg'
import t, { type Test } from 'tap'
import {
  requires,
  startIntake,
  startLoad,
  startNode,
  startPostgres,
  startRedis,
  until
} from '@seaworthy/testing'
import {
  breakerCheck,
  diskCheck,
  eventLoopCheck,
  health,
  httpCheck,
  memoryCheck,
  postgresCheck,
  redisCheck,
  type CheckFunction
} from '../src/index.ts'

async function build(t: Test, check: CheckFunction, { timeout = 500, cacheFor = 20 } = {}) {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(health, { cacheFor, timeout })
  app.health.addCheck('dependency', check)
  const ready = async () => (await app.inject('/health/ready')).statusCode
  const becomes = async (code: number) =>
    until(`readiness to be ${code}`, async () => {
      const live = await app.inject('/health/live')
      if (live.statusCode !== 200) throw new Error(`liveness is ${live.statusCode}`)
      return (await ready()) === code
    })
  return { app, ready, becomes }
}

/** Signals PostgreSQL and its children: it has one process for each connection. */
function signalAll(pid: number, signal: NodeJS.Signals): void {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean)
  process.kill(pid, signal)
  for (const child of children) process.kill(Number(child), signal)
}

requires(
  ['initdb', 'postgres'],
  'the check notices that PostgreSQL is killed, frozen or restarted, with one connection',
  async (t) => {
    const server = await startPostgres(t)
    const pool = new pg.Pool({ host: server.host, port: server.port, user: 'postgres', max: 5 })
    t.teardown(() => pool.end())
    const { ready, becomes } = await build(t, postgresCheck(pool))
    t.equal(await ready(), 200)
    t.equal(pool.totalCount, 1)

    signalAll(server.process.pid, 'SIGSTOP')
    await becomes(503)
    for (let i = 0; i < 4; i++) {
      t.equal(await ready(), 503)
      t.ok(pool.totalCount <= 1, `${pool.totalCount} connections`)
      t.equal(pool.waitingCount, 0, 'no request waits in the pool')
    }
    signalAll(server.process.pid, 'SIGCONT')
    await becomes(200)
    t.equal((await pool.query('SELECT 1 AS one')).rows[0].one, 1, 'the pool works')

    await server.kill()
    await becomes(503)
    await server.restart()
    await becomes(200)
    await until('the check to release its connection', () => pool.idleCount === pool.totalCount)
  }
)

requires(
  ['initdb', 'postgres'],
  'a pool without a free connection is not ready, and gets one request at most',
  async (t) => {
    const server = await startPostgres(t)
    const pool = new pg.Pool({ host: server.host, port: server.port, user: 'postgres', max: 1 })
    t.teardown(() => pool.end())
    const { ready, becomes } = await build(t, postgresCheck(pool), { timeout: 100 })
    const busy = await pool.connect()
    for (let i = 0; i < 3; i++) {
      t.equal(await ready(), 503)
      t.ok(pool.waitingCount <= 1, 'one request waits at most')
    }
    busy.release()
    await becomes(200)

    const client = new pg.Client({ host: server.host, port: server.port, user: 'postgres' })
    client.on('error', () => undefined)
    await client.connect()
    t.teardown(() => client.end())
    const single = await build(t, postgresCheck(client, { query: 'SELECT now()' }))
    t.equal(await single.ready(), 200, 'a client works too')
    const wrong = await build(t, postgresCheck(pool, { query: 'SELECT * FROM nowhere' }))
    t.equal(await wrong.ready(), 503)
    t.match(wrong.app.health.status().checks.dependency, { error: 'relation "nowhere" does not exist' })
  }
)

requires(
  ['redis-server'],
  'the check notices that Redis is killed, frozen or restarted, with few PINGs',
  async (t) => {
    const server = await startRedis(t)
    const redis = new Redis(server.port, server.host, { retryStrategy: () => 50 })
    redis.on('error', () => undefined)
    t.teardown(() => redis.disconnect())
    let outstanding = 0
    let most = 0
    const client = {
      get status() {
        return redis.status
      },
      async ping() {
        most = Math.max(most, ++outstanding)
        return redis.ping().finally(() => outstanding--)
      }
    }
    const { ready, becomes } = await build(t, redisCheck(client))
    await becomes(200)

    server.freeze()
    await becomes(503)
    const answers = await Promise.all(Array.from({ length: 50 }, ready))
    t.ok(answers.every((code) => code === 503))
    server.thaw()
    await becomes(200)

    await server.kill()
    await becomes(503)
    await server.restart()
    await becomes(200)
    // A lost one is replaced, after a time that doubles.
    t.ok(most < 10, `${most} at a time, for more than 50 requests`)
  }
)

requires(['redis-server'], 'an answer that arrives while the event loop stalls is no timeout', async (t) => {
  const server = await startRedis(t)
  const redis = new Redis(server.port, server.host)
  t.teardown(() => redis.disconnect())
  let sent = false
  const client = {
    ping: async () => {
      sent = true
      return redis.ping()
    }
  }
  const { ready, becomes } = await build(t, redisCheck(client), { timeout: 200, cacheFor: 0 })
  await becomes(200)
  sent = false

  const answer = ready()
  await until('the PING to be sent', () => sent)
  const end = performance.now() + 500
  while (performance.now() < end);
  t.equal(await answer, 200)
})

t.test(
  'probes pass while all hooks reject requests and the event loop stalls for half a second',
  async (t) => {
    const app = startNode(t, join(import.meta.dirname, 'fixtures/rejecting-app.ts'))
    const [url] = await app.waitFor(/http:\S+/)
    t.not((await fetch(`${url}/other`)).status, 200, 'other requests are rejected')

    for (let i = 0; i < 3; i++) {
      await fetch(`${url}/stall`)
      const answers = await Promise.all(
        ['live', 'ready', 'startup'].map(async (name) => fetch(`${url}/health/${name}`))
      )
      t.strictSame(
        answers.map(({ status }) => status),
        [200, 200, 200]
      )
    }
  }
)

t.test('a thousand probes on real sockets within the cache period run the check once', async (t) => {
  let runs = 0
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(health, { cacheFor: 3_600_000, checks: { database: async () => void runs++ } })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const load = startLoad(Number(new URL(app.listeningOrigin).port), '/health/ready', { connections: 20 })
  await until('a thousand answers', () => (load.result.statuses[200] ?? 0) >= 1000)
  const { statuses, errors } = await load.stop()

  t.strictSame(Object.keys(statuses), ['200'])
  t.strictSame(errors, {})
  t.equal(runs, 1)
})

t.test('the check notices that an HTTP dependency fails, redirects or hangs', async (t) => {
  let status = 200
  const upstream = await startIntake(t, () => ({ status, headers: { location: '/elsewhere' } }))
  const { ready, app } = await build(t, httpCheck(upstream.url, { headers: { 'x-key': 'k' } }), {
    cacheFor: 0
  })
  const after = async (code: number) => {
    status = code
    return ready()
  }
  t.equal(await after(204), 200)
  t.equal(await after(500), 503)
  t.match(app.health.status().checks.dependency, { error: 'the status was 500' })
  t.equal(await after(302), 503)
  t.match(upstream.requests[0], { method: 'GET', headers: { 'x-key': 'k' } })
  upstream.server.removeAllListeners('request')
  t.equal(await after(200), 503, 'no answer is a failure')

  const custom = await build(
    t,
    httpCheck(new URL(upstream.url), { method: 'HEAD', expect: (code) => code === 401 })
  )
  upstream.server.on('request', (_request, response) => response.writeHead(401).end())
  t.equal(await custom.ready(), 200)
})

t.test('the checks of disk, memory and event loop apply their limits', async (t) => {
  const signal = new AbortController().signal
  t.match(await diskCheck(import.meta.dirname, { minFree: 0 })(signal), {
    status: 'pass',
    detail: { free: Number }
  })
  t.match(await diskCheck(import.meta.dirname, { minFree: 1 })(signal), { status: 'fail' })
  await t.rejects(async () => diskCheck('/nowhere/at/all')(signal), { code: 'ENOENT' })
  t.match(memoryCheck({ maxHeap: 1 })(signal), { status: 'pass', detail: { heap: Number, rss: Number } })
  t.match(memoryCheck({ maxRss: 1 })(signal), { status: 'fail' })
  t.match(memoryCheck({ maxHeap: 0.01, maxRss: 1 })(signal), { status: 'fail' })

  // The timers of the check do not keep the process running.
  const alive = setInterval(() => undefined, 1000)
  t.teardown(() => clearInterval(alive))
  const check = eventLoopCheck({ maxDelay: 300 })
  const stalled = check(signal)
  const end = performance.now() + 600
  while (performance.now() < end);
  t.match(await stalled, { status: 'fail' })
  await until(
    'the loop to be idle',
    async () => ((await check(signal)) as { status: string }).status === 'pass'
  )
})

t.test('breakers are read and never called', async (t) => {
  /** Like opossum's, with getters. */
  class Breaker {
    readonly name: string
    state = 'closed'
    constructor(name: string) {
      this.name = name
    }
    get opened() {
      return this.state === 'open'
    }
    get halfOpen() {
      return this.state === 'halfOpen'
    }
  }
  const users = new Breaker('users')
  const orders = new Breaker('orders')
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(health, { cacheFor: 0 })
  app.health.addCheck(
    'breakers',
    breakerCheck(() => [users, orders]),
    { critical: false }
  )
  app.health.addCheck('users', breakerCheck(users))
  app.health.addCheck('plain', breakerCheck([{ state: 'closed' }]))
  const ready = async () => app.inject('/health/ready')

  t.match((await ready()).json(), { status: 'ready', checks: { breakers: true, users: true, plain: true } })
  orders.state = 'open'
  t.match((await ready()).json(), { status: 'degraded', checks: { breakers: false, users: true } })
  t.strictSame(app.health.status().checks.breakers?.detail, { orders: 'open' })
  users.state = 'halfOpen'
  t.match((await ready()).json(), { status: 'degraded', checks: { breakers: false, users: true } })
  t.strictSame(app.health.status().checks.users?.detail, { users: 'half open' })
  users.state = 'open'
  t.equal((await ready()).statusCode, 503)
})
