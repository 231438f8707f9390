import { createServer } from 'node:http'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import * as DPoP from 'dpop'
import Fastify, { type FastifyInstance } from 'fastify'
import { SignJWT } from 'jose'
import Provider from 'oidc-provider'
import * as client from 'openid-client'
import t, { type Test } from 'tap'
import { auth, type DpopOptions } from '../src/index.ts'
import { baseUrl, dpopApp, keyPair, login, proofOf, withProof } from './dpop-client.ts'
import { bearer, listen, secret } from './helpers.ts'

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

t.test('tokens must be bound where all, an issuer or a route require it', async (t) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const idp = 'https://id.example.com'
  const theirs = await new SignJWT({ sub: 'u1' })
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer(idp)
    .setAudience('api')
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(privateKey)
  const issuer = { issuer: idp, audience: 'api', algorithms: ['ES256' as const], publicKey: pem }

  const all = await dpopApp(t, { dpop: { required: true } })
  t.equal((await all.me(bearer(all.app.jwt.sign({ sub: 'ada' })))).statusCode, 401)
  t.match((await all.me({})).headers['www-authenticate'], /^DPoP realm="api", algs="[^"]+"$/)
  const { statusCode } = await all.app.inject({ method: 'POST', url: '/login', payload: { sub: 'ada' } })
  t.equal(statusCode, 401, 'no login without a key')
  await t.rejects(all.app.auth.issueTokens({ sub: 'ada' }), /call issueTokens\(claims, request\)/)
  t.equal((await login(all.app, keyPair())).tokenType, 'DPoP')

  const some = await dpopApp(t, { jwt: { issuers: [{ ...issuer, dpopRequired: true }] } })
  t.equal((await some.me(bearer(theirs))).statusCode, 401)
  t.equal((await some.me(bearer(some.app.jwt.sign({ sub: 'ada' })))).statusCode, 200, 'of another issuer')
  const none = await dpopApp(t, { jwt: { issuers: [issuer] } })
  t.equal((await none.me(bearer(theirs))).statusCode, 200)

  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(auth, {
    jwt: { secret, dpop: { baseUrl } },
    apiKeys: { find: async () => ({ owner: 'ada' }) as never }
  })
  app.get('/transfer', { config: { auth: { dpopRequired: true } } }, async () => 'sent')
  app.post('/login', { config: { auth: false } }, async (request) =>
    app.auth.issueTokens({ sub: 'ada' }, request)
  )
  const answer = await app.inject({ url: '/transfer', headers: bearer(app.jwt.sign({ sub: 'ada' })) })
  t.match(answer.json(), { statusCode: 401, code: 'AUTH_DPOP_REQUIRED' })
  const key = keyPair()
  const { accessToken } = await login(app, key)
  const headers = withProof(accessToken, proofOf(key, { token: accessToken, url: `${baseUrl}/transfer` }))
  t.equal((await app.inject({ url: '/transfer', headers })).statusCode, 200)
  t.match(
    app.auth.matrix().find(({ url }) => url === '/transfer'),
    { dpopRequired: true }
  )
  t.match(app.auth.printMatrix(), /\/transfer .*DPoP/)
})

t.test('a request without credentials gets a challenge for both kinds of token', async (t) => {
  const { me } = await dpopApp(t)
  const { headers, statusCode } = await me({})
  t.equal(statusCode, 401)
  t.strictSame(headers['www-authenticate'], [
    'Bearer realm="api"',
    'DPoP realm="api", algs="ES256 Ed25519 EdDSA"'
  ])
})

t.test('without the option nothing changes: no proof is read', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(auth, { jwt: { secret } })
  app.get('/me', { config: { auth: true } }, async () => 'me')
  const token = app.jwt.sign({ sub: 'ada' })
  t.equal((await app.inject({ url: '/me', headers: bearer(token) })).statusCode, 200)
  const answer = await app.inject({ url: '/me', headers: withProof(token, proofOf(keyPair(), { token })) })
  t.equal(answer.statusCode, 401)
  t.strictSame(answer.headers['www-authenticate'], ['Bearer realm="api"'])
})

t.test(
  'without the option a bound token is a bearer token, and one line says so for each issuer',
  async (t) => {
    const lines: string[] = []
    const stream = { write: (line: string): void => void lines.push(line) }
    const app = Fastify({ logger: { level: 'warn', stream } })
    t.teardown(() => app.close())
    await app.register(auth, { jwt: { secret } })
    app.get('/me', { config: { auth: true } }, async () => 'me')
    for (const sub of ['ada', 'bob']) {
      const token = app.jwt.sign({ sub, cnf: { jkt: 'x'.repeat(43) } })
      t.equal((await app.inject({ url: '/me', headers: bearer(token) })).statusCode, 200)
    }
    t.equal(lines.length, 1)
    t.match(lines[0], /binds its tokens to keys .* set \\"jwt.dpop\\"/)
  }
)

t.test('options that cannot work stop the start', async (t) => {
  const cases: [object, RegExp][] = [
    [{ jwt: { secret, dpop: {} } }, /"jwt.dpop.baseUrl" must be the URL/],
    [{ jwt: { secret, dpop: true } }, /"jwt.dpop" must be an object or false/],
    [
      { jwt: { secret, dpop: { baseUrl: 'http://api.example.com' } } },
      /"jwt.dpop.baseUrl" must be an https URL/
    ],
    [{ jwt: { secret, dpop: { baseUrl: `${baseUrl}?x` } } }, /without query and fragment/],
    [{ jwt: { secret, dpop: { baseUrl, algorithms: ['HS256'] } } }, /"jwt.dpop.algorithms" must be one of/],
    [{ jwt: { secret, dpop: { baseUrl, algorithms: [] } } }, /"jwt.dpop.algorithms" must be a list/],
    [
      { jwt: { secret, dpop: { baseUrl, maxAge: '2h' } } },
      /"jwt.dpop.maxAge" must be seconds from 1 to 3600/
    ],
    [{ jwt: { secret, dpop: { baseUrl, nonceSecret: 'short', nonce: true } } }, /"jwt.dpop.nonceSecret"/],
    [{ jwt: { secret, dpop: { baseUrl, require: true } } }, /"jwt.dpop.require"/],
    [
      {
        jwt: {
          issuers: [{ issuer: 'https://i.example', audience: 'a', secret, algorithms: ['HS256'] }],
          dpop: { baseUrl, nonce: true }
        }
      },
      /"jwt.dpop.nonceSecret" must be set with "nonce"/
    ],
    [
      {
        jwt: {
          secret,
          issuers: [
            { issuer: 'https://i.example', audience: 'a', secret, algorithms: ['HS256'], dpopRequired: true }
          ]
        }
      },
      /"jwt.issuers\[0\].dpopRequired" must be used with the option "jwt.dpop"/
    ]
  ]
  for (const [options, message] of cases) {
    const app = Fastify()
    t.teardown(() => app.close())
    await t.rejects(Promise.resolve(app.register(auth, options as never)), { message })
  }
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(auth, { jwt: { secret } })
  const add = () => app.get('/x', { config: { auth: { dpopRequired: true } } }, async () => 'x')
  t.throws(add, /config.auth.dpopRequired" must be used with the option "jwt.dpop"/)
})

/** A service on a real port, because the client sends what it calls. */
async function service(t: Test, options: (origin: string) => Parameters<typeof auth>[1]) {
  const server = createServer()
  const { url: origin } = await listen(t, server)
  const app: FastifyInstance = Fastify({
    serverFactory: (handler) => server.on('request', (request, response) => handler(request, response))
  })
  t.teardown(() => app.close())
  await app.register(auth, options(origin))
  app.get('/orders/:id', { config: { auth: true } }, async ({ user }) => user)
  app.post('/login', { config: { auth: false } }, async (request) =>
    app.auth.issueTokens({ sub: 'ada' }, request)
  )
  await app.ready()
  return { app, origin }
}

/** A real authorization server that issues JWTs bound to the key of the client. */
async function authorizationServer(t: Test): Promise<string> {
  const server = createServer()
  const { url: issuer } = await listen(t, server)
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'app',
        client_secret: 'secret',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: []
      }
    ],
    features: {
      clientCredentials: { enabled: true },
      dPoP: { enabled: true },
      introspection: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'urn:orders',
        getResourceServerInfo: () => ({
          scope: 'read',
          audience: 'orders',
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } }
        })
      }
    }
  })
  provider.on('server_error', () => undefined)
  server.on('request', provider.callback())
  return issuer
}

t.test('a token of a real authorization server is accepted with a proof of a real client only', async (t) => {
  const issuer = await authorizationServer(t)
  const dpop = (origin: string, more: Partial<DpopOptions> = {}): DpopOptions => ({
    baseUrl: origin,
    ...more
  })
  const { origin } = await service(t, (origin) => ({
    jwt: {
      issuers: [
        { issuer, audience: 'orders', algorithms: ['RS256'], jwksUrl: `${issuer}/jwks`, dpopRequired: true }
      ],
      dpop: dpop(origin, { nonce: true, nonceSecret: randomBytes(32).toString('base64') })
    }
  }))
  const config = await client.discovery(
    new URL(issuer),
    'app',
    undefined,
    client.ClientSecretBasic('secret'),
    {
      execute: [client.allowInsecureRequests]
    }
  )
  const handle = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
  const tokens = await client.clientCredentialsGrant(config, { scope: 'read' }, { DPoP: handle })
  t.equal(tokens.token_type, 'dpop')
  const url = new URL('/orders/a%2Fb?page=2', origin)
  const open = (of?: client.DPoPHandle) =>
    client.fetchProtectedResource(
      config,
      tokens.access_token,
      url,
      'GET',
      null,
      new Headers(),
      of ? { DPoP: of } : {}
    )
  // The client learns the nonce from the first 401, and repeats the request.
  const response = await open(handle)
  t.equal(response.status, 200)
  t.match(await response.json(), { sub: 'app', cnf: { jkt: /^[\w-]{43}$/ } })
  t.equal((await open(handle)).status, 200)

  const refused = (error: { status?: number }) => error.status
  t.equal(await open().then(({ status }) => status, refused), 401)
  const thief = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
  t.equal(await open(thief).then(({ status }) => status, refused), 401)
})

t.test('a real client gets a nonce by the challenge, and the next ones with each response', async (t) => {
  const { origin, app } = await service(t, (origin) => ({
    jwt: { secret, dpop: { baseUrl: origin, nonce: true } }
  }))
  const key = keyPair()
  const url = `${origin}/login`
  const post = (dpop: string) => fetch(url, { method: 'POST', headers: { dpop } })
  const first = await post(proofOf(key, { method: 'POST', url }))
  t.equal(first.status, 401)
  t.match(first.headers.get('www-authenticate'), /^DPoP .*error="use_dpop_nonce"/)
  t.match(await first.json(), { code: 'AUTH_USE_DPOP_NONCE' })
  const nonce = first.headers.get('dpop-nonce') ?? ''
  t.match(nonce, /^[\w-]{22}$/)

  // With a nonce the clock of the client does not matter.
  const second = await post(proofOf(key, { method: 'POST', url, nonce, claims: { iat: 1_000_000_000 } }))
  t.equal(second.status, 200)
  t.match(second.headers.get('dpop-nonce'), /^[\w-]{22}$/)
  const { accessToken } = (await second.json()) as { accessToken: string }
  t.equal((await post(proofOf(key, { method: 'POST', url, nonce: `${nonce}x` }))).status, 401)

  const at = `${origin}/orders/1`
  const headers = withProof(accessToken, proofOf(key, { url: at, token: accessToken, nonce }))
  t.equal((await fetch(at, { headers })).status, 200)

  // The client library of browsers, with an algorithm of its own.
  for (const algorithm of ['ES256', 'Ed25519'] as const) {
    const pair = await DPoP.generateKeyPair(algorithm)
    const login = await post(await DPoP.generateProof(pair, url, 'POST', nonce))
    t.equal(login.status, 200, algorithm)
    const { accessToken: token } = (await login.json()) as { accessToken: string }
    const next = login.headers.get('dpop-nonce') ?? ''
    const proof = await DPoP.generateProof(pair, at, 'GET', next, token)
    t.equal((await fetch(at, { headers: withProof(token, proof) })).status, 200, algorithm)
  }
  t.equal((await fetch(at)).headers.get('dpop-nonce'), null, 'none for other clients')
  t.ok(app)
})
