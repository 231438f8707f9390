import { createServer } from 'node:http'
import { randomBytes } from 'node:crypto'
import * as DPoP from 'dpop'
import Fastify, { type FastifyInstance } from 'fastify'
import Provider from 'oidc-provider'
import * as client from 'openid-client'
import t, { type Test } from 'tap'
import { auth, type DpopOptions } from '../src/index.ts'
import { keyPair, proofOf, withProof } from './dpop-client.ts'
import { listen, secret } from './helpers.ts'

/** A service on a real port, because the client sends what it calls. */
async function service(t: Test, options: (origin: string) => Parameters<typeof auth>[1]) {
  const server = createServer()
  const { url: origin } = await listen(t, server)
  const app: FastifyInstance = Fastify({
    serverFactory: (handler) => server.on('request', (request, response) => handler(request, response))
  })
  t.teardown(() => app.close())
  await app.register(auth, options(origin))
  app.get('/orders/:id', { config: { auth: true } }, async ({ user }) => user)
  app.post('/login', { config: { auth: false } }, async (request) =>
    app.auth.issueTokens({ sub: 'ada' }, request)
  )
  await app.ready()
  return { app, origin }
}

/** A real authorization server that issues JWTs bound to the key of the client. */
async function authorizationServer(t: Test): Promise<string> {
  const server = createServer()
  const { url: issuer } = await listen(t, server)
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'app',
        client_secret: 'secret',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: []
      }
    ],
    features: {
      clientCredentials: { enabled: true },
      dPoP: { enabled: true },
      introspection: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'urn:orders',
        getResourceServerInfo: () => ({
          scope: 'read',
          audience: 'orders',
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } }
        })
      }
    }
  })
  provider.on('server_error', () => undefined)
  server.on('request', provider.callback())
  return issuer
}

t.test('a token of a real authorization server is accepted with a proof of a real client only', async (t) => {
  const issuer = await authorizationServer(t)
  const dpop = (origin: string, more: Partial<DpopOptions> = {}): DpopOptions => ({
    baseUrl: origin,
    ...more
  })
  const { origin } = await service(t, (origin) => ({
    jwt: {
      issuers: [
        { issuer, audience: 'orders', algorithms: ['RS256'], jwksUrl: `${issuer}/jwks`, dpopRequired: true }
      ],
      dpop: dpop(origin, { nonce: true, nonceSecret: randomBytes(32).toString('base64') })
    }
  }))
  const config = await client.discovery(
    new URL(issuer),
    'app',
    undefined,
    client.ClientSecretBasic('secret'),
    {
      execute: [client.allowInsecureRequests]
    }
  )
  const handle = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
  const tokens = await client.clientCredentialsGrant(config, { scope: 'read' }, { DPoP: handle })
  t.equal(tokens.token_type, 'dpop')
  const url = new URL('/orders/a%2Fb?page=2', origin)
  const open = (of?: client.DPoPHandle) =>
    client.fetchProtectedResource(
      config,
      tokens.access_token,
      url,
      'GET',
      null,
      new Headers(),
      of ? { DPoP: of } : {}
    )
  // The client learns the nonce from the first 401, and repeats the request.
  const response = await open(handle)
  t.equal(response.status, 200)
  t.match(await response.json(), { sub: 'app', cnf: { jkt: /^[\w-]{43}$/ } })
  t.equal((await open(handle)).status, 200)

  const refused = (error: { status?: number }) => error.status
  t.equal(await open().then(({ status }) => status, refused), 401)
  const thief = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))
  t.equal(await open(thief).then(({ status }) => status, refused), 401)
})

t.test('a real client gets a nonce by the challenge, and the next ones with each response', async (t) => {
  const { origin, app } = await service(t, (origin) => ({
    jwt: { secret, dpop: { baseUrl: origin, nonce: true } }
  }))
  const key = keyPair()
  const url = `${origin}/login`
  const post = (dpop: string) => fetch(url, { method: 'POST', headers: { dpop } })
  const first = await post(proofOf(key, { method: 'POST', url }))
  t.equal(first.status, 401)
  t.match(first.headers.get('www-authenticate'), /^DPoP .*error="use_dpop_nonce"/)
  t.match(await first.json(), { code: 'AUTH_USE_DPOP_NONCE' })
  const nonce = first.headers.get('dpop-nonce') ?? ''
  t.match(nonce, /^[\w-]{22}$/)

  // With a nonce the clock of the client does not matter.
  const second = await post(proofOf(key, { method: 'POST', url, nonce, claims: { iat: 1_000_000_000 } }))
  t.equal(second.status, 200)
  t.match(second.headers.get('dpop-nonce'), /^[\w-]{22}$/)
  const { accessToken } = (await second.json()) as { accessToken: string }
  t.equal((await post(proofOf(key, { method: 'POST', url, nonce: `${nonce}x` }))).status, 401)

  const at = `${origin}/orders/1`
  const headers = withProof(accessToken, proofOf(key, { url: at, token: accessToken, nonce }))
  t.equal((await fetch(at, { headers })).status, 200)

  // The client library of browsers, with an algorithm of its own.
  for (const algorithm of ['ES256', 'Ed25519'] as const) {
    const pair = await DPoP.generateKeyPair(algorithm)
    const login = await post(await DPoP.generateProof(pair, url, 'POST', nonce))
    t.equal(login.status, 200, algorithm)
    const { accessToken: token } = (await login.json()) as { accessToken: string }
    const next = login.headers.get('dpop-nonce') ?? ''
    const proof = await DPoP.generateProof(pair, at, 'GET', next, token)
    t.equal((await fetch(at, { headers: withProof(token, proof) })).status, 200, algorithm)
  }
  t.equal((await fetch(at)).headers.get('dpop-nonce'), null, 'none for other clients')
  t.ok(app)
})
