import { createHmac, generateKeyPairSync, sign as signBytes, type KeyObject } from 'node:crypto'
import { startIntake } from '@seaworthy/testing'
import type { Test } from 'tap'
import { bearer, encode, guardedApp, seconds, secret } from './helpers.ts'

// Providers and keys: `theirs` is the key of the other provider.
export const idp = 'https://id.example.com'
export const other = 'https://other.example.com'
export const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
export const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
export const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
export const k256 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
export const theirs = generateKeyPairSync('ec', { namedCurve: 'P-256' })
export const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString()
export const jwk = (key: KeyObject, kid: string) => ({ ...key.export({ format: 'jwk' }), kid, use: 'sig' })

export const appClaims = (more: object = {}) => ({
  iss: 'seaworthy', aud: 'seaworthy', sub: 'ada', roles: ['admin'], iat: seconds(), exp: seconds() + 60, ...more
}) // prettier-ignore
export const idpClaims = (more: object = {}) => appClaims({ iss: idp, aud: 'api', ...more })

/** Signs any header and claims: libraries refuse most of these. */
export function signed(header: object, claims: unknown, key: string | KeyObject = secret): string {
  const { alg = '' } = header as { alg?: unknown }
  // An object may have a "toString" that is no function.
  const name = typeof alg === 'string' ? alg : ''
  return signedText(`${encode(header)}.${encode(claims)}`, key, /(?:256|384|512)$/.exec(name)?.[0])
}

/** The text with a signature: by HMAC for a secret, else by the key. */
export function signedText(text: string, key: string | KeyObject, bits = '256'): string {
  const bytes =
    typeof key === 'string'
      ? createHmac(`sha${bits}`, key).update(text).digest()
      : signBytes(`sha${bits}`, Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' })
  return `${text}.${bytes.toString('base64url')}`
}

/** A token of the app. */
export const hs = (claims: unknown, header: object = {}, key = secret) =>
  signed({ alg: 'HS256', typ: 'JWT', ...header }, claims, key)

/** A token of the provider. */
export const es = (claims: unknown, header: object = {}, key = p256.privateKey) =>
  signed({ alg: 'ES256', kid: 'k1', ...header }, claims, key)

/** Accepts the app's HMAC tokens, those of an issuer with published keys, and those of one with a fixed key. */
export async function verifyingApp(t: Test) {
  const keys = { keys: [jwk(p256.publicKey, 'k1'), jwk(rsa.publicKey, 'r1'), jwk(p384.publicKey, 'k3')] }
  const intake = await startIntake(t, () => ({ body: JSON.stringify(keys) }))
  const trap = await startIntake(t, () => ({ body: JSON.stringify({ keys: [jwk(theirs.publicKey, 'k1')] }) }))
  const made = await guardedApp(t, {
    jwt: {
      secret,
      issuers: [
        { issuer: idp, audience: 'api', algorithms: ['ES256', 'RS256'], jwksUrl: intake.url },
        { issuer: other, audience: 'api', algorithms: ['ES256'], publicKey: pem(theirs.publicKey) }
      ]
    }
  })
  const { app, route } = made
  route('DELETE', '/authenticate', { onRequest: app.authenticate })
  route('DELETE', '/authorize', { onRequest: app.authorize('admin') })
  route('DELETE', '/declared', { config: { auth: { roles: 'admin' } } })
  await app.ready()
  const send = (token: string, url = '/authenticate') =>
    app.inject({ method: 'DELETE', url, headers: bearer(token) })
  return { ...made, send, trap, intake }
}
