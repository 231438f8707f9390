import t from 'tap'
import { build, keyPair, type Special } from './special-provider.ts'

t.test('a provider that takes the client secret in the body alone gets it there', async (t) => {
  const metadata = () => ({ token_endpoint_auth_methods_supported: ['client_secret_post'] })
  const { login, seen } = await build(t, { metadata })
  t.equal(await login(), 302)
  t.equal(seen[0]?.authorization, undefined)
  t.match(new URLSearchParams(seen[0]?.body).get('client_secret'), 'a secret of the app')
})

t.test('other providers get the client secret in the header', async (t) => {
  const metadata = () => ({
    token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic']
  })
  const { login, seen } = await build(t, { metadata })
  t.equal(await login(), 302)
  t.match(seen[0]?.authorization, /^Basic /)
  t.notMatch(seen[0]?.body, /client_secret/)
})

for (const [value, isVerified] of [
  [true, true],
  ['true', true],
  [false, false],
  ['false', false],
  [1, false]
] as const) {
  const what = isVerified ? 'a verified' : 'no verified'
  t.test(`email_verified ${JSON.stringify(value)} makes ${what} address`, async (t) => {
    const claims = () => ({ email: 'ada@example.com', email_verified: value })
    const { login, identities } = await build(t, { claims })
    t.equal(await login(), 302)
    t.equal(identities[0]?.verifiedEmail, isVerified ? 'ada@example.com' : undefined)
  })
}

const withUserInfo = (origin: string) => ({ userinfo_endpoint: `${origin}/userinfo` })
for (const userInfo of [
  { status: 401 },
  { status: 403, headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' } }
]) {
  t.test(`userinfo that answers ${userInfo.status} leaves the claims of the ID token`, async (t) => {
    const { login, identities } = await build(t, { metadata: withUserInfo, userInfo })
    t.equal(await login(), 302)
    t.match(identities, [{ subject: 'ada', verifiedEmail: undefined }])
  })
}

t.test('userinfo of another subject is rejected', async (t) => {
  const userInfo = { status: 200, body: { sub: 'eve', email: 'eve@example.com' } }
  const { login, identities } = await build(t, { metadata: withUserInfo, userInfo })
  t.equal(await login(), 401)
  t.equal(identities.length, 0)
})

t.test('an ID token of a key that the provider has just begun to use is accepted', async (t) => {
  const { login, state, counts } = await build(t)
  t.equal(await login(), 302)
  t.equal(await login(), 302)
  t.match(counts, { '/keys': 1, '/.well-known/openid-configuration': 1 })
  state.pair = keyPair()
  state.kid = 'second'
  t.equal(await login(), 302)
  t.match(counts, { '/keys': 2, '/.well-known/openid-configuration': 1 })
})

t.test('a new key may have the id of the one before; the code is sent once', async (t) => {
  const { login, state, counts } = await build(t)
  t.equal(await login(), 302)
  state.pair = keyPair()
  t.equal(await login(), 302)
  t.match(counts, { '/keys': 2, '/token': 2, '/.well-known/openid-configuration': 1 })
})

t.test('an ID token of a key that the provider does not publish is rejected', async (t) => {
  const { login, state, counts } = await build(t)
  t.equal(await login(), 302)
  const { publicKey } = state.pair
  state.pair = { publicKey, privateKey: keyPair().privateKey }
  t.equal(await login(), 401)
  t.match(counts, { '/keys': 2, '/token': 2 }, 'its keys are fetched once more')
})

for (const [option, published] of [
  ['/realms/shop/', '/realms/shop'],
  ['/realms/shop', '/realms/shop/']
] as const) {
  t.test(`the issuer ${option} is that of the metadata, ${published}`, async (t) => {
    const issuer = (origin: string) => `${origin}${published}`
    const special: Special = {
      metadata: (origin) => ({ issuer: issuer(origin) }),
      claims: (origin) => ({ iss: issuer(origin) })
    }
    const { login, identities, origin } = await build(t, special, option)
    t.equal(await login(), 302)
    t.equal(identities[0]?.issuer, issuer(origin))
  })
}

t.test('metadata of another issuer stop the login, and the log says why', async (t) => {
  const { login, lines } = await build(t, { metadata: () => ({ issuer: 'https://other.example' }) })
  t.equal(await login(), 401)
  const line = lines.find((text) => text.includes('auth: a login at a provider failed'))
  t.match(JSON.parse(line ?? '{}'), {
    provider: 'op',
    code: 'AUTH_LOGIN_INVALID',
    reason: /does not match the expected issuer/
  })
})

t.test('the identity of a provider for many tenants names the tenant of the user', async (t) => {
  const entra = 'https://login.microsoftonline.com'
  const tenant = '7b3b1d2c-0000-4000-8000-000000000000'
  const { login, identities, url } = await build(
    t,
    {
      origin: entra,
      metadata: () => ({ issuer: `${entra}/{tenantid}/v2.0` }),
      claims: () => ({ iss: `${entra}/${tenant}/v2.0`, tid: tenant })
    },
    '/common/v2.0'
  )
  const real = globalThis.fetch
  t.intercept(globalThis, 'fetch', {
    value: (input: string | URL, init?: RequestInit) => real(String(input).replace(entra, url), init)
  })
  t.equal(await login(), 302)
  t.match(identities, [{ issuer: `${entra}/${tenant}/v2.0`, subject: 'ada' }])
})
