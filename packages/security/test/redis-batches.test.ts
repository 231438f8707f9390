import { Redis } from 'ioredis'
import type { Test } from 'tap'
import { requires, startRedis } from '@seaworthy/testing'
import { rateLimit } from '../src/index.ts'
import { createApp, ok } from './helpers.ts'

const needs = ['redis-server']

/** An app on a client whose writes are counted. */
async function build(t: Test) {
  const { port } = await startRedis(t)
  const redis = new Redis(port, '127.0.0.1')
  t.teardown(() => redis.disconnect())
  const app = createApp(t)
  await app.register(rateLimit, { max: 1000, redis, storeTimeout: 5000 })
  app.get('/', ok)
  await app.inject({ url: '/', remoteAddress: '10.0.0.1' })
  const seen = { writes: 0 }
  const { stream } = redis as unknown as { stream: { write(...args: unknown[]): boolean } }
  const write = stream.write.bind(stream)
  stream.write = (...args) => {
    seen.writes++
    return write(...args)
  }
  const ask = async (remoteAddress = '10.0.0.1'): Promise<number> =>
    Number((await app.inject({ url: '/', remoteAddress })).headers['x-ratelimit-remaining'])
  const askAtOnce = (count: number, address?: string) =>
    Promise.all(Array.from({ length: count }, () => ask(address)))
  return { redis, seen, ask, askAtOnce }
}

requires(needs, 'requests of one turn are counted by few writes, each of them exactly', async (t) => {
  const { redis, seen, askAtOnce } = await build(t)
  const remaining = await askAtOnce(100)
  t.equal(new Set(remaining).size, 100)
  t.equal(Math.min(...remaining), 899)
  t.ok(seen.writes <= 20, `${seen.writes} writes`)

  await redis.script('FLUSH')
  const after = await askAtOnce(50)
  t.equal(new Set(after).size, 50, 'also where Redis has forgotten the script')
  t.equal(Math.min(...after), 849)
})

requires(needs, 'a request alone is counted at once', async (t) => {
  const { seen, ask } = await build(t)
  const remaining = [await ask(), await ask(), await ask()]
  t.same(remaining, [998, 997, 996])
  t.equal(seen.writes, 3)
})

requires(needs, 'where one key is damaged, the other requests of its turn are counted', async (t) => {
  const { redis, askAtOnce } = await build(t)
  const [key] = await redis.keys('*')
  await redis.set(key!, 'damaged')
  const [damaged, others] = await Promise.all([askAtOnce(30), askAtOnce(30, '10.0.0.2')])
  t.equal(new Set(others).size, 30)
  t.equal(Math.min(...others), 970)
  t.equal(new Set(damaged).size, 30, 'in the process')
})
