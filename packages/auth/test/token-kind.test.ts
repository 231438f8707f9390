import { generateKeyPairSync } from 'node:crypto'
import { SignJWT } from 'jose'
import t from 'tap'
import { bearer, guardedApp } from './helpers.ts'

t.test('ID, refresh and logout tokens are no access tokens', async (t) => {
  const issuer = 'https://id.example.com'
  const pair = generateKeyPairSync('ed25519')
  const publicKey = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const made = await guardedApp(t, {
    jwt: { issuers: [{ issuer, audience: 'api', algorithms: ['EdDSA'], publicKey }] }
  })
  made.route('GET', '/', { onRequest: made.app.authenticate })
  const status = async (header: object, claims: Record<string, unknown>) => {
    const token = await new SignJWT({ iss: issuer, aud: 'api', sub: 'ada', ...claims })
      .setProtectedHeader({ alg: 'EdDSA', ...header })
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(pair.privateKey)
    return (await made.app.inject({ url: '/', headers: bearer(token) })).statusCode
  }
  for (const typ of ['JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt', 'JOSE', undefined])
    t.equal(await status(typ === undefined ? {} : { typ }, {}), 200, typ ?? 'no type')
  for (const typ of ['logout+jwt', 'secevent+jwt', 'dpop+jwt', 'application/logout+jwt', 'at+jwt2', ''])
    t.equal(await status({ typ }, {}), 401, typ)

  const accepted = [{ typ: 'Bearer' }, { token_use: 'access' }, { events: ['concert'] }, { typ: 7 }]
  for (const claims of accepted) t.equal(await status({}, claims), 200, JSON.stringify(claims))
  const rejected = [
    { nonce: 'x' }, { at_hash: 'x' }, { c_hash: 'x' }, { typ: 'ID' }, { typ: 'Refresh' }, { typ: 'Offline' },
    { typ: 'Logout' }, { token_use: 'id' }, { token_use: 'refresh_token' },
    { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }
  ] // prettier-ignore
  for (const claims of rejected) t.equal(await status({}, claims), 401, JSON.stringify(claims))
})
