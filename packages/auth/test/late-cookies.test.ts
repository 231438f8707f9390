import { randomBytes } from 'node:crypto'
import cookie from '@fastify/cookie'
import Fastify from 'fastify'
import t from 'tap'
import { auth } from '../src/index.ts'
import { cookieOf, secret } from './helpers.ts'

for (const hook of ['onRequest', 'preParsing', 'preValidation', 'preHandler', false] as const)
  t.test(`sessions and tokens in cookies work with @fastify/cookie in ${hook}`, async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(cookie, { hook })
    await app.register(auth, {
      jwt: { secret, cookie: 'token' },
      session: { key: randomBytes(32) }
    })
    app.post('/login', async ({ session }) => {
      session.set('user', { id: 'ada' })
      return 'in'
    })
    app.get('/me', { config: { auth: true } }, async ({ identity }) => identity?.scheme ?? 'none')
    app.get('/plain', { onRequest: async (request) => void (await request.jwtVerify()) }, async () => 'in')
    app.post('/write', { config: { auth: true } }, async () => 'written')
    await app.ready()
    const session = cookieOf((await app.inject({ method: 'POST', url: '/login' })).headers)
    const token = `token=${(await app.auth.issueTokens({ sub: 'ada' })).accessToken}`
    t.equal((await app.inject({ url: '/me', headers: { cookie: session } })).body, 'session')
    t.equal((await app.inject({ url: '/me', headers: { cookie: token } })).body, 'jwt')
    t.equal((await app.inject({ url: '/plain', headers: { cookie: token } })).statusCode, 200)
    for (const value of [session, token]) {
      const headers = { cookie: value, 'sec-fetch-site': 'cross-site' }
      t.equal((await app.inject({ method: 'POST', url: '/write', headers })).statusCode, 403)
    }
  })
