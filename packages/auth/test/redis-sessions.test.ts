import { randomBytes } from 'node:crypto'
import { requires, startRedis, until } from '@seaworthy/testing'
import t, { type Test } from 'tap'
import type { SessionOptions, SessionRecord } from '../src/index.ts'
import { serviceProcesses, type Service } from './service-processes.ts'

const needs = ['redis-server']
const startService = serviceProcesses(t)

// A busy machine may take longer than the default for what is answered at all.
async function pairOf(t: Test, more: SessionOptions = {}, storeTimeout = 5000) {
  const redis = await startRedis(t)
  const session = { key: randomBytes(32).toString('base64'), ...more }
  const [a, b] = await Promise.all([
    startService(t, 'a', redis, { session, storeTimeout }),
    startService(t, 'b', redis, { session, storeTimeout })
  ])
  const login = async (user: object = { sub: 'ada' }): Promise<string> =>
    (await a.post('/login', user)).headers.get('set-cookie')!.split(';')[0]!
  const me = async (service: Service, cookie: string) => (await service.get('/me', { cookie })).status
  return { redis, a, b, login, me }
}

requires(needs, 'a session is valid, listed and ended on all processes', async (t) => {
  const { a, b, login, me } = await pairOf(t)
  const [one, two, other] = [await login(), await login(), await login({ sub: 'bob' })]
  for (const cookie of [one, two, other]) t.equal(await me(b, cookie), 200)

  const records = (await b.get('/sessions/ada')).body as SessionRecord[]
  t.match(records, [{ subject: 'ada' }, { subject: 'ada' }])
  t.equal((await b.post('/revoke', { session: records[0]!.id })).status, 200)
  const alive = await Promise.all([one, two].map((cookie) => me(a, cookie)))
  t.strictSame(
    alive.toSorted((one, two) => one - two),
    [200, 401],
    'at once, because each request reads the store'
  )
  t.equal((await a.post('/revoke', { user: 'ada' })).status, 200)
  for (const cookie of [one, two]) t.equal(await me(b, cookie), 401)
  t.equal(await me(b, other), 200)
  t.strictSame((await a.get('/sessions/ada')).body, [])
})

requires(needs, 'an unused session expires in Redis', async (t) => {
  const { a, login, me } = await pairOf(t, { idleTimeout: 3000 })
  const cookie = await login()
  t.equal(await me(a, cookie), 200)
  await until('the list to be empty', async () => {
    const { body } = await a.get('/sessions/ada')
    return (body as SessionRecord[]).length === 0
  })
  t.equal(await me(a, cookie), 401)
})

for (const onStoreError of ['closed', 'open'] as const) {
  for (const outage of ['killed', 'frozen'] as const) {
    requires(
      needs,
      `with Redis ${outage} and onStoreError ${onStoreError}, sessions are answered and recover`,
      async (t) => {
        const { redis, a, b, login, me } = await pairOf(t, { onStoreError }, 1000)
        const cookie = await login()
        if (outage === 'killed') await redis.kill()
        else redis.freeze()
        const during = await b.get('/me', { cookie })
        if (onStoreError === 'closed') {
          t.match(during, { status: 503, body: { code: 'AUTH_STORE_UNAVAILABLE' } })
          t.match(during.headers.get('retry-after'), /^\d+$/)
        } else t.match(during, { status: 200, body: { sub: 'ada' } })
        t.equal((await b.get('/me')).status, 401, 'a request without a cookie does not need Redis')

        const rejected = await a.post('/login', { sub: 'eve' })
        t.equal(rejected.status, 503, 'no new login')
        const cookies = rejected.headers.getSetCookie().filter((line) => !/expires=|max-age=0/i.test(line))
        for (const line of cookies) t.not(await me(b, line.split(';')[0]!), 200, 'its cookie is invalid')

        if (outage === 'killed') await redis.restart()
        else redis.thaw()
        // Each process reconnects.
        for (const one of [a, b])
          await until('logins', async () => (await one.post('/login', { sub: 'ada' })).status === 200)
        const again = await login()
        await until('sessions', async () => (await me(b, again)) === 200)
        // Redis has no persistence here, so a restart loses the sessions.
        t.equal(await me(b, cookie), outage === 'killed' ? 401 : 200)
      }
    )
  }
}
