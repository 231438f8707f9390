import { randomBytes } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { auth, type AuthOptions } from '../src/index.ts'
import { cheapHashes } from './cheap-hashes.ts'
import { cookieOf } from './helpers.ts'

async function build(t: Test, options: AuthOptions = {}) {
  const app: FastifyInstance = Fastify()
  t.teardown(() => app.close())
  app.addHook('onSend', async (_request, _reply, payload) => payload)
  await app.register(auth, { session: { key: randomBytes(32) }, ...options })
  app.post('/login', async (request) => {
    request.session.set('user', request.body ?? { sub: 'ada' })
    return 'in'
  })
  app.post('/logout', async (request) => {
    request.session.delete()
    return 'out'
  })
  app.get('/me', { onRequest: [app.authenticate] }, async (request) => ({
    user: request.user,
    id: app.auth.sessions.idOf(request)
  }))
  app.post('/write', { onRequest: [app.authenticate] }, async () => 'written')
  await app.ready()
  const login = async (user: object = { sub: 'ada' }, cookie = '') => {
    const headers = cookie ? { cookie } : {}
    return cookieOf((await app.inject({ method: 'POST', url: '/login', payload: user, headers })).headers)
  }
  const me = (cookie: string) => app.inject({ url: '/me', headers: { cookie } })
  return { app, login, me }
}

t.test('the cookie of a session is encrypted, secure and bound to the host', async (t) => {
  const { app, me } = await build(t)
  const answer = await app.inject({ method: 'POST', url: '/login', payload: { sub: 'ada', email: 'a@b.c' } })
  const line = String([answer.headers['set-cookie']].flat()[0])
  t.match(line, /^__Host-session=/)
  for (const part of [/; Path=\//, /; HttpOnly/, /; Secure/, /; SameSite=Lax/]) t.match(line, part)
  t.notMatch(decodeURIComponent(line), /ada|a@b\.c/)
  t.match((await me(cookieOf(answer.headers))).json(), { user: { sub: 'ada' } })
})

t.test('a cookie without "secure" warns, but in development', async (t) => {
  const { NODE_ENV } = process.env
  t.teardown(() => (NODE_ENV === undefined ? delete process.env.NODE_ENV : (process.env.NODE_ENV = NODE_ENV)))
  for (const environment of ['development', 'production']) {
    process.env.NODE_ENV = environment
    const lines: string[] = []
    const app = Fastify({
      logger: { level: 'warn', stream: { write: (line: string) => void lines.push(line) } }
    })
    t.teardown(() => app.close())
    await app.register(auth, { session: { key: randomBytes(32), cookie: { secure: false } } })
    t.equal(lines.join('').includes('session.cookie.secure'), environment === 'production', environment)
  }
})

t.test('no cookie, a foreign cookie and a changed one get 401', async (t) => {
  const { login, me } = await build(t)
  const { login: elsewhere } = await build(t)
  const cookie = await login()
  t.equal((await me('')).statusCode, 401)
  t.equal((await me(await elsewhere())).statusCode, 401)
  t.equal((await me(`${cookie.slice(0, -6)}AAAAAA`)).statusCode, 401)
  t.equal((await me('__Host-session=x;y')).statusCode, 401)
})

t.test('a logout ends the session on the server, so that the old cookie is invalid', async (t) => {
  const { app, login, me } = await build(t)
  const cookie = await login()
  t.equal((await me(cookie)).statusCode, 200)
  t.equal((await app.inject({ method: 'POST', url: '/logout', headers: { cookie } })).statusCode, 200)
  t.equal((await me(cookie)).statusCode, 401)
})

t.test('a login and a change of roles give a new id and invalidate the old cookie', async (t) => {
  const { login, me } = await build(t)
  const first = await login({ sub: 'ada', roles: ['user'] })
  const second = await login({ sub: 'ada', roles: ['admin'] }, first)
  const third = await login({ sub: 'bob' }, second)
  t.equal((await me(first)).statusCode, 401)
  t.equal((await me(second)).statusCode, 401)
  t.match((await me(third)).json(), { user: { sub: 'bob' } })
})

t.test('sessions can be listed and ended, one or all', async (t) => {
  const { app, login, me } = await build(t)
  const [one, two, other] = [await login(), await login(), await login({ sub: 'bob' })]
  t.equal((await app.auth.sessions.list('ada')).length, 2)
  const { id } = (await me(one)).json<{ id: string }>()
  await app.auth.revoke({ session: id })
  t.equal((await me(one)).statusCode, 401)
  t.equal((await me(two)).statusCode, 200)
  await app.auth.revoke({ user: 'ada' })
  t.equal((await me(two)).statusCode, 401)
  t.equal((await me(other)).statusCode, 200)
  t.equal((await app.auth.sessions.list('ada')).length, 0)
})

t.test('only writes that another site makes a browser send are rejected', async (t) => {
  const { app, login } = await build(t, { csrf: { trustedOrigins: ['https://app.example.com'] } })
  const cookie = await login()
  const write = async (headers: Record<string, string>) =>
    (
      await app.inject({
        method: 'POST',
        url: '/write',
        headers: { cookie, host: 'api.example.com', ...headers }
      })
    ).statusCode

  t.equal(await write({ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }), 403)
  t.equal(await write({ 'sec-fetch-site': 'same-site', origin: 'https://other.example.com' }), 403)
  t.equal(await write({ origin: 'https://evil.example' }), 403)
  t.equal(await write({ origin: 'null' }), 403)
  t.equal(await write({ 'sec-fetch-site': 'same-origin' }), 200)
  t.equal(await write({ 'sec-fetch-site': 'cross-site', origin: 'https://app.example.com' }), 200)
  t.equal(await write({}), 200, 'a program')
  const read = { cookie, 'sec-fetch-site': 'cross-site' }
  t.equal((await app.inject({ url: '/me', headers: read })).statusCode, 200, 'reading changes nothing')
})

t.test('a numeric id is a valid subject, and revokeAll rejects an absent one', async (t) => {
  const { app, login, me } = await build(t)
  const cookie = await login({ id: 42 })
  t.equal((await app.auth.sessions.list(42 as never)).length, 1)
  await app.auth.sessions.revokeAll(42 as never)
  t.equal((await me(cookie)).statusCode, 401)
  for (const absent of [undefined, null, '', {}])
    await t.rejects(app.auth.sessions.revokeAll(absent as never), {
      message: /"sessions" must be called with/
    })
})

t.test('with unknownOrigin token, a write without an origin needs the token', async (t) => {
  const { app, login } = await build(t, { csrf: { unknownOrigin: 'token' } })
  const cookie = await login().catch(() => '')
  // Also the login needs a token, so it is sent like a current browser sends it.
  t.equal(cookie, '')
  const headers = { 'sec-fetch-site': 'same-origin' }
  const session = cookieOf(
    (await app.inject({ method: 'POST', url: '/login', payload: { sub: 'ada' }, headers })).headers
  )
  const rejected = await app.inject({ method: 'POST', url: '/write', headers: { cookie: session } })
  t.equal(rejected.statusCode, 403)
  t.match(rejected.json(), { code: 'AUTH_CROSS_SITE' })
})

t.test('a secret and a salt make the same key each time', async (t) => {
  const session = { secret: randomBytes(32).toString('base64'), salt: randomBytes(8).toString('hex') }
  const [one, same, other] = [
    await build(t, { session }),
    await build(t, { session }),
    await build(t, { session: { ...session, salt: randomBytes(8).toString('hex') } })
  ]
  const value = (await one.login()).split('=')[1]!
  t.match((await same.app.decodeSecureSession(value))?.get('user'), { sub: 'ada' })
  t.equal(await other.app.decodeSecureSession(value), null)
})

t.test('passwords are verified, and repeated failures get 429', async (t) => {
  const { app } = await build(t)
  const hash = await app.auth.hashPassword('correct horse')
  t.equal(await app.auth.verifyPassword('correct horse', hash), true)
  t.equal(await app.auth.verifyPassword('wrong', hash), false)
  t.equal(await app.auth.verifyPassword('anything', undefined), false)
  t.notMatch(hash, /correct/)

  cheapHashes(t)
  const probe = Fastify()
  t.teardown(() => probe.close())
  await probe.register(auth, { session: { key: randomBytes(32) }, login: { delay: 60_000 } })
  const passwordHash = await probe.auth.hashPassword('correct horse')
  probe.post<{ Body: { account: string; password: string } }>('/login', async (request) => {
    const find = (account: string) => (account === 'ada' ? { passwordHash } : undefined)
    await probe.auth.verifyCredentials(request, { ...request.body, find })
    return 'in'
  })
  const attempt = (account: string, password: string) =>
    probe.inject({ method: 'POST', url: '/login', payload: { account, password } })
  t.equal((await attempt('ada', 'correct horse')).statusCode, 200)
  const wrongPassword = await attempt('ada', 'wrong')
  const unknownAccount = await attempt('unknown', 'wrong')
  t.equal(wrongPassword.statusCode, 401)
  t.strictSame(
    wrongPassword.json(),
    unknownAccount.json(),
    'the response does not show whether the account exists'
  )
  let status = 401
  for (let i = 0; i < 30 && status !== 429; i++) status = (await attempt('ada', 'wrong')).statusCode
  t.equal(status, 429)
  t.match((await attempt('ada', 'correct horse')).headers['retry-after'], /^\d+$/)
})

t.test('an API key is found by its id and verified by its hash', async (t) => {
  const kept = new Map<string, { hash: string; sub: string; roles?: string[]; expiresAt?: number }>()
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(auth, { apiKeys: { find: (id) => kept.get(id) } })
  app.get('/job', { config: { auth: { schemes: 'apiKey' } } }, async (request) => request.user)
  const { key, id, hash } = app.auth.apiKeys.create()
  kept.set(id, { hash, sub: 'robot' })
  t.match(key, /^sk/)
  t.notMatch(hash, key)
  const ask = (text: string) => app.inject({ url: '/job', headers: { 'x-api-key': text } })
  t.match((await ask(key)).json(), { sub: 'robot' })
  for (const bad of ['', 'x', `${key}x`, key.slice(0, -1), key.replace(id, 'unknown')]) {
    t.equal((await ask(bad)).statusCode, 401, bad)
  }
  kept.set(id, { hash, sub: 'robot', expiresAt: Date.now() - 1 })
  t.equal((await ask(key)).statusCode, 401)
})
