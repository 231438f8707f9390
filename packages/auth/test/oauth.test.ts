import { startIntake } from '@seaworthy/testing'
import t from 'tap'
import { githubProfile } from '../src/oauth/github.ts'
import { isLocalPath } from '../src/core/local-path.ts'
import { Browser } from './browser.ts'
import { startApp, startCompany, startProvider } from './company-login.ts'
import { cookieOf } from './helpers.ts'

t.test('a login at a real OpenID provider works, with PKCE, nonce and discovery', async (t) => {
  const { origin, issuer, seen } = await startCompany(t)
  const browser = new Browser()
  const form = await browser.open(`${origin}/login/company`)
  t.match(new URL(form.at).pathname, /^\/interaction\//)

  const page = await browser.agree(form)
  t.equal(page.at, `${origin}/me`)
  t.match(await page.json(), { sub: 'ada', email: 'ada@example.com' })
  t.match(seen.identities, [
    { provider: 'company', issuer, subject: 'ada', verifiedEmail: 'ada@example.com', name: 'Ada' }
  ])
  t.match(
    seen.events.map(({ type, outcome }) => `${type} ${outcome}`),
    ['provider_login ok', 'session_started login']
  )
  t.notMatch(JSON.stringify(seen.events), new RegExp(String(seen.identities[0]?.accessToken)))
})

t.test('the redirect to the provider has PKCE, state and nonce, and sets the state cookie', async (t) => {
  const { app } = await startCompany(t)
  const { statusCode, headers } = await app.inject('/login/company')
  t.equal(statusCode, 302)
  t.equal(headers['cache-control'], 'no-store')
  const { searchParams } = new URL(String(headers.location))
  t.match(Object.fromEntries(searchParams), {
    response_type: 'code',
    client_id: 'app',
    scope: 'openid email profile',
    code_challenge: /^[\w-]{43}$/,
    code_challenge_method: 'S256',
    state: /^[\w-]{43}$/,
    nonce: /^[\w-]{43}$/
  })
  t.match(String(headers['set-cookie']), /^login-company-.*; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/)
})

t.test('two tabs log in at the same time, and each returns to its own path', async (t) => {
  const { origin, issuer } = await startCompany(t)
  const browser = new Browser()
  const first = await browser.open(`${origin}/login/company?returnTo=/orders?page=2`)
  // The provider's cookies are removed for the second login: two logins at once are not its concern here.
  const { host } = new URL(issuer)
  const providerCookies = browser.jars.get(host)!
  browser.jars.delete(host)
  const second = await browser.open(`${origin}/login/company`)
  t.equal((await browser.agree(second)).at, `${origin}/me`)
  browser.jars.set(host, providerCookies)
  t.equal((await browser.agree(first)).at, `${origin}/orders?page=2`)
})

t.test('a missing, wrong, foreign or used state is rejected', async (t) => {
  const { app, origin, callbackUrl, seen } = await startCompany(t)
  const browser = new Browser()
  const form = await browser.open(`${origin}/login/company`)
  const page = await browser.agree(form)
  t.equal(page.status, 200)

  const { headers } = await app.inject('/login/company')
  const state = new URL(String(headers.location)).searchParams.get('state')
  const cookieHeader = cookieOf(headers)
  for (const [query, cookie] of [
    ['code=x', ''],
    ['code=x&state=', ''],
    ['code=x&state=wrong', ''],
    [`code=x&state=${state}`, ''],
    [`code=x&state=${state}`, cookieHeader.replace(/=.*/, '=bm90IGpzb24')],
    ['error=access_denied', '']
  ] as [string, string][]) {
    const rejected = await fetch(`${callbackUrl}?${query}`, { headers: { cookie } })
    t.equal(rejected.status, 400, query)
    t.match(await rejected.json(), { code: 'AUTH_STATE_INVALID' })
  }
  t.equal(seen.identities.length, 1, 'no further login')
})

t.test(
  'the callback opened again redirects a user who is logged in, and tells others to start again',
  async (t) => {
    const { origin, callbackUrl, seen } = await startCompany(t)
    const browser = new Browser()
    const page = await browser.agree(await browser.open(`${origin}/login/company?returnTo=/orders`))
    t.equal(page.at, `${origin}/orders`)
    const used = `${callbackUrl}?code=x&state=${'s'.repeat(43)}`
    t.match(await browser.open(used), { at: `${origin}/me`, status: 200 })
    t.equal((await browser.open(`${callbackUrl}?code=x`)).status, 400, 'no login has such a callback')
    t.equal(seen.identities.length, 1, 'no further login')

    const rejected = await new Browser().open(used)
    t.equal(rejected.status, 400)
    t.match(await rejected.json(), {
      code: 'AUTH_STATE_INVALID',
      message: /start it again at \/login\/company$/
    })
  }
)

t.test('a rejection by the provider and an invalid code get 401', async (t) => {
  const { app, callbackUrl, issuer, seen } = await startCompany(t)
  const attempt = async (query: string) => {
    const { headers } = await app.inject('/login/company')
    const { searchParams } = new URL(String(headers.location))
    const cookie = cookieOf(headers)
    const url = `${callbackUrl}?${query}&state=${searchParams.get('state')}`
    const [first, again] = [await fetch(url, { headers: { cookie } }), await fetch(url)]
    t.equal(again.status, 400, 'the state is valid once')
    return { status: first.status, body: (await first.json()) as { code: string } }
  }
  const iss = `iss=${encodeURIComponent(issuer)}`
  t.match(await attempt(`error=access_denied&${iss}`), { status: 401, body: { code: 'AUTH_LOGIN_REJECTED' } })
  t.match(await attempt(`code=forged&${iss}`), { status: 401, body: { code: 'AUTH_LOGIN_INVALID' } })
  t.match(await attempt('code=x&iss=https://evil.example'), {
    status: 401,
    body: { code: 'AUTH_LOGIN_INVALID' }
  })
  t.match(await attempt(`code=a&code=b&${iss}`), { status: 400 })
  t.equal(seen.identities.length, 0)
})

t.test('an ID token for another nonce and a code for another verifier do not log in', async (t) => {
  for (const part of ['nonce', 'verifier']) {
    const { origin, seen } = await startCompany(t)
    const browser = new Browser()
    const form = await browser.open(`${origin}/login/company`)
    const jar = browser.jars.get(new URL(origin).host)!
    const [[name, value]] = [...jar] as [[string, string]]
    const attempt = JSON.parse(Buffer.from(value, 'base64url').toString()) as Record<string, string>
    attempt[part] = 'x'.repeat(43)
    jar.set(name, Buffer.from(JSON.stringify(attempt)).toString('base64url'))
    const page = await browser.agree(form)
    t.equal(page.status, 401, part)
    t.match(await page.json(), { code: 'AUTH_LOGIN_INVALID' })
    t.equal(seen.identities.length, 0)
    t.equal((await browser.open(`${origin}/me`)).status, 401)
  }
})

t.test('an unverified email address is not in verifiedEmail', async (t) => {
  const { origin, seen } = await startCompany(t)
  const browser = new Browser()
  await browser.agree(await browser.open(`${origin}/login/company`), 'eve')
  t.match(seen.identities, [{ subject: 'eve', verifiedEmail: undefined, claims: { email_verified: false } }])
})

t.test('an error of onLogin is the response, and the user is not logged in', async (t) => {
  const { origin } = await startCompany(t, {
    onLogin: () => {
      throw Object.assign(new Error('not a member'), { statusCode: 403 })
    }
  })
  const browser = new Browser()
  const page = await browser.agree(await browser.open(`${origin}/login/company`))
  t.equal(page.status, 403)
  t.equal((await browser.open(`${origin}/me`)).status, 401)
})

t.test('an unreachable provider gets 503 with Retry-After, and the next login retries', async (t) => {
  const { issuer, register } = await startProvider(t)
  const { app, callbackUrl } = await startApp(t, { issuer: 'http://127.0.0.1:1' })
  const unreachable = await app.inject('/login/company')
  t.equal(unreachable.statusCode, 503)
  t.equal(unreachable.headers['retry-after'], '5')
  t.match(unreachable.json(), { code: 'AUTH_PROVIDER_UNAVAILABLE' })

  const late = await startApp(t, { issuer })
  t.equal(
    (await late.app.inject('/login/company')).statusCode >= 400,
    true,
    'the provider does not respond yet'
  )
  register(callbackUrl)
  t.equal((await late.app.inject('/login/company')).statusCode, 302)
})

t.test('the profile of a provider without discovery returns the user', async (t) => {
  const upstream = await startIntake(t, () => ({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ access_token: 'opaque', token_type: 'bearer' })
  }))
  const accessTokens: string[] = []
  const { app, callbackUrl } = await startApp(t, {
    endpoints: {
      authorizeHost: upstream.url,
      authorizePath: '/authorize',
      tokenHost: upstream.url,
      tokenPath: '/token'
    },
    scope: 'read:user',
    profile: async (accessToken) => {
      accessTokens.push(accessToken)
      return { subject: '7', verifiedEmail: undefined, name: 'Grace', claims: {} }
    }
  })
  const { headers } = await app.inject('/login/company')
  const { searchParams } = new URL(String(headers.location))
  t.equal(searchParams.get('nonce'), null)
  const answer = await fetch(`${callbackUrl}?code=c&state=${searchParams.get('state')}`, {
    headers: { cookie: cookieOf(headers) },
    redirect: 'manual'
  })
  t.equal(answer.status, 302)
  t.equal(answer.headers.get('location'), '/me')
  t.strictSame(accessTokens, ['opaque'])
  t.match(upstream.requests[0]?.body.toString('utf8'), /code_verifier=[\w-]{43}/)
})

t.test("GitHub's user is identified by its number, with the primary address if it is verified", async (t) => {
  const emails = (verified: boolean) => [
    { email: 'other@example.com', primary: false, verified: true },
    { email: 'ada@example.com', primary: true, verified }
  ]
  for (const verified of [true, false]) {
    const api = await startIntake(t, ({ url }: { url: string }) => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(
        url === '/user' ? { id: 7, login: 'ada', name: null, email: 'typed@example.com' } : emails(verified)
      )
    }))
    t.match(await githubProfile('token', 5000, api.url), {
      subject: '7',
      name: 'ada',
      verifiedEmail: verified ? 'ada@example.com' : undefined
    })
  }
})

t.test('without sessions onLogin sends the response', async (t) => {
  const { issuer, register } = await startProvider(t)
  const { origin, callbackUrl } = await startApp(
    t,
    { issuer, onLogin: async ({ subject }, _request, reply) => reply.send({ welcome: subject }) },
    { session: false }
  )
  register(callbackUrl)
  const browser = new Browser()
  const page = await browser.agree(await browser.open(`${origin}/login/company`))
  t.match(await page.json(), { welcome: 'ada' })
})

t.test('the login returns only to paths of the service', async (t) => {
  for (const path of ['/', '/orders?page=2#top', '/a/b', '/%2F%2Fevil.example']) t.ok(isLocalPath(path), path)
  for (const path of [
    '//evil.example', '/\\evil.example', '\\\\evil.example', 'https://evil.example', 'javascript:alert(1)', '',
    '/\t/evil.example', '/\n/evil.example', ' /x', 'x', undefined, ['/x'], `/${'x'.repeat(3000)}`
  ]) t.notOk(isLocalPath(path), JSON.stringify(path)) // prettier-ignore

  const { origin } = await startCompany(t)
  const browser = new Browser()
  const page = await browser.agree(await browser.open(`${origin}/login/company?returnTo=//evil.example`))
  t.equal(page.at, `${origin}/me`)
})
