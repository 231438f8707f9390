import { join } from 'node:path'
import { freePort, start } from '@seaworthy/testing'
import t, { type Test } from 'tap'
import { sharedDatabase, startService } from './service.ts'

const client = { id: 'harbour', secret: 'the secret that the provider gave' }

// A real OpenID Connect provider in a process of its own, with a form to log in.
const provider = `
  import { createServer } from 'node:http'
  import Provider from 'oidc-provider'
  const [issuer, callback] = process.argv.slice(1)
  const provider = new Provider(issuer, {
    clients: [{ client_id: '${client.id}', client_secret: '${client.secret}', redirect_uris: [callback] }],
    claims: { email: ['email', 'email_verified'], profile: ['name'] },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: async () => ({
        sub: id, name: id, email: id + '@example.com', email_verified: id !== 'eve'
      })
    })
  })
  createServer(provider.callback()).listen(Number(new URL(issuer).port), '127.0.0.1', () => console.log('provides'))
`

type Page = Response & { at: string }

/** Follows redirects and keeps cookies as a browser does, a jar per host. */
class Browser {
  readonly #jars = new Map<string, Map<string, string>>()

  async open(url: string, form?: Record<string, string>, method = form ? 'POST' : 'GET'): Promise<Page> {
    let at = url
    let init: RequestInit = { method, ...(form ? { body: new URLSearchParams(form) } : {}) }
    for (let hop = 0; hop < 20; hop++) {
      const { host, origin } = new URL(at)
      const jar = this.#jars.get(host) ?? new Map<string, string>()
      this.#jars.set(host, jar)
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
      const headers = { origin, ...(cookie === '' ? {} : { cookie }) }
      const response = await fetch(at, { ...init, redirect: 'manual', headers })
      for (const line of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        if (/expires=Thu, 01 Jan 1970|max-age=0/i.test(line)) jar.delete(name)
        else jar.set(name, value)
      }
      const location = response.headers.get('location')
      if (location === null || response.status >= 400) return Object.assign(response, { at })
      at = new URL(location, at).href
      init = {}
    }
    throw new Error('redirected for ever')
  }

  /** Types a name into the provider's form and agrees, until it is back. */
  async agree(from: Page, login: string): Promise<Page> {
    let page = from
    for (let step = 0; step < 6 && page.at.includes('/interaction/'); step++) {
      const [, prompt = 'login'] = /name="prompt" value="(\w+)"/.exec(await page.text()) ?? []
      page = await this.open(page.at, { prompt, login, password: 'x' })
    }
    return page
  }
}

async function harbour(t: Test) {
  const [port, providerPort] = [await freePort(), await freePort()]
  const [origin, issuer] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${providerPort}`]
  const args = ['--input-type=module', '--eval', provider, issuer, `${origin}/login/company/callback`]
  const company = start(t, process.execPath, args, { cwd: join(import.meta.dirname, '..') })
  await company.waitFor(/provides/, 60_000)
  const service = await startService(t, {
    ...(await sharedDatabase(t)),
    PORT: String(port),
    PUBLIC_URL: origin,
    OIDC_ISSUER: issuer,
    OIDC_CLIENT_ID: client.id,
    OIDC_CLIENT_SECRET: client.secret
  })
  return { origin, issuer, service, company }
}

t.test('a login with the company, from the first page to the last, and out again', async (t) => {
  const { origin, issuer, service, company } = await harbour(t)
  const browser = new Browser()
  t.equal((await browser.open(`${origin}/profile`)).status, 401)

  const form = await browser.open(`${origin}/login/company`)
  t.match(new URL(form.at).pathname, /^\/interaction\//, 'at the provider')
  const page = await browser.agree(form, 'ada')
  t.equal(page.at, `${origin}/profile`)
  const profile = (await page.json()) as { id: string }
  t.match(profile, { email: 'ada@example.com', roles: ['user'] })

  const again = new Browser()
  const second = await again.agree(await again.open(`${origin}/login/company`), 'ada')
  t.match(await second.json(), { id: profile.id }, 'the same user')

  t.equal((await browser.open(`${origin}/session`, undefined, 'DELETE')).status, 204)
  t.equal((await browser.open(`${origin}/profile`)).status, 401)
  t.equal((await again.open(`${origin}/profile`)).status, 200, 'the other browser stays')

  await t.test('whose address the provider has not verified is refused', async (t) => {
    const eve = new Browser()
    const page = await eve.agree(await eve.open(`${origin}/login/company`), 'eve')
    t.equal(page.status, 403)
    t.equal((await eve.open(`${origin}/profile`)).status, 401)
  })

  await t.test('an answer to a login that this browser has not begun is refused', async (t) => {
    for (const query of ['', '?error=access_denied', '?code=x&state=y'])
      t.equal((await new Browser().open(`${origin}/login/company/callback${query}`)).status, 400)
  })

  await t.test('neither secret, code nor token is in the log', async (t) => {
    t.notMatch(service.process.output(), client.secret)
    t.notMatch(service.process.output(), /code=[\w-]{20}|state=[\w-]{20}|"(?:access|id)_token"/)
  })

  await t.test('a provider that is gone is 503, and the service lives', async (t) => {
    const begun = await fetch(`${origin}/login/company`, { redirect: 'manual' })
    const [cookie = ''] = begun.headers.getSetCookie().map((line) => line.split(';')[0]!)
    const state = new URL(begun.headers.get('location')!).searchParams.get('state')!
    company.kill('SIGKILL')
    await company.exit
    const query = new URLSearchParams({ code: 'x', state, iss: issuer })
    const answer = await fetch(`${origin}/login/company/callback?${query}`, { headers: { cookie } })
    t.equal(answer.status, 503)
    t.match(answer.headers.get('retry-after'), /^\d+$/)
    t.match(await answer.json(), { code: 'AUTH_PROVIDER_UNAVAILABLE' })
    t.equal((await service.call('/health/live')).status, 200)
  })
})
