// A full Redis may drop the list of revocations. The processes that have it write it again.
import { requires, startRedis, until } from '@seaworthy/testing'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import { auth } from '../src/index.ts'
import { bearer, secret } from './helpers.ts'

requires(
  ['redis-server'],
  'a revocation is known to a later process although its list was lost',
  async (t) => {
    const { port } = await startRedis(t)
    const connect = () => {
      const redis = new Redis({ port })
      t.teardown(() => redis.disconnect())
      return redis
    }
    const start = async () => {
      const app = Fastify()
      t.teardown(() => app.close())
      const revocation = { pollInterval: 50 }
      await app.register(auth, { jwt: { secret }, redis: connect(), redisPrefix: '{shop}:', revocation })
      app.get('/me', { config: { auth: true } }, async () => 'me')
      await app.ready()
      const me = async (token: string) =>
        (await app.inject({ url: '/me', headers: bearer(token) })).statusCode
      return { app, me }
    }
    const admin = connect()
    for (const part of ['revoked', 'revoked-version', 'revoked-epoch']) {
      const first = await start()
      const { accessToken } = await first.app.auth.issueTokens({ sub: 'ada' })
      const { accessToken: other } = await first.app.auth.issueTokens({ sub: 'bob' })
      await first.app.auth.revoke({ user: 'ada' })
      t.equal(await admin.del(`{shop}:${part}`), 1)
      await until('the list to be there again', async () => {
        const [list, version] = await Promise.all([
          admin.zcard('{shop}:revoked'),
          admin.get('{shop}:revoked-version')
        ])
        return list > 0 && version !== null && (await admin.exists('{shop}:revoked-epoch')) === 1
      })
      await until(
        'a later process to reject the token',
        async () => (await (await start()).me(accessToken)) === 401
      )
      t.equal(await (await start()).me(other), 200, part)
      await first.app.close()
      await admin.flushall()
    }
  }
)
