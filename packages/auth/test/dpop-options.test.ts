import { generateKeyPairSync } from 'node:crypto'
import Fastify from 'fastify'
import { SignJWT } from 'jose'
import t from 'tap'
import { auth } from '../src/index.ts'
import { baseUrl, dpopApp, keyPair, login, proofOf, withProof } from './dpop-client.ts'
import { bearer, captureLog, secret } from './helpers.ts'

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
    const { lines, logger } = captureLog('warn')
    const app = Fastify({ logger })
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
