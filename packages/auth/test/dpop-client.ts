import { generateKeyPairSync, hash, randomUUID, sign as signBytes, type KeyObject } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import type { AuthOptions, DpopOptions, JwtOptions, TokenPair } from '../src/index.ts'
import { encode, guardedApp, seconds, secret } from './helpers.ts'

export const baseUrl = 'https://api.example.com'

export interface KeyPair {
  privateKey: KeyObject
  publicKey: KeyObject
}
export const keyPair = (): KeyPair => generateKeyPairSync('ec', { namedCurve: 'P-256' })

export interface ProofOptions {
  method?: string
  url?: string
  token?: string
  nonce?: string | null
  /** On top of the right ones; `undefined` removes a member. */
  header?: object
  claims?: object
}

/** A proof with any header and claims, also those that a library refuses to sign. */
export function proofOf(
  { privateKey, publicKey }: KeyPair,
  { method = 'GET', url = `${baseUrl}/me`, token, nonce, header, claims }: ProofOptions = {}
): string {
  const head = { typ: 'dpop+jwt', alg: 'ES256', jwk: publicKey.export({ format: 'jwk' }), ...header }
  const body = {
    jti: randomUUID(),
    htm: method,
    htu: url,
    iat: seconds(),
    ...(token === undefined ? {} : { ath: hash('sha256', token, 'base64url') }),
    ...(nonce ? { nonce } : {}),
    ...claims
  }
  return signProof(privateKey, `${encode(head)}.${encode(body)}`)
}

export function signProof(key: KeyObject, text: string): string {
  const bytes = signBytes('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' })
  return `${text}.${bytes.toString('base64url')}`
}

export const withProof = (token: string, dpop: string): { authorization: string; dpop: string } => ({
  authorization: `DPoP ${token}`,
  dpop
})

/** Logs in with a proof of a key. */
export async function login(
  app: FastifyInstance,
  key: KeyPair,
  claims: object = { sub: 'ada' },
  nonce?: string
): Promise<TokenPair> {
  const dpop = proofOf(key, { method: 'POST', url: `${baseUrl}/login`, ...(nonce ? { nonce } : {}) })
  const response = await app.inject({ method: 'POST', url: '/login', payload: claims, headers: { dpop } })
  if (response.statusCode !== 200) throw new Error(response.body)
  return response.json()
}

/** An app with tokens that can be bound, and routes for login and refresh. */
export async function dpopApp(
  t: Test,
  {
    dpop,
    jwt,
    more,
    routes
  }: {
    dpop?: Partial<DpopOptions>
    jwt?: Partial<JwtOptions>
    more?: AuthOptions
    routes?: (app: FastifyInstance) => void
  } = {}
) {
  const made = await guardedApp(t, {
    jwt: { secret, ...jwt, dpop: { baseUrl, ...dpop } },
    ...more
  })
  const { app, route } = made
  app.post('/login', { config: { auth: false } }, async (request) =>
    app.auth.issueTokens(request.body as Record<string, unknown>, request)
  )
  app.post('/refresh', { config: { auth: false } }, async (request) =>
    app.auth.refresh((request.body as { token: string }).token, request)
  )
  route('GET', '/me', { config: { auth: true } }, ({ user }: { user: unknown }) => user)
  routes?.(app)
  await app.ready()
  const me = (headers: Record<string, string>, url = '/me') => app.inject({ url, headers })
  const refresh = (token: string, dpopHeader?: string) =>
    app.inject({
      method: 'POST',
      url: '/refresh',
      payload: { token },
      headers: dpopHeader === undefined ? {} : { dpop: dpopHeader }
    })
  return { ...made, me, refresh }
}
