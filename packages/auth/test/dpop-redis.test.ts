import { requires, startRedis } from '@seaworthy/testing'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import type { Test } from 'tap'
import { auth, type DpopOptions } from '../src/index.ts'
import { baseUrl, keyPair, login, proofOf, withProof } from './dpop-client.ts'
import { secret } from './helpers.ts'

const needs = ['redis-server']

/** Two services as two processes have them: what they share is in Redis only. */
async function services(t: Test, dpop: Partial<DpopOptions> = {}) {
  const server = await startRedis(t)
  const start = async () => {
    const redis = new Redis({ port: server.port })
    redis.on('error', () => undefined)
    t.teardown(() => redis.disconnect())
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(auth, { jwt: { secret, dpop: { baseUrl, ...dpop } }, redis, storeTimeout: 2000 })
    app.get('/me', { config: { auth: true } }, async () => 'me')
    app.post('/login', { config: { auth: false } }, async (request) =>
      app.auth.issueTokens({ sub: 'ada' }, request)
    )
    app.post('/refresh', { config: { auth: false } }, async (request) =>
      app.auth.refresh((request.body as { token: string }).token, request)
    )
    await app.ready()
    return app
  }
  return { server, a: await start(), b: await start() }
}

requires(needs, 'a proof that one process has seen is not valid at another', async (t) => {
  const { a, b } = await services(t)
  const key = keyPair()
  const { accessToken: token } = await login(a, key)
  const headers = withProof(token, proofOf(key, { token }))
  t.equal((await a.inject({ url: '/me', headers })).statusCode, 200)
  const stolen = await b.inject({ url: '/me', headers })
  t.match(stolen.json(), { statusCode: 401, code: 'AUTH_INVALID_DPOP_PROOF' })

  const contested = withProof(token, proofOf(key, { token }))
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => (index % 2 ? a : b).inject({ url: '/me', headers: contested }))
  )
  t.equal(answers.filter(({ statusCode }) => statusCode === 200).length, 1, 'one of twenty at a time')
})

requires(needs, 'nonces of one process are valid at another', async (t) => {
  const { a, b } = await services(t, { nonce: true })
  const key = keyPair()
  const dpop = proofOf(key, { method: 'POST', url: `${baseUrl}/login` })
  const { headers } = await a.inject({ method: 'POST', url: '/login', headers: { dpop } })
  const { tokenType } = await login(b, key, {}, String(headers['dpop-nonce']))
  t.equal(tokenType, 'DPoP')
})

requires(needs, 'a refresh token that is bound to a key stays so in Redis', async (t) => {
  const { a, b } = await services(t)
  const key = keyPair()
  const { refreshToken } = await login(a, key)
  const refresh = (dpop?: string) =>
    b.inject({
      method: 'POST',
      url: '/refresh',
      payload: { token: refreshToken },
      headers: dpop === undefined ? {} : { dpop }
    })
  const proof = (of = key) => proofOf(of, { method: 'POST', url: `${baseUrl}/refresh` })
  t.equal((await refresh()).statusCode, 401)
  t.equal((await refresh(proof(keyPair()))).statusCode, 401)
  t.match((await refresh(proof())).json(), { tokenType: 'DPoP' }, 'the attempts have not ended the login')
})

for (const [onStoreError, status] of [
  [undefined, 503],
  ['local', 200]
] as const) {
  requires(
    needs,
    `while Redis is down a proof gets ${status} with ${onStoreError ?? 'the default'}`,
    async (t) => {
      const { server, a } = await services(t, onStoreError === undefined ? {} : { onStoreError })
      const key = keyPair()
      const { accessToken: token } = await login(a, key)
      await server.kill()
      const headers = withProof(token, proofOf(key, { token }))
      const answer = await a.inject({ url: '/me', headers })
      t.equal(answer.statusCode, status)
      if (status === 503) t.match(answer.json(), { code: 'AUTH_STORE_UNAVAILABLE' })
      t.equal((await a.inject({ url: '/me', headers })).statusCode, 401, 'this process knows the proof')
    }
  )
}
