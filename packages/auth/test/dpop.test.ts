import { randomBytes } from 'node:crypto'
import Fastify from 'fastify'
import t from 'tap'
import { auth } from '../src/index.ts'
import { baseUrl, dpopApp, keyPair, login, proofOf, withProof } from './dpop-client.ts'
import { bearer, secret } from './helpers.ts'

t.test('tokens of a login with a proof are bound to its key', async (t) => {
  const { app, me, runs } = await dpopApp(t)
  const key = keyPair()
  const { accessToken, tokenType } = await login(app, key)
  t.equal(tokenType, 'DPoP')
  t.match(app.jwt.decode(accessToken), { cnf: { jkt: /^[\w-]{43}$/ } })

  t.equal((await me(withProof(accessToken, proofOf(key, { token: accessToken })))).statusCode, 200)
  t.equal(runs(), 1)
  const stolen = await me(withProof(accessToken, proofOf(keyPair(), { token: accessToken })))
  t.match(stolen, { statusCode: 401, headers: { 'www-authenticate': /^DPoP .*error="invalid_token"/ } })
  const asBearer = await me(bearer(accessToken))
  t.equal(asBearer.statusCode, 401)
  t.match(asBearer.json(), { code: 'AUTH_DPOP_REQUIRED' })
  t.match(asBearer.headers['www-authenticate'], /^DPoP .*algs="ES256 Ed25519 EdDSA"/)
  t.equal((await me({ authorization: `DPoP ${accessToken}` })).statusCode, 401, 'without a proof')
  t.equal(runs(), 1)
})

t.test('a login without a proof gets bearer tokens, which need none and take none', async (t) => {
  const { app, me } = await dpopApp(t)
  const { accessToken, refreshToken, tokenType } = await app.auth.issueTokens({ sub: 'ada' })
  t.equal(tokenType, 'Bearer')
  t.equal((await me(bearer(accessToken))).statusCode, 200)
  const key = keyPair()
  const bound = await me(withProof(accessToken, proofOf(key, { token: accessToken })))
  t.match(bound, { statusCode: 401, headers: { 'www-authenticate': /^DPoP / } })
  t.match(await app.auth.refresh(refreshToken), { tokenType: 'Bearer' })
})

t.test('a refresh token is of use only with its key, and a thief ends nothing', async (t) => {
  const { app, me, refresh } = await dpopApp(t)
  const key = keyPair()
  const { refreshToken } = await login(app, key)
  const proof = (of = key) => proofOf(of, { method: 'POST', url: `${baseUrl}/refresh` })

  const without = await refresh(refreshToken)
  t.equal(without.statusCode, 401)
  t.match(without.json(), { code: 'AUTH_DPOP_REQUIRED' })
  const stolen = await refresh(refreshToken, proof(keyPair()))
  t.equal(stolen.statusCode, 401)
  t.match(stolen.json(), { code: 'AUTH_REFRESH_INVALID' })

  const [family = ''] = refreshToken.split('.')
  const invented = await refresh(`${family}.${'x'.repeat(44)}`, proof())
  t.match(invented.json(), { statusCode: 401, code: 'AUTH_REFRESH_INVALID' })

  const next = (await refresh(refreshToken, proof())).json<{ accessToken: string; tokenType: string }>()
  t.equal(next.tokenType, 'DPoP')
  t.equal((await me(withProof(next.accessToken, proofOf(key, { token: next.accessToken })))).statusCode, 200)
  t.equal((await me(bearer(next.accessToken))).statusCode, 401)
})

t.test('claims of refreshClaims cannot change the key', async (t) => {
  const refreshClaims = () => ({ roles: ['editor'], cnf: { jkt: 'x'.repeat(43) } })
  const { app, refresh } = await dpopApp(t, { jwt: { refreshClaims } })
  const key = keyPair()
  const { accessToken, refreshToken } = await login(app, key)
  const answer = await refresh(refreshToken, proofOf(key, { method: 'POST', url: `${baseUrl}/refresh` }))
  const next = app.jwt.decode<{ cnf: object; roles: string[] }>(
    answer.json<{ accessToken: string }>().accessToken
  )
  t.strictSame(next?.cnf, app.jwt.decode<{ cnf: object }>(accessToken)?.cnf)
  t.strictSame(next?.roles, ['editor'])
})

t.test(
  'a proof is valid once, also where guards, CSRF and a refresh ask for it in one request',
  async (t) => {
    const { app, me } = await dpopApp(t, { more: { session: { key: randomBytes(32) } } })
    const key = keyPair()
    const { accessToken } = await login(app, key)
    const once = withProof(accessToken, proofOf(key, { token: accessToken }))
    t.equal((await me(once)).statusCode, 200)
    const again = await me(once)
    t.equal(again.statusCode, 401)
    t.match(again.json(), { code: 'AUTH_INVALID_DPOP_PROOF', message: 'The proof was used before' })

    const parallel = withProof(accessToken, proofOf(key, { token: accessToken }))
    const statuses = await Promise.all(
      Array.from({ length: 20 }, async () => (await me(parallel)).statusCode)
    )
    t.equal(statuses.filter((status) => status === 200).length, 1, 'one of twenty at a time')
  }
)

t.test('a denial of a bound token names its scheme, so that a client asks for a better one', async (t) => {
  const { app } = await dpopApp(t, {
    routes: (app) => {
      app.get('/admin', { config: { auth: { roles: 'admin' } } }, async () => 'admin')
      app.get('/strong', { config: { auth: { acr: 'gold' } } }, async () => 'strong')
    }
  })
  const key = keyPair()
  const { accessToken: token } = await login(app, key)
  for (const [path, expected] of [
    ['/admin', /^DPoP realm="api", error="insufficient_scope"/],
    ['/strong', /^DPoP realm="api", error="insufficient_user_authentication"/]
  ] as const) {
    const url = baseUrl + path
    const { headers } = await app.inject({
      url: path,
      headers: withProof(token, proofOf(key, { url, token }))
    })
    t.match(headers['www-authenticate'], expected)
  }
})

t.test('several guards of one request verify its proof once', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(auth, {
    jwt: { secret, dpop: { baseUrl } },
    session: { key: randomBytes(32) }
  })
  app.post('/login', { config: { auth: false } }, async (request) =>
    app.auth.issueTokens({ sub: 'ada' }, request)
  )
  await app.register(async (scope) => {
    scope.addHook('onRequest', app.authenticate)
    scope.post('/write', { config: { auth: true } }, async (request) => {
      await request.jwtVerify()
      return app.auth.issueTokens({ sub: 'ada' }, request)
    })
  })
  const key = keyPair()
  const { accessToken } = await login(app, key)
  const url = `${baseUrl}/write`
  const headers = {
    ...withProof(accessToken, proofOf(key, { token: accessToken, method: 'POST', url })),
    // The protection against cross-site writes looks at the credentials first.
    'sec-fetch-site': 'cross-site'
  }
  const response = await app.inject({ method: 'POST', url: '/write', headers })
  t.equal(response.statusCode, 200)
  t.match(response.json(), { tokenType: 'DPoP' })
})

t.test('request.jwtVerify holds tokens to their key, with and without options', async (t) => {
  const { app } = await dpopApp(t, {
    routes: (app) => {
      app.get('/plain', async (request) => request.jwtVerify())
      app.get('/strict', async (request) => request.jwtVerify({ allowedSub: 'ada' }))
      app.get('/own-key', async (request) => request.jwtVerify({ key: secret }))
    }
  })
  const key = keyPair()
  const { accessToken: token } = await login(app, key)
  for (const path of ['/plain', '/strict', '/own-key']) {
    const url = baseUrl + path
    const open = (headers: object) => app.inject({ url: path, headers: headers as Record<string, string> })
    t.equal((await open(withProof(token, proofOf(key, { url, token })))).statusCode, 200, path)
    t.equal((await open(bearer(token))).statusCode, 401, `${path} as bearer token`)
    t.equal((await open(withProof(token, proofOf(keyPair(), { url, token })))).statusCode, 401, path)
    const { headers, statusCode } = await open({})
    t.equal(statusCode, 401)
    t.match(String(headers['www-authenticate']), /DPoP realm="api", algs=/)
  }
})
