// A revocation of a user ends each login with refresh tokens that began before it, for as long as those can be used.
import { requires, startRedis } from '@seaworthy/testing'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import type { Test } from 'tap'
import { auth } from '../src/index.ts'
import { secret } from './helpers.ts'

const needs = ['redis-server']

async function services(t: Test) {
  const { port } = await startRedis(t)
  const connect = () => {
    const redis = new Redis({ port })
    t.teardown(() => redis.disconnect())
    return redis
  }
  const start = async (redisPrefix = '{shop}:') => {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(auth, { jwt: { secret }, redis: connect(), redisPrefix, storeTimeout: 5000 })
    await app.ready()
    return app.auth
  }
  const admin = connect()
  /** Does what a full Redis does: the keys that match are gone. */
  const evict = async (pattern: string): Promise<number> => admin.del(...(await admin.keys(pattern)))
  return { start, evict, admin }
}

requires(
  needs,
  'a revocation ends refresh tokens after the list of revocations has forgotten it',
  async (t) => {
    const { start, evict } = await services(t)
    const [shop, blog] = [await start(), await start('{blog}:')]
    const [ada, bob, there] = [
      await shop.issueTokens({ sub: 'ada' }),
      await shop.issueTokens({ sub: 'bob' }),
      await blog.issueTokens({ sub: 'ada' })
    ]
    t.equal(await evict('{shop}:families:ada'), 1)
    await shop.revoke({ user: 'ada' })
    const again = await shop.issueTokens({ sub: 'ada' })
    t.ok((await evict('{shop}:revoked*')) > 0)
    // A process that has not heard of the revocation.
    const late = await start()
    await t.rejects(late.refresh(ada.refreshToken), { code: 'AUTH_REFRESH_INVALID' })
    for (const { refreshToken } of [bob, again]) t.ok(await late.refresh(refreshToken))
    t.ok(await blog.refresh(there.refreshToken), 'another service')
    await evict('{shop}:families-ended:ada')
    await t.rejects(late.refresh(ada.refreshToken), { code: 'AUTH_REFRESH_INVALID' }, 'it stays ended')
  }
)

requires(
  needs,
  'what is before a revocation ends and what is after it lives, whatever the clocks say',
  async (t) => {
    const { start, evict } = await services(t)
    const shop = await start()
    const now = Date.now()
    t.intercept(Date, 'now', { value: () => now })
    const pairs: { before: string; after: string }[] = []
    for (let round = 0; round < 10; round++) {
      const before = (await shop.issueTokens({ sub: `user ${round}` })).refreshToken
      await evict('{shop}:families:*')
      await shop.revoke({ user: `user ${round}` })
      pairs.push({ before, after: (await shop.issueTokens({ sub: `user ${round}` })).refreshToken })
    }
    await evict('{shop}:revoked*')
    const late = await start()
    for (const { before, after } of pairs) {
      await t.rejects(late.refresh(before), { code: 'AUTH_REFRESH_INVALID' })
      t.ok(await late.refresh(after))
    }
  }
)
