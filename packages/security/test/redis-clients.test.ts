import { Redis } from 'ioredis'
import t from 'tap'
import { requires, startRedis, until } from '@seaworthy/testing'
import { concurrencyLimit, rateLimit } from '../src/index.ts'
import { captureLog, createApp, ok, statuses } from './helpers.ts'

const closed = { max: 2, onStoreError: 'closed', storeTimeout: 5000 } as const

requires(['redis-server'], 'limits hold with clients of every setting', async (t) => {
  const { port } = await startRedis(t)
  const settings: Record<string, object> = {
    stringNumbers: { stringNumbers: true },
    keyPrefix: { keyPrefix: 'app:' },
    'lazy and without a queue': { lazyConnect: true, enableOfflineQueue: false }
  }
  for (const [name, options] of Object.entries(settings)) {
    const redis = new Redis({ port, ...options })
    const app = createApp(t)
    await app.register(rateLimit, { ...closed, redis, nameSpace: `${name}:` })
    app.get('/', ok)
    t.same(await statuses(app, 3), [200, 200, 429], name)
    redis.disconnect()
  }

  // The methods of a client of node-redis, on a real server.
  const redis = new Redis({ port })
  const script =
    (call: 'eval' | 'evalsha') => (text: string, options: { keys: string[]; arguments: string[] }) =>
      redis[call](text, options.keys.length, ...options.keys, ...options.arguments)
  const nodeRedis = { isReady: true, isOpen: true, eval: script('eval'), evalSha: script('evalsha') }
  const app = createApp(t)
  await app.register(rateLimit, { ...closed, redis: nodeRedis })
  app.get('/', ok)
  t.same(await statuses(app, 1), [200])
  await redis.script('FLUSH')
  t.same(await statuses(app, 2), [200, 429], 'also after SCRIPT FLUSH')
  redis.disconnect()
})

t.test('an answer without counts is no count', async (t) => {
  for (const answer of [undefined, null, [], 'OK', [[null, [1, 2, 3, 4]]]]) {
    const redis = { eval: async () => answer, evalsha: async () => answer, ping: async () => 'PONG' }
    const app = createApp(t)
    await app.register(rateLimit, { ...closed, redis })
    await app.register(concurrencyLimit, { by: 'ip', max: 1, redis, onStoreError: 'closed' })
    app.get('/', ok)
    app.get('/running', { config: { rateLimit: false } }, ok)
    t.same(await statuses(app, 2), [503, 503], JSON.stringify(answer))
    t.same(await statuses(app, 1, '/running'), [503], JSON.stringify(answer))
  }
})

t.test('a client whose commands have callbacks is rejected by name', async (t) => {
  const call = () => true
  const clients = {
    'node-redis 3': { evalsha: call, eval: call, ping: call, internal_send_command: call },
    'node-redis 4 in legacy mode': { evalSha: call, eval: call, ping: call, options: { legacyMode: true } }
  }
  for (const [name, redis] of Object.entries(clients)) {
    const app = createApp(t)
    const register = async () => app.register(rateLimit, { redis: redis as never })
    await t.rejects(register(), { code: 'INVALID_OPTION', message: /node-redis 4 or later/ }, name)
  }
})

requires(['redis-server'], 'clients with other parameters are adapted', async (t) => {
  const { port } = await startRedis(t)
  const redis = new Redis({ port })
  type Call = 'eval' | 'evalsha'
  const ofUpstash = (call: Call) => (text: string, keys: string[], args: string[]) =>
    redis[call](text, keys.length, ...keys, ...args)
  const upstash = {
    createScript() {},
    eval: ofUpstash('eval'),
    evalsha: ofUpstash('evalsha'),
    ping: () => redis.ping()
  }
  const ofNodeRedis = (call: Call) => (text: string, options: { keys: string[]; arguments: string[] }) =>
    redis[call](text, options.keys.length, ...options.keys, ...options.arguments)
  const usual = {
    isReady: true,
    eval: ofNodeRedis('eval'),
    evalSha: ofNodeRedis('evalsha'),
    get v4(): never {
      throw new Error('the client is not in "legacy mode"')
    }
  }
  for (const [name, client] of Object.entries({ upstash, usual })) {
    const app = createApp(t)
    await app.register(rateLimit, { ...closed, redis: client as never, nameSpace: `${name}:` })
    app.get('/', ok)
    t.same(await statuses(app, 3), [200, 200, 429], name)
  }
  redis.disconnect()
})

requires(['redis-server'], 'apps that share a client of the app leave no listener behind', async (t) => {
  const { port } = await startRedis(t)
  const redis = new Redis({ port })
  redis.on('error', () => undefined)
  for (let i = 0; i < 3; i++) {
    const app = createApp(t)
    await app.register(rateLimit, { redis })
    await app.ready()
    await app.close()
  }
  t.equal(redis.listenerCount('error'), 1)
  redis.disconnect()
})

requires(
  ['redis-server'],
  'a server that refuses calls is logged once for each cause, and once when it takes them',
  async (t) => {
    const { port } = await startRedis(t)
    const redis = new Redis({ port })
    const { lines, logger } = captureLog('info')
    const app = createApp(t, { logger })
    await app.register(rateLimit, { max: 100_000, redis, onStoreError: 'closed' })
    app.get('/', ok)
    const outageLines = () => lines.filter((line) => /does not count|answers again/.test(line))

    await redis.config('SET', 'maxmemory', '1')
    // Probes by PING succeed all the while.
    await until('several probes to pass', async () => {
      t.equal((await app.inject('/')).statusCode, 503)
      const [, pings] = /cmdstat_ping:calls=(\d+)/.exec(await redis.info('commandstats')) ?? []
      return Number(pings) > 2
    })
    t.equal(outageLines().length, 1)
    t.match(outageLines()[0], /does not count requests \(.*OOM/)
    await redis.config('SET', 'maxmemory', '0')
    await until('the server to be used again', async () => (await app.inject('/')).statusCode === 200)
    t.equal(outageLines().length, 2)
    redis.disconnect()
  }
)

requires(['redis-server'], 'one key of another type harms no other client', async (t) => {
  const { port } = await startRedis(t)
  const redis = new Redis({ port })
  const { lines, logger } = captureLog('warn')
  const app = createApp(t, { logger })
  await app.register(rateLimit, { ...closed, redis, nameSpace: 'bad:' })
  app.get('/', ok)
  await redis.lpush('bad:{=127.0.0.1}ip', 'x')
  t.same(await statuses(app, 3), [503, 503, 503])
  t.same(await statuses(app, 1, { url: '/', remoteAddress: '192.0.2.9' }), [200])
  t.match(app.security.store?.(), { up: true })
  const reports = lines.filter((line) => line.includes('refuses the keys'))
  t.equal(reports.length, 1, 'the cause is logged once')
  t.match(reports[0], /refuses the keys of some clients \(.*WRONGTYPE/)
  redis.disconnect()
})

requires(['redis-server'], 'a wrong password is the cause that the start logs', async (t) => {
  const { port } = await startRedis(t)
  const admin = new Redis({ port })
  await admin.config('SET', 'requirepass', 'right')
  const { lines, logger } = captureLog('warn')
  const app = createApp(t, { logger })
  await app.register(rateLimit, { redis: { host: '127.0.0.1', port, password: 'wrong' } })
  app.get('/', ok)
  t.same(await statuses(app, 5), [200, 200, 200, 200, 200])
  t.equal(lines.length, 1)
  t.match(lines[0], /Redis at 127\.0\.0\.1:\d+ does not count requests \(WRONGPASS/)
  admin.disconnect()
})
