import { calculateJwkThumbprint, SignJWT } from 'jose'
import t from 'tap'
import type { AuthOptions } from '../src/index.ts'
import { baseUrl, keyPair, proofOf, withProof, type KeyPair } from './dpop-client.ts'
import { bearer, guardedApp, seconds, secret } from './helpers.ts'
import { active, idp, introspectingApp, respondWith, type Call } from './introspection-server.ts'

t.test('the app calls the endpoint by RFC 7662, and the result becomes the user', async (t) => {
  const made = await introspectingApp(t)
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
  ['expired', active({ exp: seconds() - 60 })],
  ['not yet valid', active({ nbf: seconds() + 60 })],
  ['issued in the future', active({ iat: seconds() + 60 })],
  ['a refresh token', active({ token_use: 'refresh_token' })],
  ['a refresh token by type', active({ typ: 'Refresh' })],
  ['bound to a key', active({ token_type: 'DPoP' })],
  ['an ID token', active({ nonce: 'n' })]
]
t.test('an invalid token gets 401 invalid_token, and no handler runs', async (t) => {
  const { state, call, runs } = await introspectingApp(t)
  for (const [name, answer] of rejections) {
    state.answer = respondWith(answer)
    const response = await call(`token-${name.replaceAll(/\W/g, '-')}`)
    t.equal(response.statusCode, 401, name)
    t.match(response.headers['www-authenticate'], /error="invalid_token"/, name)
  }
  t.equal(runs(), 0)
  t.equal(state.calls.length, rejections.length)
})

t.test('the nonce of a login does not matter in a result that states an access token', async (t) => {
  const { state, call } = await introspectingApp(t)
  state.answer = respondWith(active({ nonce: 'n', typ: 'Bearer' }))
  t.equal((await call('token-of-keycloak')).statusCode, 200)
})

t.test('a result that is bound to a key needs a proof of it', async (t) => {
  const { app, state, call } = await introspectingApp(t, { jwt: { dpop: { baseUrl } } })
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
  const { state, status } = await introspectingApp(t, { issuer: { requiredClaims: [] } })
  state.answer = respondWith({ active: true })
  t.equal(await status('a'), 200)
  state.answer = respondWith({ active: true, aud: 'other' })
  t.equal(await status('b'), 401, 'claims that are there are checked')
  const strict = await introspectingApp(t, { issuer: { requiredClaims: ['exp'] } })
  strict.state.answer = respondWith(active({ exp: undefined }))
  t.equal(await strict.status('c'), 401)
})

t.test('scopes and roles of opaque tokens grant access like those of JWTs', async (t) => {
  const made = await introspectingApp(t, {
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
  const { app, state, status } = await introspectingApp(t, { jwt: { secret } })
  const { accessToken } = await app.auth.issueTokens({ sub: 'u1' })
  t.equal(await status(accessToken), 200)
  for (const token of [`${accessToken}x`, `${accessToken}=`, 'a.b.c']) t.equal(await status(token), 401)
  t.equal(state.calls.length, 0)
  t.equal(await status('opaque'), 200)
  t.equal(state.calls.length, 1)
})

t.test('without JWTs every token is sent to the issuer, unless it is too long or malformed', async (t) => {
  const { state, status, runs } = await introspectingApp(t, { jwt: { maxLength: 512 } })
  const jwt = await new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(secret))
  t.equal(await status(jwt), 200)
  t.equal(state.calls.length, 1)
  for (const token of ['x'.repeat(513), 'a"b', 'ümlaut', 'a=b', 'a\\b']) t.equal(await status(token), 401)
  t.equal(state.calls.length, 1)
  t.equal(runs(), 1)
})

t.test('request.jwtVerify accepts opaque tokens', async (t) => {
  const made = await introspectingApp(t)
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
