import { randomBytes } from 'node:crypto'
import Fastify from 'fastify'
import t from 'tap'
import { auth, type SessionOptions } from '../src/index.ts'
import { captureLog, cookieOf } from './helpers.ts'
import { sessionApp } from './session-apps.ts'

const key = randomBytes(32)

for (const [what, session] of [
  ['__Host- without secure', { cookieName: '__Host-id', cookie: { secure: false } }],
  ['__Host- with a domain', { cookieName: '__Host-id', cookie: { domain: 'example.com' } }],
  ['__Host- with a path', { cookieName: '__Host-id', cookie: { path: '/app' } }],
  ['__Secure- without secure', { cookieName: '__Secure-id', cookie: { secure: false } }],
  ['a name with a space', { cookieName: 'a b' }],
  ['a name with a semicolon', { cookieName: 'a;b' }],
  ['a name beyond ASCII', { cookieName: 'é' }],
  ['a path without a slash', { cookie: { path: 'app' } }],
  ['a path with an attribute', { cookie: { path: '/; Domain=x' } }],
  ['a domain with a space', { cookie: { domain: 'a b' } }],
  ['an unknown sameSite', { cookie: { sameSite: 'loose' as 'lax' } }],
  ['a lifetime that is text', { cookie: { maxAge: '60' as unknown as number } }],
  ['httpOnly that is text', { cookie: { httpOnly: 'false' as unknown as boolean } }],
  ['partitioned without secure', { cookie: { partitioned: true, secure: false } }]
] as [string, SessionOptions][]) {
  t.test(`a session cookie with ${what}, which browsers drop, stops the start`, async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    await t.rejects(async () => app.register(auth, { session: { key, ...session } }), {
      code: 'INVALID_OPTION',
      message: /"session\.cookie/
    })
  })
}

t.test('an embedded page can have a session for each site that embeds it', async (t) => {
  const { app } = await sessionApp(t, { session: { key, cookie: { partitioned: true, sameSite: 'none' } } })
  const { headers } = await app.inject({ method: 'POST', url: '/login', payload: { id: 'ada' } })
  t.match(headers['set-cookie'], /^__Host-session=.*; Secure; Partitioned; SameSite=None$/)
})

t.test('a warning names a cookie for other sites that is not secure', async (t) => {
  const { lines, logger } = captureLog()
  const app = Fastify({ logger })
  t.teardown(() => app.close())
  await app.register(auth, { session: { key, cookie: { sameSite: 'none', secure: false } } })
  t.match(lines.join(''), /browsers drop such a cookie/)
})

// A browser that got a cookie for the host keeps it when the service begins to set one for the domain, and sends both.
for (const [what, old] of [
  ['of another key', 'garbage'],
  ['that is empty', ''],
  ['of a session that has ended', 'ended'],
  ['of a session without a user', 'anonymous']
] as const) {
  t.test(`a login counts although the browser sends a cookie ${what} before`, async (t) => {
    const { app, login, me, send, sessions } = await sessionApp(t, { session: { key } })
    const values: Record<string, () => Promise<string>> = {
      ended: async () => {
        const cookie = await login('eve')
        await sessions.revokeAll('eve')
        return cookie
      },
      anonymous: async () => (await send('', ({ session }) => session.set('cart', 1))).cookie
    }
    const before = values[old] === undefined ? `__Host-session=${old}` : await values[old]()
    const cookie = await login()
    t.equal(await me(`${before}; ${cookie}`), 200)
    t.equal(await me(`${cookie}; ${before}`), 200)
    t.equal(await me(before), 401)

    // The logout ends the session that counts.
    const response = await app.inject({
      method: 'POST',
      url: '/change',
      headers: { cookie: `${before}; ${cookie}` }
    })
    t.equal(response.statusCode, 200)
    await send(`${before}; ${cookie}`, ({ session }) => session.delete())
    t.equal(await me(cookie), 401)
  })
}

t.test('of many cookies with the name of the session only the first few are opened', async (t) => {
  const { login, me } = await sessionApp(t, { session: { key } })
  const cookie = await login()
  const others = (count: number): string => '__Host-session=x; '.repeat(count)
  t.equal(await me(others(3) + cookie), 200)
  t.equal(await me(others(4) + cookie), 401)
})

t.test('a logout counts where the handler responds by itself', async (t) => {
  const { app, login, me } = await sessionRawApp(t)
  const cookie = await login()
  t.equal(await me(cookie), 200)
  const { body } = await app.inject({ url: '/logout', headers: { cookie } })
  t.equal(body, 'out')
  t.equal(await me(cookie), 401)
})

for (const url of ['/hijacked', '/raw']) {
  t.test(`a change of the session that no cookie takes along is in the log: ${url}`, async (t) => {
    const { app, lines } = await sessionRawApp(t)
    for (let requests = 0; requests < 2; requests++) {
      const { statusCode, headers } = await app.inject(url)
      t.equal(statusCode, 200)
      t.equal(headers['set-cookie'], undefined)
    }
    const found = lines.filter((line) => line.includes('the change is lost'))
    t.equal(found.length, 1, 'once for each route')
    t.match(found[0], new RegExp(`GET ${url} `))
  })
}

t.test('no line is about sessions that are only read, or sent', async (t) => {
  const { app, login, lines } = await sessionRawApp(t)
  const cookie = await login()
  await app.inject({ url: '/read', headers: { cookie } })
  await app.inject({ url: '/me', headers: { cookie } })
  t.notMatch(lines.join(''), /the change is lost/)
})

/** An app whose handlers respond past Fastify. */
async function sessionRawApp(t: import('tap').Test) {
  const { lines, logger } = captureLog()
  const app = Fastify({ logger })
  t.teardown(() => app.close())
  await app.register(auth, { session: { key } })
  app.post('/login', async ({ session }) => {
    session.set('user', { id: 'ada' })
    return 'in'
  })
  app.get('/me', { config: { auth: true } }, async () => 'me')
  app.get('/hijacked', (request, reply) => {
    request.session.set('user', { id: 'ada' })
    reply.hijack()
    reply.raw.end('events')
  })
  app.get('/raw', (request, reply) => {
    request.session.set('cart', 1)
    reply.raw.end('raw')
  })
  app.get('/read', (request, reply) => {
    reply.hijack()
    reply.raw.end(String(request.session.get('user') !== undefined))
  })
  app.get('/logout', (request, reply) => {
    request.session.delete()
    reply.hijack()
    reply.raw.end('out')
  })
  return {
    app,
    lines,
    login: async () => cookieOf((await app.inject({ method: 'POST', url: '/login' })).headers),
    me: async (cookie: string) => (await app.inject({ url: '/me', headers: { cookie } })).statusCode
  }
}
