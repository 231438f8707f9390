// Keys and tokens of one run: one secret, one RSA and one Ed25519 pair, an hour's tokens signed with each.
import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

function token(alg, payload, signature) {
  const text = `${encoded({ alg, typ: 'JWT' })}.${encoded(payload)}`
  return `${text}.${signature(text).toString('base64url')}`
}

let made

export function tokens() {
  made ??= make()
  return made
}

/** A valid token of another user. */
export const anotherToken = (index) => tokenWith('HS256', { sub: `user-${index}`, id: `user-${index}` })

const signers = {
  HS256: (text, { secret }) => createHmac('sha256', secret).update(text).digest(),
  RS256: (text, { privateKeys }) => sign('sha256', Buffer.from(text), privateKeys.RS256),
  EdDSA: (text, { privateKeys }) => sign(null, Buffer.from(text), privateKeys.EdDSA)
}

/** One with some claims changed, signed as the good ones are. */
export function tokenWith(alg, claims) {
  const tokenSet = tokens()
  return token(alg, { ...tokenSet.payload, ...claims }, (text) => signers[alg](text, tokenSet))
}

/** As environment of the measured process, so that it spends nothing on making keys. */
export const tokensForChildren = () => ({ BENCH_TOKENS: JSON.stringify(tokens()) })

function make() {
  const now = Math.floor(Date.now() / 1000)
  const payload = {
    sub: 'user-1',
    id: 'user-1',
    email: 'ada@example.com',
    role: 'admin',
    roles: ['admin'],
    iss: 'https://bench.example.com',
    aud: 'bench',
    iat: now,
    exp: now + 86_400
  }
  const secret = randomBytes(48).toString('base64url')
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const ed = generateKeyPairSync('ed25519')
  const publicPem = ({ publicKey }) => publicKey.export({ type: 'spki', format: 'pem' })
  const privatePem = ({ privateKey }) => privateKey.export({ type: 'pkcs8', format: 'pem' })
  const privateKeys = { RS256: privatePem(rsa), EdDSA: privatePem(ed) }
  const good = (alg) => token(alg, payload, (text) => signers[alg](text, { secret, privateKeys }))
  return {
    secret,
    payload,
    issuer: payload.iss,
    audience: payload.aud,
    HS256: good('HS256'),
    RS256: good('RS256'),
    EdDSA: good('EdDSA'),
    keys: { RS256: publicPem(rsa), EdDSA: publicPem(ed) },
    privateKeys
  }
}
