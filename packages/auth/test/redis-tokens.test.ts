import { randomBytes } from 'node:crypto'
import { requires, startRedis, until, type RealServer } from '@seaworthy/testing'
import t, { type Test } from 'tap'
import type { AuthOptions, Revocable } from '../src/index.ts'
import { serviceProcesses, type Service } from './service-processes.ts'

const secret = randomBytes(32).toString('base64')
const needs = ['redis-server']
const startService = serviceProcesses(t)

// A busy machine may take longer than the default for what is answered at all.
const storeTimeout = 5000

async function pairOf(
  t: Test,
  more: AuthOptions = {}
): Promise<{ redis: RealServer; a: Service; b: Service }> {
  const redis = await startRedis(t)
  const options = { jwt: { secret }, storeTimeout, ...more }
  const [a, b] = await Promise.all([
    startService(t, 'a', redis, options),
    startService(t, 'b', redis, options)
  ])
  return { redis, a, b }
}

/** Waits until a process rejects the token. */
const rejection = (service: Service, token: string): Promise<unknown> =>
  until('the process to reject the token', async () => (await service.me(token)) === 401)

requires(needs, 'the other process rejects a revoked token, and its handler does not run', async (t) => {
  const { a, b } = await pairOf(t)
  const ways: ((issued: { accessToken: string; refreshToken: string }) => Revocable)[] = [
    ({ accessToken }) => ({ token: accessToken }),
    ({ accessToken }) => ({
      jti: (JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()) as { jti: string })
        .jti
    }),
    ({ refreshToken }) => ({ refreshToken }),
    ({ refreshToken }) => ({ session: refreshToken.split('.')[0]! }),
    () => ({ user: 'ada' })
  ]
  for (const way of ways) {
    const issued = await a.issue()
    const other = await a.issue({ sub: 'bob' })
    // Verified there, so that it is in the cache.
    t.equal(await b.me(issued.accessToken), 200)
    const what = way(issued)
    t.equal((await a.post('/revoke', what)).status, 200)
    await rejection(b, issued.accessToken)
    t.equal(await a.me(issued.accessToken), 401)
    const ran = await b.runs()
    t.equal(await b.me(issued.accessToken), 401)
    t.equal(await b.runs(), ran, 'no handler runs')
    t.equal(await b.me(other.accessToken), 200, 'another user is not affected')
  }
})

requires(needs, 'twenty concurrent refreshes on two processes get one successor', async (t) => {
  const { a, b } = await pairOf(t)
  const { refreshToken } = await a.issue()
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => (index % 2 ? a : b).post('/refresh', { token: refreshToken }))
  )
  t.strictSame([...new Set(answers.map(({ status }) => status))], [200])
  const successors = new Set(answers.map(({ body }) => (body as { refreshToken: string }).refreshToken))
  t.equal(successors.size, 1)
  const [next] = successors
  t.equal((await a.post('/refresh', { token: next! })).status, 200, 'the successor is valid')
})

requires(
  needs,
  'the reuse of a refresh token after the grace ends the login on both processes',
  async (t) => {
    const { a, b } = await pairOf(t, { jwt: { secret, refreshGrace: 0 } })
    const first = await a.issue()
    const second = (await b.post('/refresh', { token: first.refreshToken })).body as typeof first
    t.equal(await a.me(second.accessToken), 200)
    const replayed = await a.post('/refresh', { token: first.refreshToken })
    t.match(replayed, { status: 401, body: { code: 'AUTH_REFRESH_INVALID' } })
    for (const service of [a, b]) {
      t.equal((await service.post('/refresh', { token: second.refreshToken })).status, 401)
      for (const token of [first.accessToken, second.accessToken]) await rejection(service, token)
    }
    t.match(a.output(), /"type":"refresh_reused"/)
  }
)

for (const onStoreError of ['local', 'closed'] as const) {
  for (const outage of ['killed', 'frozen'] as const) {
    requires(
      needs,
      `with Redis ${outage} and onStoreError ${onStoreError}, tokens are answered and recover`,
      async (t) => {
        const { redis, a, b } = await pairOf(t, {
          revocation: { onStoreError, pollInterval: 100, maxStaleness: 1000 },
          storeTimeout: 1000
        })
        const kept = await a.issue()
        const ended = await a.issue({ sub: 'eve' })
        await a.post('/revoke', { user: 'eve' })
        await until(
          'the revocation on the other process',
          async () => (await b.me(ended.accessToken)) === 401
        )

        if (outage === 'killed') await redis.kill()
        else redis.freeze()
        if (onStoreError === 'closed') {
          await until('the policy', async () => (await b.me(kept.accessToken)) === 503)
          const { headers, body } = await b.get('/me', { authorization: `Bearer ${kept.accessToken}` })
          t.match(body, { code: 'AUTH_STORE_UNAVAILABLE' })
          t.match(headers.get('retry-after'), /^\d+$/)
        } else {
          await until('the outage to be noticed', () => /does not take calls/.test(b.output()))
          t.equal(await b.me(kept.accessToken), 200, 'a token is still verified')
          t.equal(await b.me(ended.accessToken), 401, 'a revoked token is still rejected')
        }
        for (const [path, body] of [
          ['/refresh', { token: kept.refreshToken }],
          ['/issue', { sub: 'ada' }],
          ['/revoke', { user: 'bob' }]
        ] as const) {
          const { status, headers } = await a.post(path, body)
          t.equal(status, 503, path)
          t.match(headers.get('retry-after'), /^\d+$/)
        }

        if (outage === 'killed') await redis.restart()
        else redis.thaw()
        for (const service of [a, b])
          await until('recovery', async () => (await service.me(kept.accessToken)) === 200)
        t.equal(await b.me(ended.accessToken), 401, 'the revocation is still in force')
        for (const service of [a, b])
          await until(
            'logins again',
            async () => (await service.post('/issue', { sub: 'ada' })).status === 200
          )
        const late = await a.issue({ sub: 'carol' })
        await until('the token on the other process', async () => (await b.me(late.accessToken)) === 200)
        t.equal((await a.post('/revoke', { user: 'carol' })).status, 200)
        await rejection(b, late.accessToken)
      }
    )
  }
}

requires(needs, 'processes write the revocations again into a Redis that has lost its data', async (t) => {
  const { redis, a, b } = await pairOf(t)
  const ended = await a.issue({ sub: 'eve' })
  await a.post('/revoke', { user: 'eve' })
  await until('the revocation on the other process', async () => (await b.me(ended.accessToken)) === 401)
  await redis.kill()
  await redis.restart()
  await until('the revocation in Redis', async () => {
    const late = await startService(t, 'late', redis, { jwt: { secret } })
    return (await late.me(ended.accessToken)) === 401
  })
  t.pass('a process that starts later reads it')
})

requires(needs, 'a process reads all pages of revocations at its start', async (t) => {
  const redis = await startRedis(t)
  const a = await startService(t, 'a', redis, { jwt: { secret }, storeTimeout })
  const first = await a.issue({ sub: 'u0' })
  const last = await a.issue({ sub: 'u2500' })
  for (let at = 0; at <= 2500; at += 100) {
    const users = Array.from({ length: Math.min(100, 2501 - at) }, (_, index) => `u${at + index}`)
    await a.post('/revoke-users', users)
  }
  const late = await startService(t, 'late', redis, { jwt: { secret } })
  t.equal(await late.me(first.accessToken), 401)
  t.equal(await late.me(last.accessToken), 401)
  t.equal(await late.me((await a.issue({ sub: 'u2501' })).accessToken), 200)
})
