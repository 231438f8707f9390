import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { until } from '@seaworthy/testing'
import { install } from '@sinonjs/fake-timers'
import { calculateJwkThumbprint, SignJWT } from 'jose'
import t, { type Test } from 'tap'
import type { AuthOptions, IntrospectionOptions, IssuerOptions, JwtOptions } from '../src/index.ts'
import { baseUrl, keyPair, proofOf, withProof, type KeyPair } from './dpop-client.ts'
import { bearer, guardedApp, listen, secret } from './helpers.ts'

const idp = 'https://id.example.com'
const now = (): number => Math.floor(Date.now() / 1000)
const active = (more: object = {}): object => ({
  active: true,
  iss: idp,
  aud: 'api',
  sub: 'u1',
  iat: now() - 10,
  exp: now() + 600,
  ...more
})

interface Call {
  request: IncomingMessage
  body: URLSearchParams
}
type Answer = (response: ServerResponse, call: Call) => void
const respondWith =
  (answer: object, status = 200): Answer =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))

interface BuildOptions {
  introspection?: Partial<IntrospectionOptions>
  issuer?: Partial<IssuerOptions>
  jwt?: Partial<JwtOptions>
  more?: Partial<AuthOptions>
}

/** An issuer with an introspection endpoint, and an app that uses it. */
async function build(t: Test, { introspection, issuer, jwt, more }: BuildOptions = {}) {
  const state: { calls: Call[]; elsewhere: number; answer: Answer } = {
    calls: [],
    elsewhere: 0,
    answer: (response, call) => respondWith(active())(response, call)
  }
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    if (request.url === '/elsewhere') {
      state.elsewhere++
      return respondWith(active())(response, { request, body: new URLSearchParams() })
    }
    const call = { request, body: new URLSearchParams(text) }
    state.calls.push(call)
    state.answer(response, call)
  })
  const { url: issuerUrl, stop } = await listen(t, server)
  const endpoint = `${issuerUrl}/introspect`
  const made = await guardedApp(t, {
    jwt: {
      ...jwt,
      issuers: [
        {
          issuer: idp,
          audience: 'api',
          introspection: { endpoint, clientId: 'my api', clientSecret: 's:e/c', ...introspection },
          ...issuer
        }
      ]
    },
    ...more
  })
  made.route('DELETE', '/thing', { onRequest: made.app.authenticate })
  const call = (token: string, url = '/thing') =>
    made.app.inject({ method: 'DELETE', url, headers: bearer(token) })
  const status = async (token: string, url?: string) => (await call(token, url)).statusCode
  return { ...made, state, stop, call, status }
}

t.test('the app calls the endpoint by RFC 7662, and the result becomes the user', async (t) => {
  const made = await build(t)
  made.route('GET', '/me', { onRequest: made.app.authenticate }, ({ user, identity }) => ({ user, identity }))
  made.state.answer = respondWith(active({ scope: 'read write', roles: ['editor'] }))
  const response = await made.app.inject({ url: '/me', headers: bearer('opaque-1') })
  t.match(response.json(), {
    user: { sub: 'u1', iss: idp },
    identity: { scheme: 'jwt', subject: 'u1', roles: ['editor'], scopes: ['read', 'write'] }
  })
  t.notOk('active' in response.json<{ user: object }>().user)
  const [{ request, body }] = made.state.calls as [Call]
  t.equal(request.method, 'POST')
  t.match(request.headers['content-type'], /^application\/x-www-form-urlencoded/)
  t.same(Object.fromEntries(body), { token: 'opaque-1', token_type_hint: 'access_token' })
  const [id, password] = Buffer.from(request.headers.authorization!.slice(6), 'base64').toString().split(':')
  t.same([id, password], ['my+api', 's%3Ae%2Fc'], 'form-encoded, as OAuth requires for Basic')
})

const rejections: [string, object][] = [
  ['inactive', { active: false }],
  ['inactive, with claims', active({ active: false })],
  ['for another service', active({ aud: 'other' })],
  ['for several other services', active({ aud: ['other', 'api2'] })],
  ['without an audience', active({ aud: undefined })],
  ['from another issuer', active({ iss: 'https://evil.example.com' })],
  ['with a list of issuers', active({ iss: [idp] })],
  ['without a subject', active({ sub: undefined })],
  ['of a subject that is no text', active({ sub: { id: 1 } })],
  ['with an exp that is no date', active({ exp: '9999999999' })],
  ['with an exp of null', active({ exp: null })],
  ['expired', active({ exp: now() - 60 })],
  ['not yet valid', active({ nbf: now() + 60 })],
  ['issued in the future', active({ iat: now() + 60 })],
  ['a refresh token', active({ token_use: 'refresh_token' })],
  ['a refresh token by type', active({ typ: 'Refresh' })],
  ['bound to a key', active({ token_type: 'DPoP' })],
  ['an ID token', active({ nonce: 'n' })]
]
t.test('an invalid token gets 401 invalid_token, and no handler runs', async (t) => {
  const { state, call, runs } = await build(t)
  for (const [name, answer] of rejections) {
    state.answer = respondWith(answer)
    const response = await call(`token-${name.replaceAll(/\W/g, '-')}`)
    t.equal(response.statusCode, 401, name)
    t.match(response.headers['www-authenticate'], /error="invalid_token"/, name)
  }
  t.equal(runs(), 0)
  t.equal(state.calls.length, rejections.length)
})

t.test('a result that is bound to a key needs a proof of it', async (t) => {
  const { app, state, call } = await build(t, { jwt: { dpop: { baseUrl } } })
  const key = keyPair()
  const jkt = await calculateJwkThumbprint(key.publicKey.export({ format: 'jwk' }))
  state.answer = respondWith(active({ token_type: 'DPoP', cnf: { jkt } }))
  const statusWith = async (of: KeyPair) => {
    const dpop = proofOf(of, { method: 'DELETE', url: `${baseUrl}/thing`, token: 'opaque' })
    const headers = withProof('opaque', dpop)
    return (await app.inject({ method: 'DELETE', url: '/thing', headers })).statusCode
  }
  t.equal(await statusWith(key), 200)
  t.equal(await statusWith(keyPair()), 401)
  const stolen = await call('opaque')
  t.equal(stolen.statusCode, 401)
  t.match(stolen.json(), { code: 'AUTH_DPOP_REQUIRED' })
})

t.test('requiredClaims decides which claims a result must have', async (t) => {
  const { state, status } = await build(t, { issuer: { requiredClaims: [] } })
  state.answer = respondWith({ active: true })
  t.equal(await status('a'), 200)
  state.answer = respondWith({ active: true, aud: 'other' })
  t.equal(await status('b'), 401, 'claims that are there are checked')
  const strict = await build(t, { issuer: { requiredClaims: ['exp'] } })
  strict.state.answer = respondWith(active({ exp: undefined }))
  t.equal(await strict.status('c'), 401)
})

const bad: Record<string, Answer> = {
  'an error': respondWith(active(), 500),
  'a rejection of this service': respondWith({ error: 'invalid_client' }, 401),
  silence: () => undefined,
  'half an answer': (response) =>
    void response.writeHead(200, { 'content-type': 'application/json' }).write('{"active":true,'),
  '10 MB': (response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const block = Buffer.alloc(1024 * 1024, 32)
    for (let written = 0; written < 10; written++) response.write(block)
    response.end(JSON.stringify(active()))
  },
  'a redirect': (response) => void response.writeHead(307, { location: '/elsewhere' }).end(),
  'no JSON': (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('<html>'),
  'a list': respondWith([true]),
  'an "active" that is no boolean': respondWith(active({ active: 'true' })),
  'a closed connection': (response) => void response.destroy()
}
for (const [name, answer] of Object.entries(bad)) {
  t.test(`while the endpoint returns ${name}, cached tokens are valid and others get 503`, async (t) => {
    const { state, status, call, runs } = await build(t, { introspection: { timeout: 300 } })
    // On a busy machine the first calls may time out.
    await until('a result', async () => (await status('cached')) === 200)
    const good = state.answer
    state.answer = answer
    state.calls.length = 0
    const rejected = await call('uncached')
    t.match(rejected, { statusCode: 503, headers: { 'retry-after': /^\d+$/ } })
    t.match(rejected.json(), { code: 'AUTH_INTROSPECTION_UNAVAILABLE' })
    t.notOk(rejected.headers['www-authenticate'])
    t.equal(runs(), 1)
    t.equal(await status('cached'), 200)
    t.equal(state.elsewhere, 0, 'no redirect is followed')
    t.equal(state.calls.length, 1, 'one call for the uncached token')
    state.answer = good
    await until('the end of the outage, which is not cached', async () => (await status('uncached')) === 200)
  })
}

t.test('without a connection to the issuer a request gets 503, and revoke rejects', async (t) => {
  const { app, stop, call, runs } = await build(t)
  stop()
  t.match(await call('a'), { statusCode: 503, headers: { 'retry-after': /^\d+$/ } })
  await t.rejects(app.auth.revoke({ token: 'a' }), { code: 'AUTH_INTROSPECTION_UNAVAILABLE' })
  t.equal(runs(), 0)
})

t.test('a hundred requests with one token make one call and share no changes of a handler', async (t) => {
  const made = await build(t)
  made.route(
    'DELETE',
    '/mine',
    { onRequest: made.app.authenticate },
    ({ user }: { user: { n?: number } }) => {
      user.n = (user.n ?? 0) + 1
      return { n: user.n }
    }
  )
  const all = await Promise.all(Array.from({ length: 100 }, () => made.call('same', '/mine')))
  all.push(await made.call('same', '/mine'))
  t.ok(all.every((response) => response.statusCode === 200 && response.json<{ n: number }>().n === 1))
  t.equal(made.state.calls.length, 1)
  t.equal(made.runs(), 101)
})

t.test('while the issuer hangs, calls are limited', async (t) => {
  const { state, status } = await build(t, { introspection: { timeout: 1000 } })
  state.answer = bad.silence!
  const codes = await Promise.all(Array.from({ length: 400 }, (_, index) => status(`invented-${index}`)))
  t.ok(codes.every((code) => code === 503))
  t.ok(state.calls.length <= 256, `${state.calls.length} calls`)
})

t.test('results are cached for cacheFor, rejections for less, and neither beyond exp', async (t) => {
  const { app, state, status } = await build(t, { jwt: { clockTolerance: 0 } })
  await app.ready()
  const clock = install({ now: Date.now(), toFake: ['Date'] })
  t.teardown(() => clock.uninstall())
  const expectCalls = async (token: string, code: number, calls: number): Promise<void> => {
    state.calls.length = 0
    t.equal(await status(token), code)
    t.equal(state.calls.length, calls)
  }
  await expectCalls('long', 200, 1)
  clock.tick(59_000)
  await expectCalls('long', 200, 0)
  clock.tick(1500)
  await expectCalls('long', 200, 1)

  state.answer = respondWith({ active: false })
  await expectCalls('bad', 401, 1)
  await expectCalls('bad', 401, 0)
  await expectCalls('long', 200, 0)
  clock.tick(5000)
  await expectCalls('bad', 401, 1)

  state.answer = respondWith(active({ exp: now() + 10 }))
  await expectCalls('short', 200, 1)
  clock.tick(9000)
  await expectCalls('short', 200, 0)
  clock.tick(2000)
  await expectCalls('short', 401, 1)
})

t.test('with cacheFor 0 or cache 0 each request makes a call', async (t) => {
  for (const options of [{ introspection: { cacheFor: 0 } }, { jwt: { cache: 0 } }]) {
    const { state, status } = await build(t, options)
    for (let round = 0; round < 3; round++) t.equal(await status('a'), 200)
    t.equal(state.calls.length, 3)
  }
})

t.test('the cache is bounded, and rejected tokens do not displace valid ones', async (t) => {
  const { state, status } = await build(t, { jwt: { cache: 2 } })
  const good = state.answer
  t.equal(await status('good'), 200)
  state.answer = respondWith({ active: false })
  for (const token of ['x1', 'x2', 'x3', 'x4']) t.equal(await status(token), 401)
  state.calls.length = 0
  t.equal(await status('good'), 200)
  t.equal(state.calls.length, 0)
  state.answer = good
  for (const token of ['g2', 'g3', 'good']) t.equal(await status(token), 200)
  t.equal(state.calls.length, 3, 'the oldest entry made room')
})

t.test('a revoked token or user is rejected while the result is still cached', async (t) => {
  const { app, state, call, status, runs } = await build(t)
  state.answer = (response, made) =>
    respondWith(active({ jti: made.body.get('token'), sub: `user-${made.body.get('token')}` }))(
      response,
      made
    )
  for (const token of ['t1', 't2', 't3', 't4']) t.equal(await status(token), 200)
  await app.auth.revoke({ jti: 't1' })
  await app.auth.revoke({ user: 'user-t2' })
  await app.auth.revoke({ token: 't3' })
  for (const token of ['t1', 't2', 't3']) {
    const response = await call(token)
    t.equal(response.statusCode, 401, token)
    t.match(response.json(), { code: 'AUTH_TOKEN_REVOKED' })
  }
  t.equal(await status('t4'), 200)
  t.equal(state.calls.length, 4, 'from the cache')
  t.equal(runs(), 5)
})

t.test('scopes and roles of opaque tokens grant access like those of JWTs', async (t) => {
  const made = await build(t, {
    issuer: { rolesClaim: 'realm.roles' },
    more: { roles: { admin: ['editor'], editor: [] } }
  })
  made.route('DELETE', '/edit', { onRequest: made.app.authorize('editor') })
  made.route('DELETE', '/write', { config: { auth: { scopes: 'write' } } })
  made.state.answer = (response, call) =>
    respondWith(
      call.body.get('token') === 'boss'
        ? active({ scope: 'read write', realm: { roles: ['admin'] } })
        : active({ scope: 'read', roles: ['admin'], realm: { roles: [] } })
    )(response, call)
  for (const url of ['/edit', '/write']) {
    t.equal(await made.status('boss', url), 200, url)
    const rejected = await made.call('guest', url)
    t.equal(rejected.statusCode, 403, url)
  }
  t.match((await made.call('guest', '/write')).headers['www-authenticate'], /insufficient_scope/)
  t.equal(made.runs(), 2)
})

t.test('if JWTs are accepted too, no token that looks like one is sent to the issuer', async (t) => {
  const { app, state, status } = await build(t, { jwt: { secret } })
  const { accessToken } = await app.auth.issueTokens({ sub: 'u1' })
  t.equal(await status(accessToken), 200)
  for (const token of [`${accessToken}x`, `${accessToken}=`, 'a.b.c']) t.equal(await status(token), 401)
  t.equal(state.calls.length, 0)
  t.equal(await status('opaque'), 200)
  t.equal(state.calls.length, 1)
})

t.test('without JWTs every token is sent to the issuer, unless it is too long or malformed', async (t) => {
  const { state, status, runs } = await build(t, { jwt: { maxLength: 512 } })
  const jwt = await new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(secret))
  t.equal(await status(jwt), 200)
  t.equal(state.calls.length, 1)
  for (const token of ['x'.repeat(513), 'a"b', 'ümlaut', 'a=b', 'a\\b']) t.equal(await status(token), 401)
  t.equal(state.calls.length, 1)
  t.equal(runs(), 1)
})

t.test('request.jwtVerify accepts opaque tokens', async (t) => {
  const made = await build(t)
  made.route('DELETE', '/verify', {
    onRequest: (request: { jwtVerify: () => Promise<unknown> }) => request.jwtVerify()
  })
  t.equal(await made.status('a', '/verify'), 200)
  made.state.answer = respondWith({}, 500)
  t.match((await made.call('b', '/verify')).json(), { code: 'AUTH_INTROSPECTION_UNAVAILABLE' })
})

t.test('a wrong option stops the start with an error that does not show the secret', async (t) => {
  const endpoint = 'https://id.example.com/introspect'
  const precious = 'precious'
  const good = { endpoint, clientId: 'api', clientSecret: precious }
  const wrong: [object, RegExp][] = [
    [
      { introspection: { ...good, endpoint: 'http://id.example.com' } },
      /introspection.endpoint" must be an https/
    ],
    [{ introspection: { ...good, endpoint: 'https://a:precious@id.example.com' } }, /without credentials/],
    [{ introspection: { ...good, clientId: '' } }, /introspection.clientId" must be/],
    [{ introspection: { ...good, clientSecret: '' } }, /introspection.clientSecret" must be/],
    [{ introspection: { ...good, cacheFor: -1 } }, /introspection.cacheFor" must be/],
    [{ introspection: { ...good, timeout: 0 } }, /introspection.timeout" must be/],
    [{ introspection: { ...good, cachefor: 1 } }, /did you mean "cacheFor"/],
    [{ introspection: 'yes' }, /introspection" must be an object/],
    [{ introspection: good, algorithms: ['RS256'] }, /algorithms" must be left out beside "introspection"/],
    [{ introspection: good, jwksUrl: endpoint }, /exactly one of/],
    [{ introspection: good, audience: undefined }, /audience" must be set/]
  ]
  const issuers = (...more: object[]) => ({
    jwt: { issuers: more.map((entry, index) => ({ issuer: `${idp}/${index}`, audience: 'api', ...entry })) }
  })
  for (const [entry, message] of wrong) {
    const error = await guardedApp(t, issuers(entry) as AuthOptions).catch((error: unknown) => error)
    t.match(error, { name: 'RangeError', message })
    t.notMatch((error as Error).message, precious)
  }
  const two = issuers({ introspection: good }, { introspection: good }) as AuthOptions
  await t.rejects(guardedApp(t, two), { message: /at most one with "introspection"/ })
})
