import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import type { CsrfOptions } from '../src/index.ts'
import { cookieOf, guardedApp, secret } from './helpers.ts'

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
