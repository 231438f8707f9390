import { generateKeyPairSync, sign as signBytes } from 'node:crypto'
import { createServer } from 'node:http'
import t, { type Test } from 'tap'
import type { IssuerOptions, ProviderName } from '../src/index.ts'
import { bearer, encode, guardedApp, listen } from './helpers.ts'

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
const tokenOf = (header: object, claims: object): string => {
  const text = `${encode({ alg: 'RS256', kid: 'k', ...header })}.${encode(claims)}`
  return `${text}.${signBytes('sha256', Buffer.from(text), pair.privateKey).toString('base64url')}`
}
const now = Math.floor(Date.now() / 1000)
const times = { iat: now, exp: now + 600 }

/** A token as the provider issues it, without `iss` and dates, and what an app sees of it. */
interface Shape {
  /** Below the URL of the server. */
  issuer: string
  /** The path at which the provider has its keys. `undefined`: a fixed host. */
  keys: string | undefined
  header: object
  claims: object
  /** A token of the same provider that is not for this API. */
  others: object[]
  roles: string[]
  scopes: string[]
}

const shapes: Record<ProviderName, Shape> = {
  auth0: {
    issuer: '/',
    keys: '/.well-known/jwks.json',
    header: { typ: 'at+jwt' },
    claims: {
      sub: 'auth0|1',
      aud: ['api', 'https://t.auth0.com/userinfo'],
      azp: 'web',
      scope: 'openid read:a',
      permissions: ['x']
    },
    others: [{ sub: 'auth0|1', aud: 'web', nonce: 'n' }],
    roles: [],
    scopes: ['openid', 'read:a']
  },
  cognito: {
    issuer: '/eu-west-1_x',
    keys: '/eu-west-1_x/.well-known/jwks.json',
    header: {},
    claims: {
      sub: 'u',
      client_id: 'api',
      token_use: 'access',
      scope: 'aws.cognito.signin.user.admin',
      'cognito:groups': ['admin'],
      username: 'u',
      auth_time: now
    },
    others: [
      { sub: 'u', aud: 'api', token_use: 'id' },
      { sub: 'u', client_id: 'other', token_use: 'access' },
      { sub: 'u', token_use: 'access' },
      { sub: 'u', client_id: ['api', 'other'], token_use: 'access' }
    ],
    roles: ['admin'],
    scopes: ['aws.cognito.signin.user.admin']
  },
  entra: {
    issuer: '/tenant/v2.0',
    keys: '/tenant/discovery/v2.0/keys',
    header: { typ: 'JWT' },
    claims: {
      sub: 's',
      aud: 'api',
      azp: 'web',
      oid: 'o',
      tid: 'tenant',
      ver: '2.0',
      scp: 'read write',
      roles: ['admin']
    },
    others: [
      { sub: 's', aud: '00000003-0000-0000-c000-000000000000', azp: 'web', scp: 'User.Read' },
      // ID tokens of the app that is the API's client too, by the code flow without a nonce.
      { sub: 's', aud: 'api', oid: 'o', tid: 'tenant', ver: '2.0', name: 'Ada', roles: ['admin'] },
      { sub: 's', aud: 'api', ver: '2.0', roles: ['admin'] }
    ],
    roles: ['admin'],
    scopes: ['read', 'write']
  },
  google: {
    issuer: '',
    keys: undefined,
    header: { typ: 'JWT' },
    claims: {
      sub: '1',
      aud: 'api',
      azp: 'robot@p.iam.gserviceaccount.com',
      email: 'robot@p.iam.gserviceaccount.com',
      email_verified: true
    },
    others: [{ sub: '1', aud: 'api', azp: 'web', at_hash: 'h' }],
    roles: [],
    scopes: []
  },
  keycloak: {
    issuer: '/realms/r',
    keys: '/realms/r/protocol/openid-connect/certs',
    header: { typ: 'JWT' },
    claims: {
      sub: 'u',
      aud: ['api', 'account'],
      azp: 'web',
      typ: 'Bearer',
      acr: '1',
      scope: 'openid email',
      realm_access: { roles: ['admin', 'offline_access'] },
      resource_access: { api: { roles: ['x'] } },
      nonce: 'n'
    },
    others: [
      { sub: 'u', aud: 'account', azp: 'web', typ: 'Bearer' },
      { sub: 'u', aud: 'api', typ: 'ID' },
      { sub: 'u', aud: 'api', typ: 'Refresh' }
    ],
    roles: ['admin', 'offline_access'],
    scopes: ['openid', 'email']
  },
  okta: {
    issuer: '/oauth2/default',
    keys: '/oauth2/default/v1/keys',
    header: {},
    claims: {
      ver: 1,
      jti: 'AT.1',
      sub: 'ada@example.com',
      aud: 'api',
      cid: 'web',
      uid: 'u',
      scp: ['openid', 'read'],
      groups: ['admin']
    },
    others: [{ sub: 'u', aud: 'web', nonce: 'n', ver: 1 }],
    roles: ['admin'],
    scopes: ['openid', 'read']
  }
}

async function serverOf(t: Test) {
  const paths: string[] = []
  const server = createServer(({ url }, response) => {
    paths.push(String(url))
    response.end(
      JSON.stringify({
        keys: [{ ...pair.publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' }]
      })
    )
  })
  return { paths, url: (await listen(t, server)).url }
}

for (const [provider, { issuer: path, keys, header, claims, others, roles, scopes }] of Object.entries(
  shapes
)) {
  t.test(`an access token of ${provider} is let in by its name, and no other token of it`, async (t) => {
    const { url, paths } = await serverOf(t)
    const issuer = keys === undefined ? 'https://accounts.google.com' : url + path
    const options: IssuerOptions = {
      provider: provider as ProviderName,
      issuer,
      audience: 'api',
      ...(keys === undefined ? { jwksUrl: `${url}/certs` } : {})
    }
    const { app, route } = await guardedApp(t, { jwt: { issuers: [options] } })
    route('GET', '/me', { config: { auth: true } }, ({ identity }: { identity: object }) => identity)
    await app.ready()
    const me = (token: string) => app.inject({ url: '/me', headers: bearer(token) })

    const response = await me(tokenOf(header, { iss: issuer, ...times, ...claims }))
    t.match(response.json(), { issuer, roles, scopes })
    t.equal(paths[0], keys ?? '/certs')
    for (const other of others)
      t.equal(
        (await me(tokenOf(header, { iss: issuer, ...times, ...other }))).statusCode,
        401,
        JSON.stringify(other)
      )
    t.equal((await me(tokenOf(header, { iss: 'https://evil.example', ...times, ...claims }))).statusCode, 401)
  })
}

t.test('options beside the provider win, and an unknown provider stops the start', async (t) => {
  const { url } = await serverOf(t)
  const issuers: IssuerOptions[] = [
    {
      provider: 'auth0',
      issuer: `${url}/`,
      audience: 'api',
      scopesClaim: 'permissions',
      rolesClaim: 'https://example.com/roles'
    }
  ]
  const { app, route } = await guardedApp(t, { jwt: { issuers } })
  route('GET', '/me', { config: { auth: true } }, ({ identity }: { identity: object }) => identity)
  const claims = { ...shapes.auth0.claims, 'https://example.com/roles': ['editor'] }
  const token = tokenOf({}, { iss: `${url}/`, ...times, ...claims })
  t.match((await app.inject({ url: '/me', headers: bearer(token) })).json(), {
    roles: ['editor'],
    scopes: ['x']
  })
  const wrong = { provider: 'auth' as ProviderName, issuer: url, audience: 'api' }
  await t.rejects(guardedApp(t, { jwt: { issuers: [wrong] } }), {
    code: 'INVALID_OPTION',
    message: /provider/
  })
})

for (const [provider, issuer, right] of [
  ['auth0', 'https://shop.eu.auth0.com', "such as 'https://shop.eu.auth0.com/'"],
  ['okta', 'https://shop.okta.com/oauth2/default/', "such as 'https://shop.okta.com/oauth2/default'"],
  ['keycloak', 'https://id.example.com/realms/shop/', "such as 'https://id.example.com/realms/shop'"],
  ['entra', 'https://sts.windows.net/tenant', "such as 'https://sts.windows.net/tenant/'"],
  ['entra', 'https://login.microsoftonline.com/common/v2.0', "which has the tenant's id"]
] as const) {
  t.test(`no token of ${provider} has the issuer ${issuer}: it stops the start`, async (t) => {
    const issuers = [{ provider, issuer, audience: 'api' }]
    const error = await guardedApp(t, { jwt: { issuers } }).catch((cause: Error) => cause)
    t.match(error, { code: 'INVALID_OPTION' })
    t.ok((error as Error).message.includes(right), (error as Error).message)
  })
}

t.test('a key set may begin with a byte order mark', async (t) => {
  const keys = [{ ...pair.publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' }]
  const server = createServer((_request, response) => response.end(`\uFEFF${JSON.stringify({ keys })}`))
  const { url } = await listen(t, server)
  const { app, route } = await guardedApp(t, {
    jwt: { issuers: [{ issuer: url, audience: 'api', algorithms: ['RS256'], jwksUrl: url }] }
  })
  route('GET', '/me', { config: { auth: true } })
  const token = tokenOf({}, { iss: url, ...times, sub: 'ada', aud: 'api' })
  t.equal((await app.inject({ url: '/me', headers: bearer(token) })).statusCode, 200)
})

t.test('tokens of version 1 of Entra are verified by the keys of its other host', async (t) => {
  const requestedPaths: string[] = []
  const real = globalThis.fetch
  t.teardown(() => void (globalThis.fetch = real))
  globalThis.fetch = async (url) => {
    requestedPaths.push(url instanceof Request ? url.url : url.toString())
    const keys = [{ ...pair.publicKey.export({ format: 'jwk' }), kid: 'k', use: 'sig' }]
    return new Response(JSON.stringify({ keys }))
  }
  const issuer = 'https://sts.windows.net/tenant/'
  const { app, route } = await guardedApp(t, {
    jwt: { issuers: [{ provider: 'entra', issuer, audience: 'api://shop' }] }
  })
  route('GET', '/me', { config: { auth: true } }, ({ identity }: { identity: object }) => identity)
  const claims = { sub: 's', aud: 'api://shop', appid: 'web', ver: '1.0', scp: 'read', roles: ['admin'] }
  const token = tokenOf({ typ: 'JWT' }, { iss: issuer, ...times, ...claims })
  const response = await app.inject({ url: '/me', headers: bearer(token) })
  t.match(response.json(), { issuer, roles: ['admin'], scopes: ['read'] })
  t.equal(requestedPaths[0], 'https://login.microsoftonline.com/tenant/discovery/v2.0/keys')
})
