import { randomBytes } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { auth, type AuthOptions } from '../src/index.ts'

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
  const cookieOf = ({ headers }: { headers: { 'set-cookie'?: string | string[] | undefined } }): string =>
    [headers['set-cookie'] ?? ''].flat()[0]!.split(';')[0]!
  const login = async (user: object = { sub: 'ada' }, cookie = '') =>
    cookieOf(
      await app.inject({ method: 'POST', url: '/login', payload: user, headers: cookie ? { cookie } : {} })
    )
  const me = (cookie: string) => app.inject({ url: '/me', headers: { cookie } })
  return { app, login, me, cookieOf }
}

t.test('a session logs in, and its cookie is sealed, secure and bound to the host', async (t) => {
  const { app, me, cookieOf } = await build(t)
  const answer = await app.inject({ method: 'POST', url: '/login', payload: { sub: 'ada', email: 'a@b.c' } })
  const line = String([answer.headers['set-cookie']].flat()[0])
  t.match(line, /^__Host-session=/)
  for (const part of [/; Path=\//, /; HttpOnly/, /; Secure/, /; SameSite=Lax/]) t.match(line, part)
  t.notMatch(decodeURIComponent(line), /ada|a@b\.c/)
  t.match((await me(cookieOf(answer))).json(), { user: { sub: 'ada' } })
})

t.test('no cookie, a foreign and a changed one are 401', async (t) => {
  const { login, me } = await build(t)
  const { login: elsewhere } = await build(t)
  const cookie = await login()
  t.equal((await me('')).statusCode, 401)
  t.equal((await me(await elsewhere())).statusCode, 401)
  t.equal((await me(`${cookie.slice(0, -6)}AAAAAA`)).statusCode, 401)
  t.equal((await me('__Host-session=x;y')).statusCode, 401)
})

t.test('logging out ends the session on the server: the old cookie is worth nothing', async (t) => {
  const { app, login, me } = await build(t)
  const cookie = await login()
  t.equal((await me(cookie)).statusCode, 200)
  t.equal((await app.inject({ method: 'POST', url: '/logout', headers: { cookie } })).statusCode, 200)
  t.equal((await me(cookie)).statusCode, 401)
})

t.test('a login and a rise in roles give a new id, and the old cookie ends', async (t) => {
  const { login, me } = await build(t)
  const first = await login({ sub: 'ada', roles: ['user'] })
  const second = await login({ sub: 'ada', roles: ['admin'] }, first)
  const third = await login({ sub: 'bob' }, second)
  t.equal((await me(first)).statusCode, 401)
  t.equal((await me(second)).statusCode, 401)
  t.match((await me(third)).json(), { user: { sub: 'bob' } })
})

t.test('sessions are listed and ended, one or all', async (t) => {
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

t.test('a write that another site makes a browser send is refused, everything else is not', async (t) => {
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
  t.equal(await write({}), 200, 'a program, not a browser')
  const read = { cookie, 'sec-fetch-site': 'cross-site' }
  t.equal((await app.inject({ url: '/me', headers: read })).statusCode, 200, 'reading changes nothing')
})

t.test('a user whose id is a number has sessions too, and nobody has none to end', async (t) => {
  const { app, login, me } = await build(t)
  const cookie = await login({ id: 42 })
  t.equal((await app.auth.sessions.list(42 as never)).length, 1)
  await app.auth.sessions.revokeAll(42 as never)
  t.equal((await me(cookie)).statusCode, 401)
  for (const nobody of [undefined, null, '', {}])
    await t.rejects(app.auth.sessions.revokeAll(nobody as never), { message: /"sessions" must be given/ })
})

t.test('old browsers prove themselves by a token', async (t) => {
  const { app, login, cookieOf } = await build(t, { csrf: { unknownOrigin: 'token' } })
  app.auth satisfies object
  const cookie = await login().catch(() => '')
  // Even the login needs one, so the first request that writes is made as a browser of today.
  t.equal(cookie, '')
  const headers = { 'sec-fetch-site': 'same-origin' }
  const session = cookieOf(
    await app.inject({ method: 'POST', url: '/login', payload: { sub: 'ada' }, headers })
  )
  const refused = await app.inject({ method: 'POST', url: '/write', headers: { cookie: session } })
  t.equal(refused.statusCode, 403)
  t.match(refused.json(), { code: 'AUTH_CROSS_SITE' })
})

t.test('the way that a passphrase and salt take still works, and says what it costs', async (t) => {
  const lines: string[] = []
  const app = Fastify({ logger: { stream: { write: (line: string) => void lines.push(line) } } })
  t.teardown(() => app.close())
  const secret = randomBytes(32).toString('base64')
  await app.register(auth, { session: { secret, salt: randomBytes(8).toString('hex') } })
  await app.ready()
  t.match(lines.join(''), /session\.key/)
  t.notMatch(lines.join(''), secret)
})

t.test('passwords are hashed slowly, unknown users cost the same, and guesses are slowed', async (t) => {
  const { app } = await build(t)
  const hash = await app.auth.hashPassword('correct horse')
  t.equal(await app.auth.verifyPassword('correct horse', hash), true)
  t.equal(await app.auth.verifyPassword('wrong', hash), false)
  t.equal(await app.auth.verifyPassword('anything', undefined), false)
  t.notMatch(hash, /correct/)

  const probe = Fastify()
  t.teardown(() => probe.close())
  await probe.register(auth, { session: { key: randomBytes(32) } })
  probe.post<{ Body: { account: string; password: string } }>('/login', async (request) => {
    const find = (account: string) => (account === 'ada' ? { passwordHash: hash } : undefined)
    await probe.auth.verifyCredentials(request, { ...request.body, find })
    return 'in'
  })
  const attempt = (account: string, password: string) =>
    probe.inject({ method: 'POST', url: '/login', payload: { account, password } })
  t.equal((await attempt('ada', 'correct horse')).statusCode, 200)
  const known = await attempt('ada', 'wrong')
  const unknown = await attempt('nobody', 'wrong')
  t.equal(known.statusCode, 401)
  t.strictSame(known.json(), unknown.json(), 'nothing tells whether the account exists')
  let status = 401
  for (let i = 0; i < 30 && status !== 429; i++) status = (await attempt('ada', 'wrong')).statusCode
  t.equal(status, 429)
  t.match((await attempt('ada', 'correct horse')).headers['retry-after'], /^\d+$/)
})

t.test('API keys are made once, kept as hashes, and found by their id', async (t) => {
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
