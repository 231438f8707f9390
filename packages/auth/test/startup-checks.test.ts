import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { startNode } from '@seaworthy/testing'
import { SignJWT } from 'jose'
import t from 'tap'
import { bearer, guardedApp } from './helpers.ts'

const service = fileURLToPath(new URL('fixtures/service.ts', import.meta.url))
const pairOf = (modulusLength: number) =>
  generateKeyPairSync('rsa', {
    modulusLength,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' }
  })
const pair = pairOf(2048)
const weak = pairOf(1024)
const issuer = { issuer: 'https://id.example.com', audience: 'api', algorithms: ['RS256'] }

t.test('a process with unusable keys exits with an error that does not show them', async (t) => {
  const precious = 'precious-but-short'
  const cases: [string, object, RegExp][] = [
    ['no secret', { jwt: {} }, /"jwt.secret" must be set/],
    ['an empty secret', { jwt: { secret: '' } }, /"jwt.secret" must be a secret of at least 32 bytes/],
    ['a short secret', { jwt: { secret: precious } }, /"jwt.secret" must be a secret of at least 32 bytes/],
    [
      'a placeholder',
      { jwt: { secret: 'change-me-change-me-change-me-change-me' } },
      /"jwt.secret" .*placeholder/
    ],
    [
      'a PEM key as secret',
      { jwt: { secret: pair.privateKey } },
      /"jwt.secret" must be a secret, not a PEM key/
    ],
    ['RSA-1024', { jwt: { key: weak.privateKey } }, /"jwt.key" must be .*RSA of 1024 bits/],
    [
      'RSA-1024 of an issuer',
      { jwt: { issuers: [{ ...issuer, publicKey: weak.publicKey }] } },
      /RSA of 1024 bits/
    ],
    [
      'no audience',
      { jwt: { issuers: [{ ...issuer, audience: undefined, publicKey: pair.publicKey }] } },
      /audience" must be set/
    ],
    [
      'HMAC beside a public key',
      { jwt: { issuers: [{ ...issuer, algorithms: ['RS256', 'HS256'], publicKey: pair.publicKey }] } },
      /algorithms" must be one of/
    ]
  ]
  await Promise.all(
    cases.map(async ([name, options, message]) => {
      const started = startNode(t, service, {
        env: { AUTH_OPTIONS: JSON.stringify(options), REDIS_PORT: '1' }
      })
      const { code } = await started.exit
      t.not(code, 0, name)
      t.match(started.output(), message, name)
      t.notMatch(started.output(), /precious|-----BEGIN|Server listening/, name)
    })
  )
})

t.test("the option `type` accepts only an issuer's tokens of that type", async (t) => {
  const signer = generateKeyPairSync('ed25519')
  const publicKey = signer.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const made = await guardedApp(t, {
    jwt: {
      secret: randomBytes(32).toString('base64'),
      issuers: [{ issuer: issuer.issuer, audience: 'api', algorithms: ['EdDSA'], publicKey, type: 'at+jwt' }]
    }
  })
  made.route('GET', '/', { onRequest: made.app.authenticate })
  const token = (typ?: string) =>
    new SignJWT()
      .setProtectedHeader({ alg: 'EdDSA', ...(typ === undefined ? {} : { typ }) })
      .setIssuer(issuer.issuer)
      .setAudience('api')
      .setSubject('u1')
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(signer.privateKey)
  for (const [typ, status] of [
    ['at+jwt', 200],
    ['application/at+jwt', 200],
    ['JWT', 401],
    ['logout+jwt', 401],
    [undefined, 401]
  ] as const)
    t.equal(
      (await made.app.inject({ url: '/', headers: bearer(await token(typ)) })).statusCode,
      status,
      typ ?? 'none'
    )
  t.equal(made.runs(), 2)
})
