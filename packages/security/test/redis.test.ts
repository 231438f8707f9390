import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { Cluster, Redis } from 'ioredis'
import { meterPort, provide, type Meter } from '@seaworthy/contract'
import Fastify, { type FastifyRequest } from 'fastify'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { freePort, requires, startLoad, startNode, startRedis, until } from '@seaworthy/testing'
import { rateLimit } from '../src/index.ts'

/** `storeTimeout` is long where a slow machine must not look like a slow Redis. */
async function startApp(t: Test, redisPort: number, storeTimeout = 5000): Promise<number> {
  const app = startNode(t, join(import.meta.dirname, 'fixtures/limited-app.ts'), {
    args: [`${redisPort}`, `${storeTimeout}`]
  })
  const [, port] = await app.waitFor(/Server listening at http:\/\/127\.0\.0\.1:(\d+)/, 60_000)
  return Number(port)
}

const ask = async (port: number, path: string) => {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`)
  await answer.arrayBuffer()
  return answer
}
const statuses = async (port: number, path: string, count: number) => {
  const found: number[] = []
  for (let i = 0; i < count; i++) found.push((await ask(port, path)).status)
  return found
}
const storeUp = async (port: number) => {
  const answer = await fetch(`http://127.0.0.1:${port}/store`)
  return ((await answer.json()) as { up: boolean }).up
}

/** `total` requests over 20 connections to each port. */
async function hammer(ports: readonly number[], path: string, total: number) {
  let left = total
  const loads = ports.map((port) =>
    startLoad(port, path, { connections: 20, onResult: () => (left -= 1) > 0 })
  )
  await until('the requests to be answered', () => left <= 0, 120_000)
  const results = await Promise.all(loads.map((load) => load.stop()))
  const sum = (status: number) => results.reduce((count, { statuses }) => count + (statuses[status] ?? 0), 0)
  return { passed: sum(200), refused: sum(429), others: results.flatMap(({ errors }) => Object.keys(errors)) }
}

/** A meter that hears of failed calls only. */
const meterOf = (failed: (reason: string) => void): Meter =>
  ({
    counter: () => ({
      with: (...labels: string[]) => ({ inc: () => labels.length === 1 && failed(labels[0]!) })
    }),
    gauge: () => ({ with: () => ({ set: () => undefined }) })
  }) as never

requires(['redis-server'], 'two processes under load let exactly max through', async (t) => {
  const redis = await startRedis(t)
  const ports = await Promise.all([startApp(t, redis.port), startApp(t, redis.port)])
  const { passed, refused, others } = await hammer(ports, '/exact', 1000)
  t.equal(passed, 100)
  t.ok(refused >= 800)
  t.same(others, [])
  for (const port of ports) t.match((await ask(port, '/exact')).headers.get('retry-after'), /^\d+$/)
})

requires(
  ['redis-server'],
  'killed and restarted under load: each limit follows its policy, and then counts together again',
  async (t) => {
    const redis = await startRedis(t)
    const [one, two] = await Promise.all([startApp(t, redis.port), startApp(t, redis.port)])
    t.same(await statuses(one, '/strict', 2), [200, 200])
    t.same(await statuses(two, '/strict', 2), [200, 429], 'together while Redis answers')

    const load = startLoad(one, '/local', { connections: 10, think: 5, limit: 120_000 })
    await redis.kill()
    await until('the loss to be noticed', async () => !(await storeUp(one)))
    t.same(await statuses(one, '/strict', 4), [200, 200, 200, 429], 'local: counted in the process')
    t.same(await statuses(one, '/open', 3), [200, 200, 200])
    const closed = await ask(one, '/closed')
    t.equal(closed.status, 503)
    t.equal(closed.headers.get('retry-after'), '1')

    await redis.restart()
    await until('the return to be noticed', async () => storeUp(one), 60_000)
    await until('the return to be noticed by the other, too', async () => {
      await ask(two, '/local')
      return storeUp(two)
    })
    t.equal((await ask(one, '/closed')).status, 200)
    t.same(await statuses(one, '/strict', 2), [200, 200], 'a new Redis has no counts')
    t.same(await statuses(two, '/strict', 2), [200, 429], 'together again')
    const { statuses: seen, errors } = await load.stop()
    t.same(Object.keys(seen), ['200'], 'no request of the load failed')
    t.same(errors, {})
  }
)

requires(
  ['redis-server'],
  'frozen: nobody waits for more than the deadline, and recovery is noticed',
  async (t) => {
    const redis = await startRedis(t)
    const port = await startApp(t, redis.port, 50)
    t.same(await statuses(port, '/local', 3), [200, 200, 200])

    redis.freeze()
    const times: number[] = []
    for (let i = 0; i < 20; i++) {
      const before = performance.now()
      t.equal((await ask(port, '/local')).status, 200)
      times.push(performance.now() - before)
    }
    // Three wait for 50 ms each; the rest don't ask any more. Each has room for a slow machine.
    t.ok(
      times.every((time) => time < 2000),
      `slowest ${Math.max(...times)}`
    )
    t.ok(times.toSorted((a, b) => a - b)[10]! < 250, `median ${times.toSorted((a, b) => a - b)[10]}`)
    t.notOk(await storeUp(port))
    t.equal((await ask(port, '/closed')).status, 503)

    redis.thaw()
    await until('the return to be noticed', async () => storeUp(port), 60_000)
    t.equal((await ask(port, '/closed')).status, 200)
  }
)

/**
 * A line to Redis that falls silent without being cut: what is on its way is kept back until `resume`, or lost together
 * with the connection, as where a firewall forgets it.
 */
async function lineTo(t: Test, redisPort: number, loses: boolean) {
  let silent = false
  let questions = 0
  const kept: (() => void)[] = []
  const sockets = new Set<Socket>()
  const line = createServer((client) => {
    const redis = connect(redisPort, '127.0.0.1')
    let dead = false
    const carry = (from: Socket, to: Socket) => {
      sockets.add(from.on('error', () => undefined).on('close', () => to.destroy()))
      from.on('data', (bytes: Buffer) => {
        dead ||= silent && loses
        if (silent) questions += bytes.toString('latin1').split('evalsha').length - 1
        if (silent && !loses) kept.push(() => to.writable && to.write(bytes))
        else if (!dead) to.write(bytes)
      })
    }
    carry(client, redis)
    carry(redis, client)
  })
  line.listen(0, '127.0.0.1')
  await once(line, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    line.close()
  })
  return {
    port: (line.address() as AddressInfo).port,
    /** How often Redis was asked in vain. */
    questions: () => questions,
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
    `silent on an open connection under load, then ${loses ? 'there for new connections only' : 'heard again'}: policy, and return`,
    async (t) => {
      const redis = await startRedis(t)
      const line = await lineTo(t, redis.port, loses)
      const port = await startApp(t, line.port, 200)
      const load = startLoad(port, '/local', { connections: 10, think: 5, limit: 120_000 })
      const more = async (count: number) => {
        const { sent } = load.result
        await until(`${count} more requests`, () => load.result.sent > sent + count, 60_000)
      }
      await more(200)
      await until('Redis to be in use', async () => storeUp(port))

      line.silence()
      await until('the silence to be noticed', async () => !(await storeUp(port)))
      const asked = line.questions()
      t.ok(asked <= 100, `${asked} questions before it was noticed`)
      const before = performance.now()
      t.same(await statuses(port, '/strict', 4), [200, 200, 200, 429], 'local: counted in the process')
      t.same(await statuses(port, '/open', 3), [200, 200, 200])
      t.same(await statuses(port, '/closed', 3), [503, 503, 503])
      const passed = performance.now() - before
      t.ok(passed < 3000, `nobody waits: ten answers in ${Math.round(passed)} ms`)
      await more(200)
      t.equal(line.questions(), asked, 'nobody asks any more')

      line.resume()
      await until('the return to be noticed', async () => storeUp(port), 60_000)
      await until(
        'the closed limit to let requests in',
        async () => (await ask(port, '/closed')).status === 200
      )
      t.same(await statuses(port, '/strict', 4), [200, 200, 200, 429], 'counted in Redis again')
      const { statuses: seen, errors } = await load.stop()
      t.same(Object.keys(seen), ['200'], 'no request of the load failed')
      t.same(errors, {})
    }
  )
}

requires(
  ['redis-server'],
  'one round trip, whatever the number of limits, on a client of the app',
  async (t) => {
    const redis = await startRedis(t)
    const client = new Redis(redis.port, '127.0.0.1')
    const watcher = new Redis(redis.port, '127.0.0.1')
    t.teardown(() => {
      client.disconnect()
      watcher.disconnect()
    })
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(rateLimit, {
      max: 5,
      redis: client,
      storeTimeout: 5000,
      failures: { max: 5, failuresOnly: [401] }
    })
    const limits = [
      { name: 'a', max: 5, timeWindow: '1 hour' },
      { name: 'b', max: 3, timeWindow: '1 hour' },
      { name: 'c', max: 5, cost: 2, observe: true }
    ]
    app.get('/', { config: { rateLimit: limits } }, async () => 'ok')
    app.get('/denied', (_request, reply) => reply.code(401).send())

    const evals = async () => {
      const info = await watcher.info('commandstats')
      return Number(/cmdstat_evalsha:calls=(\d+)/.exec(info)?.[1] ?? 0)
    }
    await app.inject('/nowhere')
    const before = await evals()
    const answers = await Promise.all(Array.from({ length: 6 }, () => app.inject('/denied')))
    t.equal((await evals()) - before, 6)
    t.equal(answers.filter(({ statusCode }) => statusCode === 401).length, 4, 'one of five was spent before')

    const found = []
    for (let i = 0; i < 4; i++)
      found.push((await app.inject({ url: '/', remoteAddress: '10.0.0.2' })).statusCode)
    t.same(found, [200, 200, 200, 429], 'the same verdicts as in memory')
    for (const key of await watcher.keys('*')) t.ok((await watcher.pttl(key)) > 0, `${key} ends by itself`)
    t.match(app.security.store?.(), { kind: 'redis', up: true })
  }
)

requires(['redis-server'], 'the window slides in Redis as in memory, by the clock of Redis', async (t) => {
  const redis = await startRedis(t)
  const client = new Redis(redis.port, '127.0.0.1')
  t.teardown(() => client.disconnect())
  const app = Fastify()
  t.teardown(() => app.close())
  const [max, window] = [3, 600]
  await app.register(rateLimit, { max, timeWindow: window, redis: client, storeTimeout: 5000 })
  app.get('/', async () => 'ok')
  const passed: { sent: number; received: number }[] = []
  let refused = 0
  const end = performance.now() + 4 * window
  while (performance.now() < end || passed.length < 4 * max) {
    const sent = performance.now()
    const { statusCode } = await app.inject('/')
    if (statusCode === 200) passed.push({ sent, received: performance.now() })
    else refused++
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  t.ok(refused > 0)
  // Redis counts in whole milliseconds.
  const shortest = Math.min(...passed.slice(max).map((later, index) => later.received - passed[index]!.sent))
  t.ok(shortest > window - 2, `${max + 1} passed within ${shortest} ms at the least`)
})

requires(
  ['redis-server'],
  'limits asked by hand count apart in Redis, and looking spends nothing',
  async (t) => {
    const redis = await startRedis(t)
    const client = new Redis(redis.port, '127.0.0.1')
    t.teardown(() => client.disconnect())
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(rateLimit, { max: 1000, redis: client, storeTimeout: 5000 })
    const [first, second] = [app.createRateLimit({ max: 2, ban: 0 }), app.createRateLimit({ max: 2 })]
    app.get('/first', (request) => first(request))
    app.get('/look', (request) => first(request, { increment: false }))
    app.get('/second', (request) => second(request))
    const json = async (url: string) => (await app.inject(url)).json<Record<string, unknown>>()
    t.match(await json('/look'), { remaining: 2, isExceeded: false })
    t.match(await json('/first'), { remaining: 1, isExceeded: false })
    t.match(await json('/look'), { remaining: 1, isExceeded: false })
    t.match(await json('/first'), { remaining: 0, isExceeded: false })
    for (let i = 0; i < 3; i++) {
      t.match(
        await json('/look'),
        { remaining: 0, isExceeded: true, isBanned: false },
        'looking is no refusal'
      )
    }
    t.match(await json('/first'), { isExceeded: true, isBanned: true })
    t.match(await json('/second'), { remaining: 1 }, 'its own counts')
  }
)

requires(['redis-server'], 'failures alone count in Redis too: successes are given back', async (t) => {
  const redis = await startRedis(t)
  const client = new Redis(redis.port, '127.0.0.1')
  t.teardown(() => client.disconnect())
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(rateLimit, { max: 1000, redis: client, storeTimeout: 5000, failures: { max: 2 } })
  app.get<{ Querystring: { s: string } }>('/', ({ query }, reply) => reply.code(Number(query.s)).send(''))
  const status = async (s: number) => (await app.inject(`/?s=${s}`)).statusCode
  for (let i = 0; i < 6; i++) {
    t.equal(await status(200), 200)
    // The giving back is on its way: the same connection answers in order.
    await client.ping()
  }
  t.same([await status(401), await status(401), await status(401)], [401, 401, 429])
})

requires(['redis-server'], 'in a cluster no key that a client sends makes Redis look lost', async (t) => {
  const redis = await startRedis(t, ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'])
  const admin = new Redis(redis.port, '127.0.0.1')
  t.teardown(() => admin.disconnect())
  await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
  await until('the cluster to be up', async () => (await admin.cluster('INFO')).includes('cluster_state:ok'))
  const cluster = new Cluster([{ host: '127.0.0.1', port: redis.port }])
  t.teardown(() => cluster.disconnect())
  const failures: string[] = []
  const app = Fastify()
  t.teardown(() => app.close())
  provide(
    app,
    meterPort,
    meterOf((reason) => void failures.push(reason))
  )
  await app.register(rateLimit, { redis: cluster, storeTimeout: 5000 })
  const keyGenerator = ({ headers }: FastifyRequest) => headers['x-key'] as string
  const limits = [
    { name: 'a', max: 2, keyGenerator },
    { name: 'b', max: 3, keyGenerator }
  ]
  app.get('/', { config: { rateLimit: limits } }, async () => 'ok')
  for (const key of ['', 'anna', '{', '}', '{}', 'a}b', '}b', 'a{b}c', '\u00e4']) {
    const found = []
    for (let i = 0; i < 3; i++) {
      found.push((await app.inject({ url: '/', headers: { 'x-key': key } })).statusCode)
    }
    t.same(found, [200, 200, 429], JSON.stringify(key))
  }
  t.same(failures, [])
  t.match(app.security.store?.(), { kind: 'redis', up: true })
})

t.test('a Redis that accepts and never answers holds up neither the start nor a request', async (t) => {
  let asked = 0
  const hole = createServer((socket) => socket.on('data', () => asked++).on('error', () => undefined))
  const sockets = new Set<Socket>()
  hole.on('connection', (socket) => sockets.add(socket))
  hole.listen(0, '127.0.0.1')
  await once(hole, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    hole.close()
  })
  const { port } = hole.address() as AddressInfo
  const failures: string[] = []
  const taken = new Redis(port, '127.0.0.1', { enableReadyCheck: false })
  t.teardown(() => taken.disconnect())
  const clients = { 'of our own': { host: '127.0.0.1', port }, "the app's, which takes it for ready": taken }
  for (const [whose, redis] of Object.entries(clients)) {
    failures.length = 0
    const app = Fastify()
    t.teardown(() => app.close())
    provide(
      app,
      meterPort,
      meterOf((reason) => void failures.push(reason))
    )
    await app.register(rateLimit, { max: 2, redis, storeTimeout: 20 })
    app.get('/', async () => 'ok')
    app.get('/closed', { config: { rateLimit: { max: 9, onStoreError: 'closed' } } }, async () => 'ok')
    const asks = await Promise.all(Array.from({ length: 20 }, () => app.inject('/')))
    t.equal(asks.filter(({ statusCode }) => statusCode === 200).length, 2, `${whose}: counted in the process`)
    t.equal((await app.inject('/closed')).statusCode, 503, whose)
    t.ok(failures.length > 0 && failures.length <= 21, `${whose}: ${failures.length} calls failed`)
    const before = failures.length
    for (let i = 0; i < 20; i++) await app.inject('/')
    t.equal(failures.length, before, `${whose}: nobody asks a Redis that is known to be down`)
    t.match(app.security.store?.(), { up: false }, whose)
  }
  t.ok(asked > 0, 'it was asked, and said nothing')
})

t.test('an app starts without Redis, and says so', async (t) => {
  const said: string[] = []
  const app = Fastify({
    logger: { level: 'warn', stream: { write: (line: string) => void said.push(line) } }
  })
  t.teardown(() => app.close())
  await app.register(rateLimit, { max: 1, redis: { host: '127.0.0.1', port: await freePort() } })
  app.get('/', async () => 'ok')
  app.get('/counted', { config: { rateLimit: { skipOnError: true } } }, async () => 'ok')
  app.get('/refused', { config: { rateLimit: { skipOnError: false } } }, async () => 'ok')
  const counted = [await app.inject('/counted'), await app.inject('/counted')]
  t.same([counted[0]?.statusCode, counted[1]?.statusCode], [200, 429], 'skipOnError: true still counts')
  t.equal(counted[0]?.headers['x-ratelimit-remaining'], '0', 'and reports no full quota')
  t.equal((await app.inject('/refused')).statusCode, 503)
  t.equal((await app.inject('/')).statusCode, 200)
  t.equal((await app.inject('/')).statusCode, 429)
  t.ok(said.some((line) => line.includes('Redis does not answer')))
  t.match(app.security.store?.(), { kind: 'redis', up: false })
})
