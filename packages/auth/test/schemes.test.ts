import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import type { AuthOptions, SchemeExpression } from '../src/index.ts'
import { cookieOf, guardedApp, secret } from './helpers.ts'

const unsafe = ['POST', 'PUT', 'PATCH', 'DELETE'] as const

async function build(t: Test, more: AuthOptions = {}) {
  const kept = new Map<string, { hash: string; sub: string }>()
  const made = await guardedApp(t, {
    jwt: { secret },
    session: { key: randomBytes(32), cookie: { secure: false } },
    apiKeys: { find: (id) => kept.get(id) },
    ...more
  })
  const { app } = made
  app.get('/start', async (request) => {
    request.session.set('user', { sub: 'ada' })
    return app.auth.csrfToken(request)
  })
  const { key, id, hash } = app.auth.apiKeys.create()
  kept.set(id, { hash, sub: 'robot' })
  const { accessToken } = await app.auth.issueTokens({ sub: 'grace' })
  return { ...made, key, accessToken }
}

t.test('expressions of any and all accept exactly the right combinations of credentials', async (t) => {
  const { app, route, runs, key, accessToken } = await build(t)
  const expressions: Record<string, [SchemeExpression, (jwt: boolean, apiKey: boolean) => boolean]> = {
    '/jwt': ['jwt', (jwt) => jwt],
    '/list': [['jwt', 'apiKey'], (jwt, apiKey) => jwt || apiKey],
    '/any': [{ any: ['jwt', 'apiKey'] }, (jwt, apiKey) => jwt || apiKey],
    '/all': [{ all: ['jwt', 'apiKey'] }, (jwt, apiKey) => jwt && apiKey],
    '/nested': [{ any: [{ all: ['jwt', 'apiKey'] }, 'session'] }, (jwt, apiKey) => jwt && apiKey]
  }
  for (const [url, [schemes]] of Object.entries(expressions))
    route('DELETE', url, { config: { auth: { schemes } } })
  for (const [url, [, expected]] of Object.entries(expressions)) {
    for (const token of [accessToken, 'a.b.c', undefined]) {
      for (const apiKey of [key, 'x', undefined]) {
        const before = runs()
        const headers = {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(apiKey === undefined ? {} : { 'x-api-key': apiKey })
        }
        const good = expected(token === accessToken, apiKey === key)
        const { statusCode, headers: answered } = await app.inject({ method: 'DELETE', url, headers })
        const name = `${url} jwt ${token?.length ?? '-'} key ${apiKey?.length ?? '-'}`
        t.equal(statusCode, good ? 200 : 401, name)
        t.equal(runs() - before, good ? 1 : 0, name)
        if (!good) t.ok(answered['www-authenticate'], name)
      }
    }
  }
})

t.test('the origin decides about writes with a cookie, for every method and content type', async (t) => {
  const { app, route, runs, key, accessToken } = await build(t)
  for (const method of [...unsafe, 'GET'] as const) route(method, '/thing', { config: { auth: true } })
  const { headers } = await app.inject('/start')
  const cookie = cookieOf(headers)
  for (const method of [...unsafe, 'GET'] as const) {
    for (const type of ['application/json', 'text/plain']) {
      for (const [from, allowed] of [
        [{ 'sec-fetch-site': 'cross-site' }, false],
        [{ 'sec-fetch-site': 'same-site' }, false],
        [{ 'sec-fetch-site': 'none' }, true],
        [{ 'sec-fetch-site': 'same-origin' }, true],
        [{ 'sec-fetch-site': 'elsewhere' }, false],
        [{ origin: 'https://evil.example' }, false],
        [{ origin: 'http://localhost' }, true],
        [{ 'sec-fetch-site': 'cross-site', authorization: `Bearer ${accessToken}` }, true],
        [{ 'sec-fetch-site': 'cross-site', 'x-api-key': key }, true],
        [{ 'sec-fetch-site': 'cross-site', authorization: 'Basic eDp5' }, false]
      ] as [Record<string, string>, boolean][]) {
        const before = runs()
        const good = allowed || method === 'GET'
        const withBody = method !== 'GET' && method !== 'DELETE'
        const { statusCode } = await app.inject({
          method,
          url: '/thing',
          headers: {
            host: 'localhost',
            cookie,
            ...(withBody ? { 'content-type': type } : {}),
            ...from
          },
          ...(withBody ? { payload: '"x"' } : {})
        })
        const name = `${method} ${type} ${JSON.stringify(from).slice(0, 60)}`
        t.equal(statusCode, good ? 200 : 403, name)
        t.equal(runs() - before, good ? 1 : 0, name)
      }
    }
  }
})

t.test("with unknownOrigin token, a write without an origin needs its session's token", async (t) => {
  const { app, route, runs } = await build(t, { csrf: { unknownOrigin: 'token' } })
  route('POST', '/thing', { config: { auth: true } })
  const start = async () => {
    const { headers, body } = await app.inject('/start')
    return { cookie: cookieOf(headers), token: body }
  }
  const [first, second] = [await start(), await start()]
  const post = async (headers: Record<string, string>) =>
    (await app.inject({ method: 'POST', url: '/thing', headers })).statusCode
  t.equal(await post({ cookie: first.cookie, 'x-csrf-token': first.token }), 200)
  for (const token of [second.token, '', `${first.token}x`, first.token.slice(1)])
    t.equal(await post({ cookie: first.cookie, 'x-csrf-token': token }), 403)
  t.equal(await post({ cookie: first.cookie }), 403)
  t.equal(await post({ 'x-csrf-token': first.token }), 403, 'a token without its session')
  t.equal(runs(), 1)
})

t.test('the protection against cross-site writes covers a token in a cookie', async (t) => {
  const { app, route, runs } = await guardedApp(t, { jwt: { secret, cookie: 'token' } })
  const { accessToken } = await app.auth.issueTokens({ sub: 'ada' })
  route('POST', '/thing', { onRequest: app.authenticate })
  const post = async (headers: Record<string, string>) =>
    (await app.inject({ method: 'POST', url: '/thing', headers })).statusCode
  const cookie = `token=${accessToken}`
  t.equal(await post({ cookie, 'sec-fetch-site': 'same-origin' }), 200)
  t.equal(await post({ cookie, 'sec-fetch-site': 'cross-site' }), 403)
  t.equal(await post({ cookie, origin: 'https://evil.example' }), 403)
  t.equal(await post({ cookie: `${cookie}x`, 'sec-fetch-site': 'same-origin' }), 401)
  t.equal(runs(), 1)
})
