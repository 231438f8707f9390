import { generateKeyPairSync, hash, randomUUID } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:http2'
import { install } from '@sinonjs/fake-timers'
import fc from 'fast-check'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { auth } from '../src/index.ts'
import { claimsFault, headerFault } from '../src/dpop/proof-claims.ts'
import { createMatchesTarget, normalisePath } from '../src/dpop/target.ts'
import {
  baseUrl,
  dpopApp,
  keyPair,
  login,
  proofOf,
  signProof,
  withProof,
  type ProofOptions
} from './dpop-client.ts'
import { seconds, secret } from './helpers.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })

t.test('a proof that is not for this request, or not by this key, is rejected', async (t) => {
  const { app, me, runs } = await dpopApp(t)
  const key = keyPair()
  const jwk = key.publicKey.export({ format: 'jwk' })
  const { accessToken: token } = await login(app, key)
  const { accessToken: other } = await login(app, key)
  const cases: [string, ProofOptions][] = [
    ['typ JWT', { header: { typ: 'JWT' } }],
    ['no typ', { header: { typ: undefined } }],
    ['typ as a list', { header: { typ: ['dpop+jwt'] } }],
    ['alg none', { header: { alg: 'none' } }],
    ['alg HS256', { header: { alg: 'HS256' } }],
    ['alg that is not allowed', { header: { alg: 'RS256', jwk: rsa.publicKey.export({ format: 'jwk' }) } }],
    ['no alg', { header: { alg: undefined } }],
    ['no jwk', { header: { jwk: undefined } }],
    ['jwk as text', { header: { jwk: JSON.stringify(jwk) } }],
    ['jwk null', { header: { jwk: null } }],
    ['jwk of another key', { header: { jwk: keyPair().publicKey.export({ format: 'jwk' }) } }],
    ['jwk with private parts', { header: { jwk: key.privateKey.export({ format: 'jwk' }) } }],
    ['jwk with an empty private part', { header: { jwk: { ...jwk, d: '' } } }],
    ['symmetric jwk', { header: { jwk: { kty: 'oct', k: 'AAAA' } } }],
    ['jwk off the curve', { header: { jwk: { ...jwk, x: jwk.y, y: jwk.x } } }],
    ['crit', { header: { crit: ['exp'] } }],
    ['b64', { header: { b64: false, crit: ['b64'] } }],
    ['another method', { claims: { htm: 'POST' } }],
    ['method in lower case', { claims: { htm: 'get' } }],
    ['no htm', { claims: { htm: undefined } }],
    ['htm as a list', { claims: { htm: ['GET'] } }],
    ['another path', { url: `${baseUrl}/you` }],
    ['another host', { url: 'https://evil.example/me' }],
    ['another scheme', { url: 'http://api.example.com/me' }],
    ['another port', { url: 'https://api.example.com:8443/me' }],
    ['a user in the URL', { url: 'https://api.example.com@evil.example/me' }],
    ['credentials in the URL', { url: 'https://a:b@api.example.com/me' }],
    ['a path alone', { url: '/me' }],
    ['no htu', { claims: { htu: undefined } }],
    ['htu as a list', { claims: { htu: [`${baseUrl}/me`] } }],
    ['old', { claims: { iat: seconds() - 70 } }],
    ['from the future', { claims: { iat: seconds() + 60 } }],
    ['no iat', { claims: { iat: undefined } }],
    ['iat as text', { claims: { iat: String(seconds()) } }],
    ['iat without end', { claims: { iat: 1e300 } }],
    ['no jti', { claims: { jti: undefined } }],
    ['empty jti', { claims: { jti: '' } }],
    ['jti as a number', { claims: { jti: 1 } }],
    ['long jti', { claims: { jti: 'x'.repeat(600) } }],
    ['no ath', { claims: { ath: undefined } }],
    ['ath of another token', { claims: { ath: hash('sha256', other, 'base64url') } }],
    ['expired', { claims: { exp: seconds() - 60 } }],
    ['not valid yet', { claims: { nbf: seconds() + 60 } }]
  ]
  for (const [what, options] of cases) {
    const response = await me(withProof(token, proofOf(key, { token, ...options })))
    t.equal(response.statusCode, 401, what)
    t.match(response.headers['www-authenticate'], /^DPoP realm="api", error="inv/, what)
  }
  t.equal(runs(), 0)
  // None of them has used up the right one, with query and fragment left out of htu or not.
  for (const url of [`${baseUrl}/me`, `${baseUrl}/me?x=1#y`, 'HTTPS://API.example.com:443/%6De'])
    t.equal((await me(withProof(token, proofOf(key, { token, url })), '/me?page=2')).statusCode, 200, url)
})

t.test('headers that are not one proof are rejected', async (t) => {
  const { app, me, runs } = await dpopApp(t)
  const key = keyPair()
  const { accessToken: token } = await login(app, key)
  const proof = () => proofOf(key, { token })
  const [head = '', body = '', signature = ''] = proof().split('.')
  const bad = [
    '', 'x', '..', 'a.b.c', `${proof()}, ${proof()}`, `${proof()},${proof()}`, `${proof()} `, `${proof()}.`,
    `${proof()}=`, `${head}.${body}.`, `${head}.${body}`, `.${body}.${signature}`, `${head}..${signature}`,
    `${head}.${body}.${signature}.x.y`, `${head}.${body}.${signature.slice(2)}`,
    signProof(key.privateKey, `${Buffer.from('null').toString('base64url')}.${body}`),
    signProof(key.privateKey, `${head}.${Buffer.from('[]').toString('base64url')}`),
    signProof(key.privateKey, `${head}.${Buffer.from('"x"').toString('base64url')}`),
    signProof(key.privateKey, `${head}.${'A'.repeat(9000)}`)
  ] // prettier-ignore
  for (const dpop of bad) {
    const response = await me({ authorization: `DPoP ${token}`, dpop })
    t.equal(response.statusCode, 401, dpop.slice(0, 60))
  }
  for (const authorization of [
    'DPoP',
    'DPoP ',
    'DPoP  x',
    `DPoP ${token} x`,
    `DPoP\t${token}`,
    `DPoP,${token}`
  ])
    t.equal((await me({ authorization, dpop: proof() })).statusCode, 401, authorization.slice(0, 20))
  t.equal(runs(), 0)
  t.equal((await me({ authorization: `dpop ${token}`, dpop: proof() })).statusCode, 200, 'in lower case')
})

t.test('two headers DPoP on a real connection are rejected, over HTTP/1 and HTTP/2', async (t) => {
  for (const http2 of [false, true]) {
    const app: FastifyInstance = http2 ? (Fastify({ http2: true } as object) as never) : Fastify()
    t.teardown(() => app.close())
    await app.register(auth, { jwt: { secret, dpop: { baseUrl } } })
    app.get('/me', { config: { auth: true } }, async () => 'me')
    app.post('/login', { config: { auth: false } }, async (request) =>
      app.auth.issueTokens({ sub: 'ada' }, request)
    )
    const address = await app.listen({ port: 0, host: '127.0.0.1' })
    const key = keyPair()
    const token = (
      await app.auth.issueTokens({ sub: 'ada' }, {
        method: 'POST',
        originalUrl: '/login',
        headers: { dpop: proofOf(key, { method: 'POST', url: `${baseUrl}/login` }) }
      } as never)
    ).accessToken
    const statusOf = (proofs: string[]): Promise<number> =>
      new Promise((resolve, reject) => {
        const headers = { authorization: `DPoP ${token}`, dpop: proofs }
        if (!http2) {
          httpRequest(`${address}/me`, { headers }, (response) => resolve(response.resume().statusCode!))
            .on('error', reject)
            .end()
          return
        }
        const session = connect(address)
        const stream = session.request({ ':path': '/me', ...headers })
        stream.on('response', (answer) => {
          resolve(Number(answer[':status']))
          session.destroy()
        })
        stream.on('error', reject)
      })
    t.equal(await statusOf([proofOf(key, { token }), proofOf(key, { token })]), 401, `http2: ${http2}`)
    t.equal(await statusOf([proofOf(key, { token })]), 200, `http2: ${http2}`)
  }
})

t.test('a proof ages, and can be used once for as long as it is valid', async (t) => {
  const clock = install({ now: Date.now(), toFake: ['Date'] })
  t.teardown(() => clock.uninstall())
  const { app, me } = await dpopApp(t, { dpop: { maxAge: 10 }, jwt: { clockTolerance: 2000 } })
  const key = keyPair()
  const { accessToken: token } = await login(app, key)
  // From the future, by as much as the clocks may differ: it is valid for longest.
  const proof = proofOf(key, { token, claims: { iat: seconds() + 2 } })
  t.equal((await me(withProof(token, proof))).statusCode, 200)
  const late = proofOf(key, { token })
  for (const message of ['The proof was used before', 'The proof was used before', /"iat"/]) {
    t.match((await me(withProof(token, proof))).json(), { statusCode: 401, message })
    clock.tick(7000)
  }
  t.match((await me(withProof(token, late))).json(), { message: /"iat"/ })
})

t.test('nonces are valid for two intervals, and never longer', async (t) => {
  const clock = install({ now: 1_800_000_000_000, toFake: ['Date'] })
  t.teardown(() => clock.uninstall())
  const { app } = await dpopApp(t, { dpop: { nonce: true, maxAge: 10 } })
  const key = keyPair()
  const url = `${baseUrl}/login`
  const attempt = (nonce?: string) => {
    const dpop = proofOf(key, { method: 'POST', url, ...(nonce === undefined ? {} : { nonce }) })
    return app.inject({ method: 'POST', url: '/login', payload: { sub: 'ada' }, headers: { dpop } })
  }
  const nonce = String((await attempt()).headers['dpop-nonce'])
  t.equal((await attempt(nonce)).statusCode, 200)
  clock.tick(10_000)
  const next = await attempt(nonce)
  t.equal(next.statusCode, 200)
  t.not(next.headers['dpop-nonce'], nonce)
  clock.tick(10_000)
  t.match((await attempt(nonce)).json(), { code: 'AUTH_USE_DPOP_NONCE' })
  t.equal((await attempt('x'.repeat(22))).statusCode, 401)
})

t.test('equivalent paths are equal, and no others', async (t) => {
  for (const [one, other] of [
    ['/a/b', '/a/b'], ['/%7Euser', '/~user'], ['/%c3%a9', '/%C3%A9'], ['/a{b}', '/a%7Bb%7D'], ['/a%2Fb', '/a%2fb']
  ] as const) t.equal(normalisePath(one), normalisePath(other)) // prettier-ignore
  for (const [one, other] of [
    ['/a/b', '/a%2Fb'], ['/a', '/a/'], ['/a', '/A'], ['/%2561', '/a'], ['/a;x', '/a'], ['/a//b', '/a/b']
  ] as const) t.not(normalisePath(one), normalisePath(other)) // prettier-ignore
  const matches = createMatchesTarget(['https://api.example.com/v1', 'http://localhost:3000'])
  t.ok(matches('https://api.example.com/v1/a', '/a?b=c'))
  t.ok(matches('http://localhost:3000/a', '/a'))
  for (const [htu, url] of [
    ['https://api.example.com/a', '/a'], ['https://api.example.com/v1', '/v1'], ['http://localhost:3000/b', '/a/../b'],
    ['http://localhost:3000/b', '/a/%2e%2e/b'], ['http://localhost:3000/a', 'http://localhost:3000/a'],
    ['http://localhost:3000/', '*'], ['http://localhost:3000/b', '//localhost:3000/b'], ['ws://localhost:3000/a', '/a'],
    ['', '/'], ['x', '/x']
  ] as const) t.notOk(matches(htu, url), `${htu} for ${url}`) // prettier-ignore
})

/** Any JSON, and the members of real proofs with any value. */
const anyHeader = fc.record(
  {
    typ: fc.oneof(fc.constant('dpop+jwt'), fc.jsonValue()),
    alg: fc.oneof(fc.constant('ES256'), fc.jsonValue()),
    jwk: fc.oneof(
      fc.jsonValue(),
      fc.record(
        {
          kty: fc.constantFrom('EC', 'RSA', 'OKP', 'oct', '__proto__'),
          crv: fc.string(),
          x: fc.string(),
          d: fc.string()
        },
        { requiredKeys: [] }
      )
    ),
    kid: fc.jsonValue(),
    crit: fc.jsonValue()
  },
  { requiredKeys: [] }
)

t.test('no proof with other content is accepted, and none is an error of the service', async (t) => {
  const { app, me, runs } = await dpopApp(t)
  const key = keyPair()
  const { accessToken: token } = await login(app, key)
  const statusOf = async (options: ProofOptions) =>
    (await me(withProof(token, proofOf(key, options)))).statusCode
  const jwk = key.publicKey.export({ format: 'jwk' })
  await fc.assert(
    fc.asyncProperty(anyHeader, async (header) => {
      const { typ = 'dpop+jwt', alg = 'ES256', jwk, crit } = header
      const isRight = typ === 'dpop+jwt' && alg === 'ES256' && jwk === undefined && crit === undefined
      return isRight || (await statusOf({ token, header })) === 401
    }),
    { numRuns: 150 }
  )
  const claim = fc.constantFrom('jti', 'htm', 'htu', 'iat', 'ath')
  await fc.assert(
    fc.asyncProperty(claim, fc.jsonValue(), async (name, value) => {
      if (name === 'jti' && typeof value === 'string' && value !== '') return true
      return (await statusOf({ token, claims: { [name]: value } })) === 401
    }),
    { numRuns: 150 }
  )
  t.equal(runs(), 0)
  t.equal(await statusOf({ token, header: { jwk } }), 200)
})

t.test('any text in the headers is rejected without an error', async (t) => {
  const { app, me } = await dpopApp(t)
  const key = keyPair()
  const { accessToken: token } = await login(app, key)
  const text = fc.string({ unit: fc.constantFrom('.', 'a', '-', '_', ',', ' ', '=', 'e', 'J', '0') })
  await fc.assert(
    fc.asyncProperty(text, text, async (dpop, rest) => {
      const proof = await me({ authorization: `DPoP ${token}`, dpop })
      const credentials = await me({ authorization: `DPoP${rest}`, dpop: proofOf(key, { token }) })
      return proof.statusCode === 401 && credentials.statusCode === 401
    }),
    { numRuns: 100 }
  )
})

t.test('the checks never throw, whatever the JSON', (t) => {
  const target = { method: 'GET', isUrl: (htu: string) => htu === 'x', ath: undefined }
  const anyObject = fc.dictionary(fc.string(), fc.jsonValue())
  fc.assert(fc.property(anyObject, (header) => headerFault(header, ['ES256']) !== undefined))
  fc.assert(fc.property(anyObject, (claims) => claimsFault(claims, target) !== undefined))
  const right = { jti: randomUUID(), htm: 'GET', htu: 'x', iat: 1 }
  t.equal(claimsFault(right, target), undefined)
  t.end()
})
