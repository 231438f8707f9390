import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import type { FastifyRequest } from 'fastify'
import type { ApiKeyRecord, CsrfOptions } from '../src/index.ts'
import { bearer, cookieOf, guardedApp, secret } from './helpers.ts'

type Headers = Record<string, string>
const writing = ['POST', 'PUT', 'PATCH', 'DELETE'] as const

async function build(t: Test, csrf: CsrfOptions = {}) {
  const made = await guardedApp(t, { session: { key: randomBytes(32) }, csrf })
  const { app } = made
  app.addContentTypeParser('text/plain', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  app.post('/login', async (request) => {
    request.session.set('user', request.body)
    return app.auth.csrfToken(request)
  })
  app.get('/token', async (request) => app.auth.csrfToken(request))
  made.route('GET', '/thing', { onRequest: app.authenticate })
  for (const method of writing) made.route(method, '/thing', { onRequest: app.authenticate })
  await app.ready()
  const send = async (
    method: 'GET' | (typeof writing)[number],
    url: string,
    headers: Headers,
    body?: string
  ) => {
    const sent = { host: 'api.example.com', ...headers }
    const answer = await app.inject({ method, url, headers: sent, ...(body ? { payload: body } : {}) })
    const cookie = cookieOf(answer.headers)
    return { status: answer.statusCode, cookie, text: answer.body }
  }
  const login = (sub: string, headers: Headers = { 'sec-fetch-site': 'same-origin' }) =>
    send('POST', '/login', { 'content-type': 'application/json', ...headers }, JSON.stringify({ sub }))
  return { ...made, send, login }
}

t.test('Sec-Fetch-Site decides about writes', async (t) => {
  const { send, login, runs } = await build(t)
  const { cookie } = await login('ada')
  const sites = { 'same-origin': 200, none: 200, 'same-site': 403, 'cross-site': 403, other: 403 }
  const origins = ['https://evil.example', 'null', 'https://api.example.com', undefined]
  let ran = 0
  for (const method of writing) {
    for (const [site, status] of Object.entries(sites)) {
      for (const origin of origins) {
        for (const type of ['text/plain', 'application/json']) {
          const headers = {
            cookie,
            'content-type': type,
            'sec-fetch-site': site,
            ...(origin ? { origin } : {})
          }
          const what = `${method} ${site} ${origin ?? 'no origin'} ${type}`
          t.equal((await send(method, '/thing', headers, '{}')).status, status, what)
          if (status === 200) ran++
        }
      }
    }
  }
  t.equal(runs(), ran, 'no handler ran for a rejected write')
})

t.test("without Sec-Fetch-Site the origin's host must be exactly this host", async (t) => {
  const { send, login } = await build(t)
  const { cookie } = await login('ada')
  const origins = {
    'https://api.example.com': 200,
    'https://api.example.com:8443': 403,
    'https://api.example.com.evil.example': 403,
    'https://api.example.com@evil.example': 403,
    'https://evil.example/api.example.com': 403,
    null: 403,
    nonsense: 403
  }
  for (const [origin, status] of Object.entries(origins))
    t.equal((await send('POST', '/thing', { cookie, origin })).status, status, origin)
})

t.test('Basic credentials and method overrides do not allow a cross-site write', async (t) => {
  const { send, login } = await build(t)
  const { cookie } = await login('ada')
  const from = { cookie, 'sec-fetch-site': 'cross-site' }
  t.equal((await send('POST', '/thing', { ...from, authorization: 'Basic YWRhOmFkYQ==' })).status, 403)
  t.equal((await send('POST', '/thing', { ...from, 'x-http-method-override': 'GET' })).status, 403)
})

t.test('a WebSocket handshake counts as a write', async (t) => {
  const { send, login } = await build(t)
  const { cookie } = await login('ada')
  const shake = (more: Headers) =>
    send('GET', '/thing', { cookie, upgrade: 'WebSocket', connection: 'Upgrade', ...more })
  t.equal((await shake({ origin: 'https://evil.example', 'sec-fetch-site': 'same-site' })).status, 403)
  t.equal((await shake({ origin: 'https://evil.example' })).status, 403)
  t.equal((await shake({ origin: 'https://api.example.com' })).status, 200)
  t.equal((await shake({})).status, 200, 'a program')
})

t.test('with unknownOrigin token, a write without an origin needs the token of its session', async (t) => {
  const { send, login } = await build(t, { unknownOrigin: 'token' })
  const ada = await login('ada')
  const bob = await login('bob')
  const write = async (cookie: string, token?: string) =>
    (await send('POST', '/thing', { cookie, ...(token === undefined ? {} : { 'x-csrf-token': token }) }))
      .status
  t.equal(await write(ada.cookie, ada.text), 200)
  t.equal(await write(ada.cookie, (await send('GET', '/token', { cookie: ada.cookie })).text), 200)
  t.equal(await write(ada.cookie), 403)
  for (const token of ['', 'x', bob.text, `${ada.text}x`]) t.equal(await write(ada.cookie, token), 403)
  t.equal(await write('', ada.text), 403)
})

t.test('the token of a planted session is invalid after a login with that session', async (t) => {
  const { send, login } = await build(t, { unknownOrigin: 'token' })
  const planted = await send('GET', '/token', {})
  const victim = await login('ada', { cookie: planted.cookie, 'x-csrf-token': planted.text })
  t.equal(victim.status, 200)
  const write = async (token: string) =>
    (await send('POST', '/thing', { cookie: victim.cookie, 'x-csrf-token': token })).status
  t.equal(await write(planted.text), 403)
  t.equal(await write(victim.text), 200)
})

t.test('csrfToken without sessions throws an error that names the option', async (t) => {
  const made = await guardedApp(t, { jwt: { secret, cookie: 'token' } })
  made.app.get('/token', async (request) => made.app.auth.csrfToken(request))
  t.match((await made.app.inject('/token')).body, /set the option \\"session\\"/)
})

t.test('credentials in a header allow a cross-site write only if they are valid', async (t) => {
  let find: () => ApiKeyRecord | null = () => null
  const made = await guardedApp(t, {
    jwt: { secret, cookie: 'token' },
    session: { key: randomBytes(32) },
    apiKeys: { find: () => find() }
  })
  const { app, route, runs } = made
  app.post('/login', async ({ session, body }) => {
    session.set('user', body)
    return 'in'
  })
  route('POST', '/any', { config: { auth: true } })
  route('POST', '/session', { config: { auth: { schemes: 'session' } } })
  route('POST', '/jwt', { config: { auth: { schemes: 'jwt' } } })
  route('POST', '/unguarded', {}, ({ session }: FastifyRequest) => session.get('user') ?? 'anonymous')
  await app.ready()
  const login = await app.inject({ method: 'POST', url: '/login', payload: { sub: 'ada' } })
  const { accessToken } = await app.auth.issueTokens({ sub: 'eve' })
  const victim = await app.auth.issueTokens({ sub: 'ada' })
  const { key, hash } = app.auth.apiKeys.create()
  const cookies = [cookieOf(login.headers), `token=${victim.accessToken}`]
  const send = (url: string, headers: Headers) =>
    app.inject({ method: 'POST', url, headers: { 'sec-fetch-site': 'cross-site', ...headers } })

  const nothing: Headers[] = [
    { authorization: 'Bearer x' },
    { authorization: `Bearer ${accessToken}x` },
    { authorization: 'Bearer ' },
    { authorization: 'bearer' },
    { authorization: 'Basic eDp5' },
    { 'x-api-key': 'x' },
    { 'x-api-key': key }
  ]
  for (const url of ['/any', '/session', '/jwt', '/unguarded']) {
    for (const cookie of cookies)
      for (const headers of nothing) {
        const { statusCode, body } = await send(url, { cookie, ...headers })
        t.equal(statusCode, 403, `${url} ${JSON.stringify(headers)}`)
        t.match(body, /AUTH_CROSS_SITE/)
      }
  }
  for (const headers of nothing) t.match((await send('/login', headers)).statusCode, /401|403/)
  t.equal(runs(), 0)

  find = () => ({ hash, sub: 'eve' })
  for (const headers of [bearer(accessToken), { 'x-api-key': key }]) {
    for (const cookie of cookies) {
      t.match((await send('/any', { cookie, ...headers })).statusCode, 200)
      t.equal((await send('/session', { cookie, ...headers })).statusCode, 401, 'the cookie is not read')
      t.equal((await send('/unguarded', { cookie, ...headers })).body, 'anonymous')
    }
  }
  const withKey = await send('/jwt', { cookie: cookies[1]!, 'x-api-key': key })
  t.equal(withKey.statusCode, 401, 'nor the cookie with a token')
})

t.test('a client on another site that sends no cookie sees why its token is not valid', async (t) => {
  const made = await guardedApp(t, { jwt: { secret }, session: { key: randomBytes(32) } })
  made.route('POST', '/', { config: { auth: true } })
  await made.app.ready()
  const token = made.app.jwt.sign({ sub: 'ada' }, { expiresIn: 1, clockTimestamp: 1000 } as never)
  const headers = { 'sec-fetch-site': 'cross-site', ...bearer(token) }
  const { statusCode, body } = await made.app.inject({ method: 'POST', url: '/', headers })
  t.equal(statusCode, 401)
  t.match(body, /AUTH_TOKEN_EXPIRED/)
})
