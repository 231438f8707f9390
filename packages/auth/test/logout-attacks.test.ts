import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import Fastify, { type FastifyInstance } from 'fastify'
import fc from 'fast-check'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey, type JWTPayload } from 'jose'
import t, { type Test } from 'tap'
import { auth, type AuthOptions, type LogoutOptions } from '../src/index.ts'
import { logoutFault } from '../src/logout/logout-claims.ts'
import { listen, secret } from './helpers.ts'
import { clock } from './published-keys.ts'

const event = 'http://schemas.openid.net/event/backchannel-logout'
const seconds = (): number => Math.floor(Date.now() / 1000)

interface TokenOptions {
  header?: object
  claims?: object
  key?: CryptoKey | Uint8Array
}

/** A provider that publishes its metadata and keys, and an app that has the logins of `ada` and `bob`. */
async function build(t: Test, logout: LogoutOptions = {}, more: AuthOptions = {}) {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const published = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', use: 'sig' }] }
  const state = { up: true, fetches: 0 }
  const server = createServer(({ url }, response) => {
    state.fetches++
    if (!state.up) {
      response.writeHead(500).end()
      return
    }
    const body =
      url === '/keys'
        ? published
        : {
            issuer,
            jwks_uri: `${issuer}/keys`,
            authorization_endpoint: `${issuer}/auth`,
            token_endpoint: `${issuer}/token`
          }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  const { url: issuer } = await listen(t, server)
  const app: FastifyInstance = Fastify()
  t.teardown(() => app.close())
  await app.register(auth, {
    jwt: { secret, issuers: [{ issuer, audience: 'api', algorithms: ['ES256'], jwksUrl: `${issuer}/keys` }] },
    oauth2: {
      company: {
        issuer,
        clientId: 'app',
        clientSecret: 'secret',
        callbackUrl: 'https://shop.example.com/callback',
        onLogin: () => undefined,
        logout: { backchannelPath: '/backchannel', ...logout }
      }
    },
    ...more
  })
  app.get('/me', { config: { auth: true } }, async () => 'me')
  await app.ready()

  const sign = (claims: JWTPayload, header: object, key: CryptoKey | Uint8Array = privateKey) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k1', ...header }).sign(key)
  const logoutToken = ({ header, claims, key }: TokenOptions = {}) =>
    sign(
      {
        iss: issuer,
        aud: 'app',
        iat: seconds(),
        exp: seconds() + 120,
        jti: randomUUID(),
        events: { [event]: {} },
        sub: 'ada',
        ...claims
      },
      { typ: 'logout+jwt', ...header },
      key
    )
  const send = (body: string, type = 'application/x-www-form-urlencoded') =>
    app.inject({ method: 'POST', url: '/backchannel', payload: body, headers: { 'content-type': type } })
  const post = (token: string) => send(new URLSearchParams({ logout_token: token }).toString())
  /** The provider's own access token, which the app accepts. */
  const access = await sign(
    { iss: issuer, aud: 'api', sub: 'ada', sid: 's1', iat: seconds() - 10, exp: seconds() + 300 },
    {}
  )
  const isLoggedIn = async () =>
    (await app.inject({ url: '/me', headers: { authorization: `Bearer ${access}` } })).statusCode === 200
  return { app, issuer, state, published, sign, logoutToken, send, post, isLoggedIn }
}

t.test('a logout token by subject or session ends the provider’s own tokens', async (t) => {
  for (const claims of [{}, { sub: undefined, sid: 's1' }, { sid: 's1' }, { aud: ['other', 'app'] }]) {
    const { post, logoutToken, isLoggedIn } = await build(t)
    t.ok(await isLoggedIn())
    const response = await post(await logoutToken({ claims }))
    t.match(response, { statusCode: 200, body: '', headers: { 'cache-control': 'no-store' } })
    t.notOk(await isLoggedIn())
  }
  const { post, logoutToken, isLoggedIn } = await build(t)
  for (const claims of [{ sub: 'bob' }, { sub: undefined, sid: 's2' }])
    t.equal((await post(await logoutToken({ claims }))).statusCode, 200)
  t.ok(await isLoggedIn(), 'another user and another session')
})

t.test('a logout token of a new key with the id of an old one is valid after one more fetch', async (t) => {
  const advance = clock(t)
  const { published, post, logoutToken, state } = await build(t)
  t.equal((await post(await logoutToken())).statusCode, 200)
  const { privateKey: key, publicKey } = await generateKeyPair('ES256')
  t.equal((await post(await logoutToken({ key }))).statusCode, 400)
  published.keys = [{ ...(await exportJWK(publicKey)), kid: 'k1', use: 'sig' }]
  advance(30_000)
  t.equal((await post(await logoutToken({ key }))).statusCode, 200)
  const { fetches } = state
  t.equal((await post(await logoutToken())).statusCode, 400, 'the old key does not verify')
  t.equal(state.fetches, fetches)
})

t.test('a token that is no valid logout token gets 400 and ends nothing', async (t) => {
  const { issuer, post, send, sign, logoutToken, isLoggedIn } = await build(t)
  const theirs = (await generateKeyPair('ES256')).privateKey
  const hmac = new TextEncoder().encode(secret)
  const good = { iss: issuer, aud: 'app', iat: seconds(), jti: 'x', events: { [event]: {} }, sub: 'ada' }
  const [head = '', body = '', signature = ''] = (await logoutToken()).split('.')
  const tokens: [string, string | Promise<string>][] = [
    ['nothing', ''],
    ['no token', 'x.y.z'],
    ['no signature', `${head}.${body}.`],
    ['a cut signature', `${head}.${body}.${signature.slice(2)}`],
    ['padding', `${head}.${body}.${signature}=`],
    ['none', new UnsecuredJWT(good).encode()],
    ['an ID token', sign({ ...good, nonce: 'n', events: undefined, exp: seconds() + 60 }, { typ: 'JWT' })],
    ['an access token', sign({ ...good, events: undefined }, { typ: 'at+jwt' })],
    ['another key', logoutToken({ key: theirs })],
    ['HS256 with the secret of the app', logoutToken({ key: hmac, header: { alg: 'HS256' } })],
    ['an unknown key', logoutToken({ header: { kid: 'k2' } })],
    ['typ JWT', logoutToken({ header: { typ: 'JWT' } })],
    ['no typ', logoutToken({ header: { typ: undefined } })],
    ['typ of another kind', logoutToken({ header: { typ: 'dpop+jwt' } })],
    ['another issuer', logoutToken({ claims: { iss: 'https://evil.example' } })],
    ['no issuer', logoutToken({ claims: { iss: undefined } })],
    ['another audience', logoutToken({ claims: { aud: 'api' } })],
    ['no audience', logoutToken({ claims: { aud: undefined } })],
    ['an empty audience', logoutToken({ claims: { aud: [] } })],
    ['old', logoutToken({ claims: { iat: seconds() - 400 } })],
    ['from the future', logoutToken({ claims: { iat: seconds() + 400 } })],
    ['no iat', logoutToken({ claims: { iat: undefined } })],
    ['expired', logoutToken({ claims: { exp: seconds() - 100 } })],
    ['no jti', logoutToken({ claims: { jti: undefined } })],
    ['no events', logoutToken({ claims: { events: undefined } })],
    ['events as a list', logoutToken({ claims: { events: [event] } })],
    ['events as text', logoutToken({ claims: { events: event } })],
    ['another event', logoutToken({ claims: { events: { 'https://example.com': {} } } })],
    ['an event that is no object', logoutToken({ claims: { events: { [event]: true } } })],
    ['a nonce', logoutToken({ claims: { nonce: 'n' } })],
    ['neither sub nor sid', logoutToken({ claims: { sub: undefined } })],
    ['an empty sub', logoutToken({ claims: { sub: '' } })],
    ['a sid that is no text', logoutToken({ claims: { sid: ['s1'] as never } })],
    ['a long token', logoutToken({ claims: { x: 'x'.repeat(9000) } })]
  ]
  for (const [what, token] of tokens) {
    const response = await post(await token)
    t.equal(response.statusCode, 400, what)
    t.equal(response.headers['cache-control'], 'no-store', what)
  }
  const token = await logoutToken()
  for (const [text, type] of [
    ['', undefined],
    [`logout_token=${token}&logout_token=${token}`, undefined],
    [`token=${token}`, undefined],
    [JSON.stringify({ logout_token: token }), 'application/json'],
    [`logout_token=${token}`, 'text/plain']
  ] as const) {
    const response = await send(text, type)
    t.match(response, { statusCode: 400, headers: { 'cache-control': 'no-store' } }, text.slice(0, 20))
  }
  t.ok(await isLoggedIn())
  t.equal((await post(token)).statusCode, 200, 'the right one is still valid')
})

t.test('a logout token is valid once: a later login stays', async (t) => {
  const { post, logoutToken } = await build(t)
  const token = await logoutToken()
  t.equal((await post(token)).statusCode, 200)
  const again = await post(token)
  t.match(again.json(), { statusCode: 400, code: 'AUTH_LOGOUT_TOKEN_INVALID' })
  const contested = await logoutToken()
  const answers = await Promise.all(Array.from({ length: 10 }, () => post(contested)))
  t.equal(answers.filter(({ statusCode }) => statusCode === 200).length, 1)
})

t.test('a provider without logout+jwt needs the option tokenType', async (t) => {
  const { post, logoutToken } = await build(t, { tokenType: 'JWT' })
  for (const [typ, status] of [
    ['JWT', 200],
    [undefined, 200],
    ['logout+jwt', 200],
    ['at+jwt', 400]
  ] as const)
    t.equal((await post(await logoutToken({ header: { typ } }))).statusCode, status, `typ ${typ}`)
})

t.test('while the provider does not answer a logout gets 400, and can be sent again', async (t) => {
  const { post, logoutToken, state, isLoggedIn } = await build(t)
  const token = await logoutToken()
  t.ok(await isLoggedIn())
  state.up = false
  const response = await post(token)
  t.match(response, { statusCode: 400, headers: { 'cache-control': 'no-store' } })
  t.match(response.json(), { code: 'AUTH_LOGOUT_FAILED' })
  state.up = true
  t.equal((await post(token)).statusCode, 200)
  t.notOk(await isLoggedIn())
})

t.test('invented tokens cause no fetches', async (t) => {
  const { post, logoutToken, state } = await build(t)
  t.equal((await post(await logoutToken())).statusCode, 200)
  const before = state.fetches
  for (let index = 0; index < 20; index++)
    await post(await logoutToken({ claims: { aud: `other ${index}` } }))
  t.equal(state.fetches, before)
  for (let index = 0; index < 20; index++) await post(await logoutToken({ header: { kid: `k${index + 2}` } }))
  t.ok(state.fetches <= before + 1, 'one for keys that are not known')
})

t.test('the protection against cross-site writes does not stop the provider', async (t) => {
  const key = Buffer.from(Array.from({ length: 32 }, (_, index) => (index * 37) % 251))
  const { post, logoutToken } = await build(t, {}, { session: { key }, csrf: { unknownOrigin: 'token' } })
  t.equal((await post(await logoutToken())).statusCode, 200)
})

t.test('an app that reads forms in its own way keeps doing so', async (t) => {
  const { app, post, logoutToken } = await build(t)
  t.equal((await post(await logoutToken())).statusCode, 200)
  const answer = await app.inject({
    method: 'POST',
    url: '/me',
    payload: 'a=b',
    headers: { 'content-type': 'application/x-www-form-urlencoded' }
  })
  t.equal(answer.statusCode, 404)
})

t.test('no other content is a logout', (t) => {
  const audience = { issuer: 'https://id.example.com', clientId: 'app', tokenType: 'logout+jwt' as const }
  const header = { typ: 'logout+jwt', alg: 'ES256' }
  const claims = {
    iss: audience.issuer,
    aud: 'app',
    iat: seconds(),
    jti: 'x',
    events: { [event]: {} },
    sid: 's1'
  }
  t.equal(logoutFault(header, claims, audience), undefined)
  const anyObject = fc.dictionary(fc.string(), fc.jsonValue())
  fc.assert(
    fc.property(anyObject, anyObject, (one, other) => logoutFault(one, other, audience) !== undefined)
  )
  const name = fc.constantFrom('iss', 'aud', 'iat', 'jti', 'events', 'sid')
  fc.assert(
    fc.property(name, fc.jsonValue(), (member, value) => {
      const isText = (member === 'jti' || member === 'sid') && typeof value === 'string' && value !== ''
      return isText || logoutFault(header, { ...claims, [member]: value }, audience) !== undefined
    })
  )
  fc.assert(
    fc.property(fc.jsonValue(), (nonce) => logoutFault(header, { ...claims, nonce }, audience) !== undefined)
  )
  t.end()
})
