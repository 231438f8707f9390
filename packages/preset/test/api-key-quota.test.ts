import './parts.ts'
import type { ApiKeyRecord } from '@seaworthy/auth'
import { requires, startRedis, until } from '@seaworthy/testing'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { seaworthy, serverOptions, type SeaworthyOptions } from '../src/index.ts'

async function build(t: Test, records: Map<string, ApiKeyRecord>, more: SeaworthyOptions = {}) {
  const options: SeaworthyOptions = {
    ...more,
    auth: {
      apiKeys: { find: (id) => records.get(id), quota: { max: 3, timeWindow: '1 hour' } },
      jwt: { secret: 'kq3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJ' }
    }
  }
  const app = Fastify(serverOptions(options))
  t.teardown(() => app.close())
  await app.register(seaworthy, options)
  app.get('/', { config: { auth: true }, schema: { querystring: {} } }, async () => 'ok')
  return app
}

t.test('rate limits count the quota of each key, with their headers', async (t) => {
  const records = new Map<string, ApiKeyRecord>()
  const app = await build(t, records)
  const add = (record: Partial<ApiKeyRecord> = {}) => {
    const { key, id, hash } = app.auth.apiKeys.create()
    records.set(id, { hash, sub: 'partner', ...record })
    return { 'x-api-key': key }
  }
  const key = add()
  for (let i = 3; i > 0; i--) {
    const { statusCode, headers } = await app.inject({ url: '/', headers: key })
    t.equal(statusCode, 200)
    t.match(headers.ratelimit, `"api key";r=${i - 1};t=3600`)
    t.match(headers['ratelimit-policy'], '"api key";q=3;w=3600')
  }
  const over = await app.inject({ url: '/', headers: key })
  t.equal(over.statusCode, 429)
  t.equal(over.json().code, 'RATE_LIMITED')
  t.match(over.headers['retry-after'], /^\d+$/)
  const small = add({ quota: { max: 1, timeWindow: '1 minute' } })
  t.equal((await app.inject({ url: '/', headers: small })).statusCode, 200, 'a key of its own')
  t.equal((await app.inject({ url: '/', headers: small })).statusCode, 429)
  const { accessToken } = await app.auth.issueTokens({ sub: 'partner' })
  const headers = { authorization: `Bearer ${accessToken}` }
  for (let i = 0; i < 5; i++)
    t.equal((await app.inject({ url: '/', headers })).statusCode, 200, 'tokens have none')
})

t.test('without rate limits the start names what to write', async (t) => {
  const app = await build(t, new Map(), { security: { rateLimit: false } })
  await t.rejects(async () => app.ready(), {
    code: 'INVALID_OPTION',
    message: /"apiKeys\.quota".*register\(rateLimit/
  })
})

requires(['redis-server'], 'processes count a quota together in Redis', async (t) => {
  const server = await startRedis(t)
  const records = new Map<string, ApiKeyRecord>()
  const apps = []
  for (let i = 0; i < 2; i++) {
    const redis = new Redis(server.port, '127.0.0.1')
    t.teardown(() => redis.disconnect())
    apps.push(
      await build(t, records, { redis: redis as never, security: { rateLimit: { storeTimeout: 5000 } } })
    )
  }
  const { key, id, hash } = apps[0]!.auth.apiKeys.create()
  records.set(id, { hash, sub: 'partner' })
  const codes: number[] = []
  for (const app of [...apps, ...apps])
    codes.push((await app.inject({ url: '/', headers: { 'x-api-key': key } })).statusCode)
  t.same(codes, [200, 200, 200, 429])
})

requires(
  ['redis-server'],
  "running requests of one owner count together over the preset's Redis",
  async (t) => {
    const server = await startRedis(t)
    const records = new Map<string, ApiKeyRecord>()
    const waiting: (() => void)[] = []
    const service = async () => {
      const redis = new Redis(server.port, '127.0.0.1')
      t.teardown(() => redis.disconnect())
      const security = { concurrency: { max: 1, storeTimeout: 5000 }, rateLimit: { storeTimeout: 5000 } }
      const app = await build(t, records, { redis: redis as never, security })
      const options = { config: { auth: true }, schema: { querystring: {} } }
      app.get(
        '/wait',
        options,
        async () => new Promise<string>((resolve) => waiting.push(() => resolve('ok')))
      )
      return app
    }
    const [one, two] = [await service(), await service()]
    const add = (sub: string) => {
      const { key, id, hash } = one.auth.apiKeys.create()
      records.set(id, { hash, sub, quota: false })
      return { 'x-api-key': key }
    }
    const [first, second, other] = [add('partner'), add('partner'), add('other')]
    const running = one.inject({ url: '/wait', headers: first })
    await until('it to run', () => waiting.length === 1)
    const refused = await two.inject({ url: '/', headers: second })
    t.match(refused.json(), { statusCode: 429, code: 'CONCURRENCY_LIMITED' })
    t.equal((await two.inject({ url: '/', headers: other })).statusCode, 200)
    waiting[0]!()
    t.equal((await running).statusCode, 200)
    await until(
      'the place to be free',
      async () => (await two.inject({ url: '/', headers: second })).statusCode === 200
    )
  }
)
