// A logout at the provider ends what it began here, also where a full Redis has dropped the links to it.
import { randomBytes } from 'node:crypto'
import { requires, startRedis } from '@seaworthy/testing'
import { Redis } from 'ioredis'
import type { Test } from 'tap'
import { Browser } from './browser.ts'
import { logoutApp, logoutAtProvider } from './logout-provider.ts'

const needs = ['redis-server']

async function service(t: Test, { tokens = false } = {}) {
  const { port } = await startRedis(t)
  const connect = () => {
    const redis = new Redis({ port })
    t.teardown(() => redis.disconnect())
    return redis
  }
  const session = { key: randomBytes(32), cookie: { secure: false } }
  const made = await logoutApp(t, { tokens, more: { session, storeTimeout: 5000, redis: connect() } })
  const admin = connect()
  const evictLinks = async (): Promise<number> => admin.del(...(await admin.keys('*:linked:*')))
  return { made, evictLinks }
}

requires(needs, 'a session ends with that of the provider, and the others stay', async (t) => {
  const { made, evictLinks } = await service(t)
  const other = new Browser()
  await made.login()
  await made.login(other)
  t.strictSame([await made.meStatus(), await made.meStatus(other)], [200, 200])
  t.ok((await evictLinks()) > 0)
  await logoutAtProvider(made)
  t.strictSame(made.calls, ['200'])
  t.strictSame([await made.meStatus(), await made.meStatus(other)], [401, 200])
  await made.login()
  t.equal(await made.meStatus(), 200, 'the next login')
})

requires(needs, 'a refresh token ends with the session of the provider', async (t) => {
  const { made, evictLinks } = await service(t, { tokens: true })
  const { refreshToken } = (await (await made.login()).json()) as { refreshToken: string }
  const other = (await (await made.login(new Browser())).json()) as { refreshToken: string }
  t.ok((await evictLinks()) > 0)
  await logoutAtProvider(made)
  t.strictSame(made.calls, ['200'])
  await t.rejects(made.app.auth.refresh(refreshToken), { code: 'AUTH_REFRESH_INVALID' })
  t.ok(await made.app.auth.refresh(other.refreshToken), 'that of another browser stays')
  const again = (await (await made.login()).json()) as { refreshToken: string }
  t.ok(await made.app.auth.refresh(again.refreshToken), 'the next login')
})
