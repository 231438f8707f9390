import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { createServer } from 'node:http'
import Fastify from 'fastify'
import type { Test } from 'tap'
import { auth, type OAuthOptions, type ProviderIdentity } from '../src/index.ts'
import { captureLog, cookieOf, encode, listen } from './helpers.ts'

type Claims = Record<string, unknown>
export const keyPair = () => generateKeyPairSync('rsa', { modulusLength: 2048 })
/** The key that each provider begins with. */
const firstPair = keyPair()

/** The habits of a provider. By default it has none. */
export interface Special {
  metadata?: (origin: string) => Claims
  claims?: (origin: string) => Claims
  userInfo?: { status: number; body?: object; headers?: Record<string, string> }
  /** The origin by which the provider is called, if it is not its own. */
  origin?: string
}

/** A provider, and an app that logs in there. */
export async function build(
  t: Test,
  special: Special = {},
  issuerPath = '',
  options: Partial<OAuthOptions> = {}
) {
  const state = { nonce: '', kid: 'first', pair: firstPair }
  const seen: { authorization: string | undefined; body: string }[] = []
  const counts: Record<string, number> = {}
  const server = createServer((request, response) => {
    const path = request.url!
    counts[path] = (counts[path] ?? 0) + 1
    const json = (value: object): void =>
      void response.setHeader('content-type', 'application/json').end(JSON.stringify(value))
    if (path === '/keys') {
      const key = { ...state.pair.publicKey.export({ format: 'jwk' }), kid: state.kid, use: 'sig' }
      return json({ keys: [key] })
    }
    if (path === '/userinfo') {
      const { status, body = {}, headers = {} } = special.userInfo!
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
      response.statusCode = status
      return json(body)
    }
    if (path !== '/token') {
      return json({
        issuer: origin,
        authorization_endpoint: `${origin}/authorize`,
        token_endpoint: `${origin}/token`,
        jwks_uri: `${origin}/keys`,
        ...special.metadata?.(origin)
      })
    }
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => {
      seen.push({ authorization: request.headers.authorization, body })
      const now = Math.floor(Date.now() / 1000)
      const claims = { iss: origin, aud: 'app', sub: 'ada', iat: now, exp: now + 60, nonce: state.nonce }
      const text = `${encode({ alg: 'RS256', kid: state.kid })}.${encode({ ...claims, ...special.claims?.(origin) })}`
      const signature = sign('sha256', Buffer.from(text), state.pair.privateKey).toString('base64url')
      json({ access_token: 'opaque', token_type: 'Bearer', id_token: `${text}.${signature}` })
    })
  })
  const { url } = await listen(t, server)
  const origin = special.origin ?? url
  const { lines, logger } = captureLog()
  const app = Fastify({ logger })
  t.teardown(() => app.close())
  const identities: ProviderIdentity[] = []
  await app.register(auth, {
    session: { key: randomBytes(32), cookie: { secure: false } },
    oauth2: {
      op: {
        issuer: `${origin}${issuerPath}`,
        clientId: 'app',
        clientSecret: 'a secret of the app',
        callbackUrl: 'http://127.0.0.1/callback',
        onLogin: (identity) => {
          identities.push(identity)
          return { id: identity.subject }
        },
        ...options
      }
    }
  })

  const login = async (): Promise<number> => {
    const start = await app.inject('/login/op')
    if (start.statusCode !== 302) return start.statusCode
    const { searchParams } = new URL(String(start.headers.location))
    state.nonce = searchParams.get('nonce')!
    const callback = `/callback?${new URLSearchParams({ code: 'c', state: searchParams.get('state')! }).toString()}`
    return (await app.inject({ url: callback, headers: { cookie: cookieOf(start.headers) } })).statusCode
  }
  return { app, login, identities, seen, counts, state, lines, url, origin }
}
