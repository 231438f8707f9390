import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { requires, startRedis, until } from '@seaworthy/testing'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { auth, type AuthOptions } from '../src/index.ts'
import { bearer, cookieOf, guardedApp } from './helpers.ts'

const needs = ['redis-server']
const secret = randomBytes(32).toString('base64')
const key = randomBytes(32)

interface ClientOptions {
  readonly keyPrefix?: string
  readonly stringNumbers?: true
  readonly lazyConnect?: boolean
  readonly enableAutoPipelining?: boolean
}

/** An app with tokens and sessions, on a client as the app makes it. */
async function build(t: Test, port: number, client: ClientOptions, options: AuthOptions = {}) {
  const redis = new Redis({ ...client, port })
  t.teardown(() => redis.disconnect())
  const made = await guardedApp(t, { jwt: { secret }, session: { key }, redis, ...options })
  made.app.post('/login', async ({ session, body }) => {
    session.set('user', body)
    return 'in'
  })
  made.route('GET', '/me', { config: { auth: true } })
  await made.app.ready()
  await until('the connection', () => redis.status === 'ready')
  const login = async (sub: string) => {
    const { headers } = await made.app.inject({ method: 'POST', url: '/login', payload: { sub } })
    return { cookie: cookieOf(headers) }
  }
  const me = async (headers: Record<string, string>) =>
    (await made.app.inject({ url: '/me', headers })).statusCode
  return { ...made, redis, login, me }
}

requires(needs, 'a revocation ends the same logins with each kind of client', async (t) => {
  const { port } = await startRedis(t)
  const clients: ClientOptions[] = [
    {},
    { keyPrefix: 'shop:' },
    { keyPrefix: '{shop}:' },
    { stringNumbers: true },
    { keyPrefix: 'all:', stringNumbers: true, lazyConnect: true, enableAutoPipelining: true }
  ]
  for (const client of clients) {
    const name = JSON.stringify(client)
    const a = await build(t, port, client)
    const b = await build(t, port, client)
    const pair = await a.app.auth.issueTokens({ sub: 'ada' })
    const [cookie, other] = [await a.login('ada'), await a.login('bob')]
    t.equal((await a.app.auth.sessions.list('ada')).length, 1, name)
    t.strictSame([await b.me(cookie), await b.me(bearer(pair.accessToken))], [200, 200])
    await a.app.auth.revoke({ user: 'ada' })
    t.equal(await b.me(cookie), 401, name)
    await t.rejects(b.app.auth.refresh(pair.refreshToken), { code: 'AUTH_REFRESH_INVALID' }, name)
    await until(
      'the other app to reject the token',
      async () => (await b.me(bearer(pair.accessToken))) === 401
    )
    t.equal(await b.me(other), 200)
    await Promise.all([a.app.close(), b.app.close()])
    const plain = new Redis({ port })
    const stray = (await plain.keys('*')).filter((entry) => !entry.startsWith(client.keyPrefix ?? ''))
    t.strictSame(stray, [], 'all keys have the prefix of the client')
    await plain.flushall()
    plain.disconnect()
  }
})

requires(needs, 'services with issuers of their own share no key', async (t) => {
  const { port } = await startRedis(t)
  const shop = await build(t, port, {}, { jwt: { secret, issuer: 'shop' } })
  const blog = await build(t, port, {}, { jwt: { secret, issuer: 'https://blog.example/{a}' } })
  const pair = await blog.app.auth.issueTokens({ sub: '42' })
  const cookie = await blog.login('42')
  await shop.login('42')
  await shop.app.auth.revoke({ user: '42' })
  await blog.app.auth.revoke({ user: 'bob' })
  t.strictSame([await blog.me(cookie), await blog.me(bearer(pair.accessToken))], [200, 200])
  t.ok(await blog.app.auth.refresh(pair.refreshToken))
  const prefixes = new Set((await shop.redis.keys('*')).map((name) => name.slice(0, name.indexOf('}'))))
  t.strictSame([...prefixes].toSorted(), [
    'seaworthy:{auth:https%3A%2F%2Fblog.example%2F%7Ba%7D',
    'seaworthy:{auth:shop'
  ])
})

requires(needs, "a session is ended only by its user's name", async (t) => {
  const { port } = await startRedis(t)
  for (const options of [{}, { redis: undefined } as unknown as AuthOptions]) {
    const { app, login, me } = await build(t, port, {}, options)
    const cookie = await login('ada')
    const [session] = await app.auth.sessions.list('ada')
    await app.auth.sessions.revoke(session!.id, 'eve')
    t.equal(await me(cookie), 200)
    await app.auth.sessions.revoke(session!.id, 'ada')
    t.equal(await me(cookie), 401)
  }
})

/**
 * The commands that the server runs, those of scripts included. Over a socket of its own: a client of ioredis fails if a
 * command is reported before it has seen the reply to MONITOR.
 */
async function monitorCommands(t: Test, port: number): Promise<string[][]> {
  const commands: string[][] = []
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  const lines = createInterface(socket)
  const started = once(lines, 'line')
  lines.on('line', (line) => {
    const args = [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text)
    if (args.length > 0) commands.push(args)
  })
  socket.write('MONITOR\r\n')
  await started
  return commands
}

requires(needs, 'no script needs an option of a Redis newer than 6', async (t) => {
  const { port } = await startRedis(t)
  const { app, login } = await build(t, port, {})
  const commands = await monitorCommands(t, port)
  const { refreshToken } = await app.auth.issueTokens({ sub: 'ada' })
  await app.auth.refresh(refreshToken)
  await login('ada')
  await login('ada')
  await until('the commands', async () => commands.some(([name]) => /^zadd$/i.test(name!)))
  const expiries = commands.filter(([name]) => /^p?expire(at)?$/i.test(name!))
  t.ok(expiries.length > 2)
  for (const command of expiries) t.equal(command.length, 3, command.join(' '))
})

t.test('a client of node-redis is rejected by name', async (t) => {
  const nodeRedis = { evalSha: async () => 0, evalsha: undefined, ping: async () => '' } as never
  await t.rejects(guardedApp(t, { redis: nodeRedis }), {
    code: 'INVALID_OPTION',
    message: /ioredis.*node-redis/
  })
})

requires(needs, 'keys in Redis have the name of the service, also with sessions only', async (t) => {
  const { port } = await startRedis(t)
  const only = { jwt: false } as const
  const before = process.env.OTEL_SERVICE_NAME
  t.teardown(() => {
    if (before === undefined) delete process.env.OTEL_SERVICE_NAME
    else process.env.OTEL_SERVICE_NAME = before
  })
  process.env.OTEL_SERVICE_NAME = 'shop'
  const shop = await build(t, port, {}, only)
  process.env.OTEL_SERVICE_NAME = 'blog'
  const blog = await build(t, port, {}, only)
  const cookies = [await shop.login('42'), await blog.login('42')]
  await shop.app.auth.sessions.revokeAll('42')
  t.strictSame([await shop.me(cookies[0]!), await blog.me(cookies[1]!)], [401, 200])
  t.ok((await shop.redis.keys('*')).every((name) => /^seaworthy:\{auth:(?:shop|blog)\}:/.test(name)))
})

requires(needs, 'a service that shares its keys in Redis with another one warns at start', async (t) => {
  const { port } = await startRedis(t)
  const start = async (keys: readonly Buffer[], redisPrefix: string): Promise<string> => {
    const lines: string[] = []
    const app = Fastify({ logger: { stream: { write: (line: string) => void lines.push(line) } } })
    const redis = new Redis({ port })
    await app.register(auth, { session: { key: keys }, redis, redisPrefix })
    await app.ready()
    await app.close()
    redis.disconnect()
    return lines.filter((line) => /same keys in Redis/.test(line)).join('')
  }
  const other = randomBytes(32)
  t.equal(await start([key], 'a:'), '')
  t.equal(await start([key], 'a:'), '', 'another process of it')
  t.equal(await start([other, key], 'a:'), '', 'a rotation')
  t.equal(await start([other], 'a:'), '')
  t.equal(await start([key], 'b:'), '')
  t.match(await start([key], 'a:'), /redisPrefix/)
})
