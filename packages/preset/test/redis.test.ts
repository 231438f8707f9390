// Why the preset's Redis cannot be used.
import './parts.ts'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { requires, startRedis, temporaryFolder, until } from '@seaworthy/testing'
import Fastify, { type FastifyInstance } from 'fastify'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { Secret } from '@seaworthy/internal'
import { fromEnv, seaworthy, serverOptions, type AuthOptions, type SeaworthyOptions } from '../src/index.ts'

const password = 'a-password-that-is-wrong'

/** A server that answers every command so, until `recover()`. */
async function redisThatAnswers(t: Test, reply: string) {
  let text = reply
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (data) => {
      const commands = data.toString().split(/(?=\*\d+\r\n)/)
      for (const command of commands)
        socket.write(/info/i.test(command) && text === '+OK\r\n' ? '$0\r\n\r\n' : text)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return { port: (server.address() as AddressInfo).port, recover: () => void (text = '+OK\r\n') }
}

async function start(t: Test, port: number) {
  const lines: Record<string, unknown>[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const redis = { host: '127.0.0.1', port, password: new Secret(password) }
  const options = { redis, auth: false, shutdown: { exit: false } } as SeaworthyOptions
  const app = Fastify({ ...(serverOptions(options) as object), logger: { stream, level: 'debug' } })
  t.teardown(() => app.close())
  await app.register(seaworthy, options)
  await app.ready()
  const reasons = () => lines.filter(({ msg }) => /Redis cannot be used/.test(String(msg)))
  return { lines, reasons }
}

t.test('a rejected password is a warning with the reason, once, without the password', async (t) => {
  const server = await redisThatAnswers(t, '-WRONGPASS invalid username-password pair\r\n')
  const { lines, reasons } = await start(t, server.port)
  await until('the reason', () => reasons().some(({ reason }) => /WRONGPASS/.test(String(reason))))
  t.match(reasons()[0], { level: 40 })
  server.recover()
  await until('the end of the outage', () =>
    lines.some(({ msg }) => /Redis can be used again/.test(String(msg)))
  )
  t.equal(reasons().filter(({ reason }) => /WRONGPASS/.test(String(reason))).length, 1)
  t.notMatch(JSON.stringify(lines), password)
})

async function refusingPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

t.test('a port on which nothing listens is named', async (t) => {
  const { reasons } = await start(t, await refusingPort())
  await until('the reason', () => reasons().some(({ reason }) => /ECONNREFUSED/.test(String(reason))))
  t.equal(reasons().length, 1)
})

for (const [whose, makeRedis] of [
  ['that the preset opens', (port: number) => ({ host: '127.0.0.1', port })],
  [
    'of the app, whose commands wait',
    (port: number, t: Test) => {
      const client = new Redis(port, '127.0.0.1')
      client.on('error', () => undefined)
      t.teardown(() => client.disconnect())
      return client
    }
  ]
] as const) {
  t.test(`the check of a connection ${whose} fails with the error of the connection`, async (t) => {
    const options = {
      redis: makeRedis(await refusingPort(), t),
      auth: false,
      security: { rateLimit: false },
      shutdown: { exit: false },
      health: { cacheFor: 0, timeout: 2000 },
      observability: { logger: false }
    } as SeaworthyOptions
    const app = Fastify(serverOptions(options)) as unknown as FastifyInstance
    t.teardown(() => app.close())
    await app.register(seaworthy, options)
    await app.ready()
    await until('the cause', async () => {
      const { checks } = await app.health.check()
      return /ECONNREFUSED/.test(String(checks.redis?.error))
    })
    t.match(app.health.status().checks.redis, {
      status: 'fail',
      error: /^the connection to Redis .*: connect ECONNREFUSED 127\.0\.0\.1:\d+$/
    })
  })
}

requires(['redis-server'], 'a name that only fromEnv has seen is in the keys in Redis', async (t) => {
  const server = await startRedis(t)
  const folder = temporaryFolder(t)
  const file = join(folder, 'name')
  writeFileSync(file, 'shop\n')
  const config = fromEnv({
    OTEL_SERVICE_NAME_FILE: file,
    REDIS_HOST: server.host,
    REDIS_PORT: `${server.port}`,
    JWT_SECRET: 'kq3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJ',
    LOG_LEVEL: 'silent'
  })
  const options = { ...config, auth: { ...(config.auth as AuthOptions), revocation: {} } }
  const client = new Redis(server.port, server.host)
  t.teardown(() => client.disconnect())
  const keysOf = async (more: SeaworthyOptions) => {
    await client.flushall()
    const app = Fastify(serverOptions(options)) as unknown as FastifyInstance
    t.teardown(() => app.close())
    await app.register(seaworthy, { ...options, ...more })
    await app.ready()
    await app.auth.revoke({ user: 'ada' })
    await app.inject('/nothing')
    return (await client.keys('*')).toSorted()
  }
  for (const key of await keysOf({})) t.match(key, /^seaworthy:\{auth:shop\}:|^seaworthy-rate-limit:shop:/)
  const mine = { ...options.auth, redisPrefix: '{mine}:' }
  const keys = await keysOf({ auth: mine, security: { rateLimit: { nameSpace: 'limits:' } } })
  for (const key of keys) t.match(key, /^\{mine\}:|^limits:/)
  t.ok(keys.length >= 2)
})

requires(['redis-server'], "two services on one Redis don't end each other's logins", async (t) => {
  const server = await startRedis(t)
  const { OTEL_SERVICE_NAME } = process.env
  t.teardown(() => {
    if (OTEL_SERVICE_NAME === undefined) delete process.env.OTEL_SERVICE_NAME
    else process.env.OTEL_SERVICE_NAME = OTEL_SERVICE_NAME
  })
  const service = async (name: string) => {
    process.env.OTEL_SERVICE_NAME = name
    const options = {
      redis: { host: server.host, port: server.port },
      auth: { jwt: { secret: 'kq3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJ' }, revocation: {} },
      shutdown: { exit: false },
      observability: { logger: false }
    } as SeaworthyOptions
    const app = Fastify(serverOptions(options)) as unknown as FastifyInstance
    t.teardown(() => app.close())
    await app.register(seaworthy, options)
    app.get('/me', { onRequest: app.authenticate }, async () => 'me')
    await app.ready()
    const { accessToken } = await app.auth.issueTokens({ sub: 'ada' })
    const headers = { authorization: `Bearer ${accessToken}` }
    return { app, status: async () => (await app.inject({ url: '/me', headers })).statusCode }
  }
  const orders = await service('orders')
  const billing = await service('billing/eu')
  t.strictSame([await orders.status(), await billing.status()], [200, 200])
  await orders.app.auth.revoke({ user: 'ada' })
  t.strictSame([await orders.status(), await billing.status()], [401, 200])

  const client = new Redis(server.port, server.host)
  t.teardown(() => client.disconnect())
  await orders.app.inject('/nothing')
  const keys = await client.keys('*')
  t.ok(
    keys.some((key) => key.startsWith('seaworthy:{auth:orders}:')),
    keys.join(' ')
  )
  t.ok(
    keys.every((key) => /orders|billing/.test(key)),
    keys.join(' ')
  )
})
