import { generateKeyPairSync } from 'node:crypto'
import { exportJWK, SignJWT } from 'jose'
import t from 'tap'
import { auth, type SignatureAlgorithm } from '../src/index.ts'
import Fastify from 'fastify'
import { bearer, guardedApp } from './helpers.ts'
import { build, idp } from './published-keys.ts'

const pair = generateKeyPairSync('ed25519')
const names = ['EdDSA', 'Ed25519'] as const

const sign = (alg: string, iss = idp): Promise<string> =>
  new SignJWT()
    .setProtectedHeader({ alg, kid: 'ed' })
    .setIssuer(iss)
    .setAudience('api')
    .setSubject('u1')
    .setIssuedAt()
    .setExpirationTime('10m')
    .sign(pair.privateKey)

for (const allowed of names) {
  for (const published of [...names, undefined]) {
    t.test(`a key of "alg" ${published} verifies both names where ${allowed} is allowed`, async (t) => {
      const algorithms: SignatureAlgorithm[] = [allowed]
      const { published: set, status } = await build(t, { algorithms })
      const alg = published === undefined ? {} : { alg: published }
      set.keys = [{ ...(await exportJWK(pair.publicKey)), kid: 'ed', use: 'sig', ...alg }]
      for (const name of names) t.equal(await status(await sign(name)), 200, name)
    })
  }

  t.test(`a fixed key verifies both names where ${allowed} is allowed`, async (t) => {
    const publicKey = pair.publicKey.export({ type: 'spki', format: 'pem' })
    const issuers = [{ issuer: idp, audience: 'api', algorithms: [allowed], publicKey }]
    const { app, route } = await guardedApp(t, { jwt: { issuers } })
    route('GET', '/', { onRequest: app.authenticate })
    for (const name of names) {
      const { statusCode } = await app.inject({ url: '/', headers: bearer(await sign(name)) })
      t.equal(statusCode, 200, name)
    }
  })
}

t.test('tokens by Ed25519 are rejected where neither name is allowed', async (t) => {
  const { published, status } = await build(t, { algorithms: ['ES256'] })
  published.keys.push({ ...(await exportJWK(pair.publicKey)), kid: 'ed' })
  for (const name of names) t.equal(await status(await sign(name)), 401, name)
})

t.test('the app signs by EdDSA, which is the name that its tokens have', async (t) => {
  const key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const { app } = await guardedApp(t, { jwt: { key } })
  const { accessToken } = await app.auth.issueTokens({ sub: 'u1' })
  t.match(JSON.parse(Buffer.from(accessToken.split('.')[0]!, 'base64url').toString()), { alg: 'EdDSA' })

  // As an app in JavaScript may have it.
  const options = { jwt: { key, algorithm: 'Ed25519' as 'EdDSA' } }
  await t.rejects(async () => Fastify().register(auth, options), { code: 'INVALID_OPTION' })
})
