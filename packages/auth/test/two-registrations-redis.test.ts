import { randomBytes } from 'node:crypto'
import { requires, startRedis } from '@seaworthy/testing'
import Fastify, { type FastifyInstance } from 'fastify'
import { Redis } from 'ioredis'
import type { Test } from 'tap'
import { auth, type AuthOptions } from '../src/index.ts'
import { cookieOf } from './helpers.ts'

const needs = ['redis-server']
const areas = ['shop', 'admin'] as const

/** An app with a registration in each of two scopes, on one Redis. */
async function build(t: Test, redis: Redis, optionsOf: (area: string) => AuthOptions) {
  const lines: string[] = []
  const write = (line: string): void => void lines.push(line)
  const app = Fastify({ logger: { level: 'warn', stream: { write } } })
  t.teardown(() => app.close())
  const scopes: Record<string, FastifyInstance> = {}
  for (const area of areas)
    app.register(
      async (scope) => {
        await scope.register(auth, { redis, storeTimeout: 5000, ...optionsOf(area) })
        scope.post('/login', async ({ session }) => {
          session.set('user', { id: '42' })
          return 'in'
        })
        scope.get('/me', { config: { auth: true } }, async () => 'me')
        scopes[area] = scope
      },
      { prefix: `/${area}` }
    )
  await app.ready()
  const login = async (area: string) =>
    cookieOf((await app.inject({ method: 'POST', url: `/${area}/login` })).headers)
  const me = async (area: string, cookie: string) =>
    (await app.inject({ url: `/${area}/me`, headers: { cookie } })).statusCode
  return { lines, login, me, of: (area: string) => scopes[area]!.auth }
}

async function redisOf(t: Test): Promise<Redis> {
  const redis = new Redis({ port: (await startRedis(t)).port })
  t.teardown(() => redis.disconnect())
  return redis
}

requires(needs, 'two registrations with other secrets share no users in Redis', async (t) => {
  const redis = await redisOf(t)
  const keys = { shop: randomBytes(32), admin: randomBytes(32) } as Record<string, Buffer>
  const secrets = { shop: randomBytes(32).toString('hex'), admin: randomBytes(32).toString('hex') } as Record<
    string,
    string
  >
  for (const hasTokens of [false, true]) {
    const { lines, login, me, of } = await build(t, redis, (area) => ({
      session: { key: keys[area]!, cookieName: area },
      ...(hasTokens ? { jwt: { secret: secrets[area]! } } : {})
    }))
    const [shop, admin] = [await login('shop'), await login('admin')]
    t.equal((await of('shop').sessions.list('42')).length, 1)
    const pair = hasTokens ? await of('admin').issueTokens({ sub: '42' }) : undefined
    await of('shop').revoke({ user: '42' })
    t.strictSame([await me('shop', shop), await me('admin', admin)], [401, 200])
    if (pair) t.ok(await of('admin').refresh(pair.refreshToken))
    await of('admin').revoke({ user: '42' })
    t.equal(await me('admin', admin), 401)
    t.strictSame(lines, [])
  }
})

requires(needs, 'two registrations with a secret in common share their logins', async (t) => {
  const redis = await redisOf(t)
  const key = randomBytes(32)
  const { lines, login, me, of } = await build(t, redis, (area) => ({
    session: { key: area === 'shop' ? [randomBytes(32), key] : key, cookieName: area }
  }))
  const admin = await login('admin')
  await of('shop').sessions.revokeAll('42')
  t.equal(await me('admin', admin), 401)
  t.strictSame(lines, [])
})

requires(needs, 'a prefix in the options stays as it is', async (t) => {
  const redis = await redisOf(t)
  const { login } = await build(t, redis, (area) => ({
    session: { key: randomBytes(32), cookieName: area },
    redisPrefix: `{${area}}:`
  }))
  for (const area of areas) await login(area)
  const prefixes = new Set((await redis.keys('*')).map((name) => name.slice(0, name.indexOf('}'))))
  t.strictSame([...prefixes].toSorted(), ['{admin', '{shop'])
})
