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

  const accepted = [{ typ: 'Bearer' }, { token_use: 'access' }, { events: ['concert'] }, { typ: 7 }, { token_type: 'access' },
    { tokenType: 'access-token' }, { type: 'app' }, { drn: 'DS' }, { nonce: 'x', azp: 'web', scope: 'openid' }
  ] // prettier-ignore
  for (const claims of accepted) t.equal(await status({}, claims), 200, JSON.stringify(claims))
  const rejected = [
    { nonce: 'x' }, { at_hash: 'x' }, { c_hash: 'x' }, { typ: 'ID' }, { typ: 'Refresh' }, { typ: 'Offline' },
    { typ: 'Logout' }, { token_use: 'id' }, { token_use: 'refresh_token' }, { token_type: 'refresh' },
    { tokenType: 'refresh-token', scope: 'read', azp: 'web' }, { type: 'refresh' }, { drn: 'DSR' }, { nonce: 'x', azp: 'web' },
    { at_hash: 'x', azp: 'web', scope: 'openid' },
    { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }
  ] // prettier-ignore
  for (const claims of rejected) t.equal(await status({}, claims), 401, JSON.stringify(claims))
})

t.test('a claim that all access tokens of an issuer must have is no sign of an ID token', async (t) => {
  const issuer = 'https://dex.example.com'
  const pair = generateKeyPairSync('ed25519')
  const publicKey = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const requiredClaims = ['exp', 'iat', 'sub', 'nonce', 'at_hash']
  const made = await guardedApp(t, {
    jwt: { issuers: [{ issuer, audience: 'api', algorithms: ['EdDSA'], publicKey, requiredClaims }] }
  })
  made.route('GET', '/', { onRequest: made.app.authenticate })
  const status = async (claims: Record<string, unknown>) => {
    const token = await new SignJWT({ iss: issuer, aud: 'api', sub: 'ada', ...claims })
      .setProtectedHeader({ alg: 'EdDSA' })
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(pair.privateKey)
    return (await made.app.inject({ url: '/', headers: bearer(token) })).statusCode
  }
  t.equal(await status({ nonce: 'x', at_hash: 'x' }), 200)
  t.equal(await status({ nonce: 'x' }), 401)
  t.equal(await status({ nonce: 'x', at_hash: 'x', c_hash: 'x' }), 401)
})

t.test('a refresh token that the app signs itself is its own matter', async (t) => {
  const made = await guardedApp(t, { jwt: { secret: 'kq3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJ' } })
  made.route('GET', '/', { onRequest: made.app.authenticate })
  const token = made.app.jwt.sign({ sub: 'ada', type: 'refresh' })
  t.equal((await made.app.inject({ url: '/', headers: bearer(token) })).statusCode, 200)
})
