import { generateKeyPairSync, randomBytes, sign as signBytes } from 'node:crypto'
import { createServer } from 'node:http'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { auth, type ProviderIdentity } from '../src/index.ts'
import { captureLog, cookieOf, encode, listen } from './helpers.ts'

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })
const weak = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 })

/** The provider's response to the code of a login. By default it is valid. */
interface TokenResponse {
  claims?: Record<string, unknown>
  alg?: string
  key?: typeof stranger
  status?: number
  body?: string
  jwks?: number
  moreKeys?: readonly object[]
  /** The path whose response is longer than any real one. */
  long?: string
  /** The path whose response begins and never ends. */
  endless?: string
}

/** A provider that responds with `state.answer`, and an app that logs in there. */
async function build(t: Test, first: TokenResponse = {}, timeout?: number) {
  const state: { nonce: string; answer: TokenResponse } = { nonce: '', answer: first }
  const hidden = randomBytes(16).toString('hex')
  const server = createServer(({ url }, response) => {
    const {
      claims,
      alg = 'RS256',
      key = pair,
      status = 200,
      body,
      jwks = 200,
      long,
      endless,
      moreKeys
    } = state.answer
    response.setHeader('content-type', 'application/json')
    const send = (value: object): void => void response.end(JSON.stringify(value))
    if (url === long) return void response.end(`{"x":"${'x'.repeat(url === '/keys' ? 5_000_000 : 300_000)}"}`)
    if (url === endless) return void response.write('{"x":"')
    if (url === '/keys') {
      response.statusCode = jwks
      return send({
        keys: [
          { ...pair.publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' },
          ...(moreKeys ?? []),
          { ...weak.publicKey.export({ format: 'jwk' }), kid: 'weak', alg: 'RS256', use: 'sig' }
        ]
      })
    }
    if (url === '/userinfo') return send({ sub: 'ada' })
    if (url !== '/token') {
      return send({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        userinfo_endpoint: `${issuer}/userinfo`
      })
    }
    const now = Math.floor(Date.now() / 1000)
    const idToken = {
      iss: issuer,
      aud: 'app',
      sub: 'ada',
      iat: now,
      exp: now + 60,
      nonce: state.nonce,
      hidden,
      ...claims
    }
    const text = `${encode({ alg, kid: key === weak ? 'weak' : 'k' })}.${encode(idToken)}`
    const signature =
      alg === 'none' ? '' : signBytes('sha256', Buffer.from(text), key.privateKey).toString('base64url')
    response.statusCode = status
    if (body !== undefined) return void response.end(body.replaceAll('HIDDEN', hidden))
    send({
      access_token: `a${hidden}`,
      refresh_token: `r${hidden}`,
      token_type: 'Bearer',
      id_token: `${text}.${signature}`
    })
  })
  const { url: issuer } = await listen(t, server)
  const { lines, logger } = captureLog('trace')
  const app = Fastify({ logger })
  t.teardown(() => app.close())
  const identities: ProviderIdentity[] = []
  const onLogin = (identity: ProviderIdentity) => {
    identities.push(identity)
    return { sub: identity.subject }
  }
  const callbackUrl = 'http://localhost:3000/login/company/callback'
  await app.register(auth, {
    session: { key: randomBytes(32), cookie: { secure: false } },
    oauth2: {
      company: {
        issuer,
        clientId: 'app',
        clientSecret: `c${hidden}`,
        callbackUrl,
        onLogin,
        ...(timeout === undefined ? {} : { timeout })
      }
    }
  })
  const login = async (answer: TokenResponse = {}) => {
    const start = await app.inject('/login/company')
    const { searchParams } = new URL(String(start.headers.location))
    Object.assign(state, { answer, nonce: searchParams.get('nonce') })
    const cookie = cookieOf(start.headers)
    const query = new URLSearchParams({
      code: randomBytes(8).toString('hex'),
      state: searchParams.get('state')!
    })
    return app.inject({ url: `/login/company/callback?${query.toString()}`, headers: { cookie } })
  }
  const answerWith = (answer: TokenResponse): void => void (state.answer = answer)
  return { login, start: () => app.inject('/login/company'), identities, hidden, lines, answerWith }
}

t.test('an invalid ID token does not log in', async (t) => {
  const { login, identities } = await build(t)
  const past = Math.floor(Date.now() / 1000) - 600
  const invalidTokens: Record<string, TokenResponse> = {
    'another issuer': { claims: { iss: 'https://evil.example' } },
    'another client': { claims: { aud: 'other' } },
    'several clients, for another': { claims: { aud: ['app', 'other'], azp: 'other' } },
    'another nonce': { claims: { nonce: 'x' } },
    'no nonce': { claims: { nonce: undefined } },
    expired: { claims: { exp: past } },
    'without an expiry': { claims: { exp: undefined } },
    'without a subject': { claims: { sub: undefined } },
    'signed with another key': { key: stranger },
    'signed with a weak key': { key: weak },
    'not signed': { alg: 'none' },
    'under another algorithm': { alg: 'HS256' }
  }
  for (const [name, answer] of Object.entries(invalidTokens)) {
    const response = await login(answer)
    t.match(response.json(), { statusCode: 401, code: 'AUTH_LOGIN_INVALID' }, name)
    t.notMatch(String(response.headers['set-cookie']), /session=/, name)
  }
  t.equal(identities.length, 0)
  t.equal((await login()).statusCode, 302, 'a valid one logs in')
  t.match(identities, [{ subject: 'ada' }])
})

t.test('an invalid response gets 401 or 503, and no log line has a secret of it', async (t) => {
  const { login, identities, hidden, lines } = await build(t)
  const rejection = JSON.stringify({ error: 'invalid_grant', error_description: 'HIDDEN', leaked: 'HIDDEN' })
  const answers: [TokenResponse, number][] = [
    [{ status: 400, body: rejection }, 401],
    [{ status: 401, body: rejection }, 401],
    [{ body: '{"access_token":1,"refresh_token":"HIDDEN"}' }, 401],
    [{ body: '{"HIDDEN' }, 401],
    [{ body: 'null' }, 401],
    [{ claims: { sub: 5 } }, 401],
    [{ status: 500, body: 'HIDDEN' }, 503],
    [{ status: 302, body: '' }, 503],
    [{ jwks: 500 }, 503],
    [{ long: '/token' }, 503]
  ]
  for (const [answer, status] of answers)
    t.equal((await login(answer)).statusCode, status, JSON.stringify(answer))
  t.equal(identities.length, 0)
  const log = lines.join('')
  t.match(log, /a login at a provider failed/)
  t.match(log, /invalid_grant/, 'the log has the reason')
  t.notOk(log.includes(hidden))
})

t.test('discovery, keys and user of a provider are read up to a limit', async (t) => {
  for (const long of ['/.well-known/openid-configuration', '/keys', '/userinfo', '/token']) {
    const { login, start, identities } = await build(t, { long })
    const response = long.startsWith('/.well-known') ? await start() : await login({ long })
    t.equal(response.statusCode, 503, long)
    t.match(response.json(), { code: 'AUTH_PROVIDER_UNAVAILABLE' })
    t.equal(identities.length, 0)
  }
})

t.test('a provider may publish hundreds of keys with their certificates', async (t) => {
  const { login, identities } = await build(t)
  const key = stranger.publicKey.export({ format: 'jwk' })
  const x5c = [Buffer.alloc(2000).toString('base64')]
  const moreKeys = Array.from({ length: 300 }, (_, index) => ({ ...key, kid: `other-${index}`, x5c }))
  t.equal((await login({ moreKeys })).statusCode, 302)
  t.equal(identities.length, 1)
})

t.test('a response that begins and never ends gets 503, and the next login works', async (t) => {
  for (const endless of ['/.well-known/openid-configuration', '/keys', '/userinfo', '/token']) {
    const first = endless.startsWith('/.well-known') ? { endless } : {}
    const { login, start, identities, answerWith } = await build(t, first, 2000)
    const response = endless.startsWith('/.well-known') ? await start() : await login({ endless })
    t.equal(response.statusCode, 503, endless)
    t.match(response.json(), { code: 'AUTH_PROVIDER_UNAVAILABLE' })
    t.equal(identities.length, 0)
    answerWith({})
    t.equal((await login()).statusCode, 302)
  }
})

t.test('a profile that never ends gets 503', async (t) => {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ access_token: 'a', token_type: 'Bearer' }))
  })
  const { url } = await listen(t, server)
  const app = Fastify()
  t.teardown(() => app.close())
  // The timer of the timeout does not keep the process alive.
  const keepAlive = setInterval(() => undefined, 60_000)
  t.teardown(() => clearInterval(keepAlive))
  await app.register(auth, {
    session: { key: randomBytes(32) },
    oauth2: {
      other: {
        endpoints: { authorizeHost: url, authorizePath: '/a', tokenHost: url, tokenPath: '/token' },
        profile: () => new Promise(() => undefined),
        clientId: 'app',
        clientSecret: 'secret',
        callbackUrl: 'http://localhost:3000/login/other/callback',
        timeout: 1000,
        onLogin: () => ({ sub: 'ada' })
      }
    }
  })
  const start = await app.inject('/login/other')
  const state = new URL(String(start.headers.location)).searchParams.get('state')!
  const response = await app.inject({
    url: `/login/other/callback?code=x&state=${state}`,
    headers: { cookie: cookieOf(start.headers) }
  })
  t.match(response.json(), { statusCode: 503, code: 'AUTH_PROVIDER_UNAVAILABLE' })
})
