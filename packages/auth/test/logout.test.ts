import Fastify from 'fastify'
import t from 'tap'
import { auth, type LogoutOptions } from '../src/index.ts'
import { Browser } from './browser.ts'
import { bearer } from './helpers.ts'
import { confirmLogout, logoutApp, logoutAtProvider } from './logout-provider.ts'

t.test('a logout at the provider ends the session here, by its back-channel', async (t) => {
  const made = await logoutApp(t)
  const { meStatus, login, calls, events } = made
  await login()
  t.equal(await meStatus(), 200)
  // The same user in another browser has another session at the provider.
  const other = new Browser()
  await login(other)
  await logoutAtProvider(made)
  t.strictSame(calls, ['200'])
  t.equal(await meStatus(), 401)
  t.equal(await meStatus(other), 200)
  const logged = events.map(({ type, outcome }) => `${type} ${outcome}`)
  t.strictSame(
    logged.filter((event) => event.includes('logout') || event.includes('channel')),
    ['session_ended provider_logout', 'provider_logout back_channel']
  )
})

t.test(
  'it ends a session that has got a new id since, and one of a provider that sends no sid',
  async (t) => {
    for (const client of [{}, { backchannel_logout_session_required: false }]) {
      const made = await logoutApp(t, { client })
      await made.login()
      const response = await made.browser.open(`${made.origin}/roles`)
      t.equal(response.status, 200)
      t.equal(await made.meStatus(), 200)
      await logoutAtProvider(made)
      t.strictSame(made.calls, ['200'])
      t.equal(await made.meStatus(), 401)
    }
  }
)

t.test('a logout ends tokens that the login has issued, access and refresh', async (t) => {
  const made = await logoutApp(t, { tokens: true })
  const { app } = made
  const page = await made.login()
  const { accessToken, refreshToken } = (await page.json()) as { accessToken: string; refreshToken: string }
  const me = async () => (await app.inject({ url: '/me', headers: bearer(accessToken) })).statusCode
  t.equal(await me(), 200)
  const unrelated = await app.auth.issueTokens({ sub: 'ada' })
  await logoutAtProvider(made)
  t.equal(await me(), 401)
  await t.rejects(app.auth.refresh(refreshToken), { code: 'AUTH_REFRESH_INVALID' })
  t.match(await app.auth.refresh(unrelated.refreshToken), { tokenType: 'Bearer' })
})

t.test('a logout here goes to the provider and comes back, with the state of this browser', async (t) => {
  const { browser, origin, issuer, login, meStatus, events } = await logoutApp(t)
  await login()
  const page = await browser.open(`${origin}/logout/company?returnTo=/bye?from=shop`, {})
  const url = new URL(page.at)
  t.equal(url.origin + url.pathname, `${issuer}/session/end`)
  t.match(Object.fromEntries(url.searchParams), {
    client_id: 'app',
    id_token_hint: /^[\w-]+\.[\w-]+\.[\w-]+$/,
    post_logout_redirect_uri: `${origin}/logout/company/callback`,
    state: /^[\w-]{43}$/
  })
  t.equal(await meStatus(), 401, 'the session here has ended before the provider answers')
  t.equal(await confirmLogout(browser, page), `${origin}/bye?from=shop`)
  t.ok(events.some(({ type, outcome }) => type === 'provider_logout' && outcome === 'rp_initiated'))

  // At the provider the user is logged out too: the next login asks again.
  t.match(new URL((await browser.open(`${origin}/login/company`)).at).pathname, /^\/interaction\//)
})

t.test('the way back leads to the default path without the state of this browser', async (t) => {
  const { browser, origin } = await logoutApp(t)
  for (const query of ['', '?state=', `?state=${'x'.repeat(43)}`])
    t.equal((await browser.open(`${origin}/logout/company/callback${query}`)).at, `${origin}/bye`)
})

t.test('a logout cannot be made by another site, and returns to paths of the service only', async (t) => {
  const { app, origin, browser, login, meStatus } = await logoutApp(t)
  await login()
  const cookie = [...browser.jars.get(new URL(origin).host)!].map((pair) => pair.join('=')).join('; ')
  const answer = await app.inject({
    method: 'POST',
    url: '/logout/company',
    headers: { cookie, 'sec-fetch-site': 'cross-site' }
  })
  t.equal(answer.statusCode, 403)
  t.equal((await app.inject({ url: '/logout/company', headers: { cookie } })).statusCode, 404)
  t.equal(await meStatus(), 200)
  const anonymous = await app.inject({ method: 'POST', url: '/logout/company?returnTo=//evil.example' })
  t.match(anonymous, { statusCode: 303, headers: { location: '/bye', 'cache-control': 'no-store' } })
})

t.test(
  'a change of roles is the same login, and without one there is nothing to end at the provider',
  async (t) => {
    const { browser, origin, login, meStatus } = await logoutApp(t)
    await login()
    const page = await browser.open(`${origin}/roles`)
    t.equal(page.status, 200)
    const out = await browser.open(`${origin}/logout/company`, {})
    t.match(out.at, /session\/end/)
    t.equal(await meStatus(), 401)
    const again = await browser.open(`${origin}/logout/company`, {})
    t.equal(again.at, `${origin}/bye`)
  }
)

t.test(
  'a front-channel logout ends one session by iss and sid, and may be framed by the provider',
  async (t) => {
    const made = await logoutApp(t)
    const { app, issuer, origin, login, meStatus, lines } = made
    await login()
    const out = new Browser()
    await login(out)
    const page = await out.open(`${origin}/logout/company`, {})
    const hint = new URL(page.at).searchParams.get('id_token_hint')!
    const { sid: usedSid } = JSON.parse(Buffer.from(hint.split('.')[1]!, 'base64url').toString()) as {
      sid: string
    }
    const logout = (query: Record<string, string>) => app.inject({ url: '/frontchannel', query })
    for (const query of [
      {},
      { iss: issuer },
      { sid: usedSid },
      { iss: 'https://evil.example', sid: usedSid },
      { iss: issuer, sid: '' }
    ] as Record<string, string>[])
      t.equal((await logout(query)).statusCode, 400, JSON.stringify(query))
    t.equal((await logout({ iss: issuer, sid: usedSid })).statusCode, 200)
    t.equal((await logout({ iss: issuer, sid: 'invented' })).statusCode, 200, 'it tells nothing about ids')
    t.equal(await meStatus(), 200, 'another session at the provider')

    const { sid } = await sidOf(made)
    const response = await logout({ iss: issuer, sid })
    t.match(response, {
      statusCode: 200,
      headers: {
        'cache-control': 'no-store',
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': `default-src 'none'; frame-ancestors ${issuer}`
      }
    })
    t.notOk(response.headers['x-frame-options'])
    t.equal(await meStatus(), 401)
    t.strictSame(lines, [])
  }
)

/** The provider's id of the session of the browser: the next login is silent and has the same. */
async function sidOf({
  app,
  browser,
  origin
}: Awaited<ReturnType<typeof logoutApp>>): Promise<{ sid: string }> {
  const cookie = [...browser.jars.get(new URL(origin).host)!].map((pair) => pair.join('=')).join('; ')
  const answer = await app.inject({ method: 'POST', url: '/logout/company', headers: { cookie } })
  const hint = new URL(String(answer.headers.location)).searchParams.get('id_token_hint')!
  await browser.agree(await browser.open(`${origin}/login/company`))
  return JSON.parse(Buffer.from(hint.split('.')[1]!, 'base64url').toString()) as { sid: string }
}

t.test('at a provider without a logout page the session ends here', async (t) => {
  const { browser, origin, login, meStatus } = await logoutApp(t, {
    features: { rpInitiatedLogout: { enabled: false } }
  })
  await login()
  t.equal((await browser.open(`${origin}/logout/company`, {})).at, `${origin}/bye`)
  t.equal(await meStatus(), 401)
})

t.test('options that cannot work stop the start', async (t) => {
  const start = (logout: object, more: object = { issuer: 'https://id.example.com' }) => {
    const app = Fastify()
    t.teardown(() => app.close())
    const company = {
      clientId: 'app',
      clientSecret: 'secret',
      callbackUrl: 'https://shop.example.com/callback',
      onLogin: () => undefined,
      logout: logout as LogoutOptions,
      ...more
    }
    return Promise.resolve(app.register(auth, { oauth2: { company } as never }))
  }
  await t.rejects(start({}, { endpoints: 'github' }), /"oauth2.company.logout" must be used with "issuer"/)
  await t.rejects(start({ backchannel: true }), /"oauth2.company.logout.backchannel"/)
  await t.rejects(start({ backchannelPath: 'logout' }), /backchannelPath" must be a path of this service/)
  await t.rejects(start({ frontchannelPath: '/a?b' }), /frontchannelPath" must be a path of this service/)
  await t.rejects(start({ path: '//evil.example' }), /logout.path" must be a path of this service/)
  await t.rejects(
    start({ returnTo: 'https://evil.example' }),
    /logout.returnTo" must be a path of this service/
  )
  await t.rejects(
    start({ callbackUrl: 'http://shop.example.com/x' }),
    /logout.callbackUrl" must be an https URL/
  )
  await t.rejects(start({ tokenType: 'at+jwt' }), /logout.tokenType" must be one of/)
})
