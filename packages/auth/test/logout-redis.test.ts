import { randomBytes } from 'node:crypto'
import { requires, startRedis, until } from '@seaworthy/testing'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import type { Test } from 'tap'
import { auth } from '../src/index.ts'
import { bearer, secret } from './helpers.ts'
import { logoutApp, logoutAtProvider } from './logout-provider.ts'

const needs = ['redis-server']

/** An app with a real provider, and another process of the same service, which share a Redis. */
async function services(t: Test, { tokens = false } = {}) {
  const server = await startRedis(t)
  const connect = () => {
    const redis = new Redis({ port: server.port })
    redis.on('error', () => undefined)
    t.teardown(() => redis.disconnect())
    return redis
  }
  const session = { key: randomBytes(32), cookie: { secure: false } }
  const shared = { session, storeTimeout: 2000, revocation: { pollInterval: 50 } }
  const made = await logoutApp(t, { tokens, more: { ...shared, redis: connect() } })

  const lines: string[] = []
  const other = Fastify({
    logger: { level: 'warn', stream: { write: (line: string) => void lines.push(line) } }
  })
  t.teardown(() => other.close())
  await other.register(auth, {
    ...shared,
    redis: connect(),
    jwt: { secret },
    oauth2: {
      company: {
        issuer: made.issuer,
        clientId: 'app',
        clientSecret: 'secret',
        callbackUrl: `${made.origin}/login/company/callback`,
        onLogin: () => undefined,
        logout: { callbackUrl: `${made.origin}/logout/company/callback`, returnTo: '/bye' }
      }
    }
  })
  other.get('/me', { config: { auth: true } }, async () => 'me')
  await other.ready()
  const cookie = () =>
    [...made.browser.jars.get(new URL(made.origin).host)!].map((pair) => pair.join('=')).join('; ')
  return { server, made, other, cookie, lines }
}

requires(needs, 'a logout that one process receives ends the session for all', async (t) => {
  const { made, other, cookie } = await services(t)
  await made.login()
  const headers = { cookie: cookie() }
  t.equal((await other.inject({ url: '/me', headers })).statusCode, 200)
  await logoutAtProvider(made)
  t.strictSame(made.calls, ['200'])
  t.equal((await other.inject({ url: '/me', headers })).statusCode, 401)
})

requires(needs, 'and refresh tokens with their access tokens', async (t) => {
  const { made, other } = await services(t, { tokens: true })
  const issued = (await (await made.login()).json()) as { accessToken: string; refreshToken: string }
  const me = async () => (await other.inject({ url: '/me', headers: bearer(issued.accessToken) })).statusCode
  t.equal(await me(), 200)
  await logoutAtProvider(made)
  await until('the other process to reject the token', async () => (await me()) === 401)
  await t.rejects(other.auth.refresh(issued.refreshToken), { code: 'AUTH_REFRESH_INVALID' })
})

requires(needs, 'a logout at another process has the ID token of the login', async (t) => {
  const { made, other, cookie } = await services(t)
  await made.login()
  const answer = await other.inject({ method: 'POST', url: '/logout/company', headers: { cookie: cookie() } })
  t.equal(answer.statusCode, 303)
  const url = new URL(String(answer.headers.location))
  t.equal(url.origin, made.issuer)
  t.match(url.searchParams.get('id_token_hint'), /^[\w-]+\.[\w-]+\.[\w-]+$/)
  t.equal(await made.meStatus(), 401)
})

requires(needs, 'a provider that is down does not keep a user logged in here', async (t) => {
  const { made, other, cookie, lines } = await services(t)
  await made.login()
  await made.stopProvider()
  const answer = await other.inject({ method: 'POST', url: '/logout/company', headers: { cookie: cookie() } })
  t.match(answer, { statusCode: 303, headers: { location: '/bye' } })
  t.equal(await made.meStatus(), 401)
  t.match(lines.join(''), /the logout page of a provider cannot be found/)
})

requires(needs, 'while Redis is down a logout gets 400, and nothing is half done', async (t) => {
  const { server, made } = await services(t)
  await made.login()
  await server.kill()
  await logoutAtProvider(made)
  t.strictSame(made.calls, ['400'])
  t.match(made.lines.join(''), /a logout by a provider failed/)
  await server.restart()
  await until('sessions to be answered again', async () => (await made.meStatus()) !== 503)
})
