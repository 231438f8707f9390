// The page about Google's login against a provider of OpenID Connect from npm, by a browser's requests.
import { readFileSync } from 'node:fs'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { freePort, root, startNode } from '@seaworthy/testing'
import Provider from 'oidc-provider'
import t, { type Test } from 'tap'

const folder = join(import.meta.dirname, '..')

/** Follows redirects with a cookie jar for each host, and agrees to what the provider asks. */
async function logIn(start: string): Promise<Response> {
  const jars = new Map<string, Map<string, string>>()
  let at = start
  let form: URLSearchParams | undefined
  for (let hop = 0; hop < 30; hop++) {
    const { host } = new URL(at)
    const jar = jars.get(host) ?? new Map<string, string>()
    jars.set(host, jar)
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(at, {
      redirect: 'manual',
      headers: { cookie },
      ...(form && { method: 'POST', body: form })
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') jar.delete(name)
      else jar.set(name, value)
    }
    form = undefined
    const location = response.headers.get('location')
    if (location !== null) at = new URL(location, at).href
    else if (at.includes('/interaction/')) {
      const [, prompt = ''] = /name="prompt" value="(\w+)"/.exec(await response.text()) ?? []
      form = new URLSearchParams({ prompt, login: 'ada', password: 'x' })
    } else return response
  }
  throw new Error('too many redirects')
}

async function startProvider(t: Test, callback: string): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'client', client_secret: 'f0b8c5d1e7a94c62', redirect_uris: [callback] }],
    claims: { email: ['email', 'email_verified'], profile: ['name'] },
    findAccount: (_context: unknown, id: string) => ({
      accountId: id,
      claims: async () => ({ sub: id, name: 'Ada', email: 'ada@example.com', email_verified: true })
    })
  })
  server.on('request', provider.callback())
  return issuer
}

t.setTimeout(300_000)

t.test('the page logs a user in, with the addresses of a provider on this machine', async (t) => {
  const origin = `http://127.0.0.1:${await freePort()}`
  const issuer = await startProvider(t, `${origin}/login/google/callback`)
  const page = readFileSync(join(root, 'docs/tasks/login-with-google.md'), 'utf8')
  const [, sample = ''] = /^```ts\n([\s\S]*?)^```$/m.exec(page) ?? []
  const here = sample
    .replaceAll('https://accounts.google.com', issuer)
    .replaceAll('https://shop.example.com', origin)
  t.not(here, sample, 'the page names Google')

  const scratch = join(folder, `test/.google-${process.pid}`)
  mkdirSync(scratch, { recursive: true })
  t.teardown(() => rmSync(scratch, { recursive: true, force: true }))
  const file = join(scratch, 'app.mts')
  writeFileSync(
    file,
    `${here}\nawait app.listen({ host: '127.0.0.1', port: ${new URL(origin).port} })\nconsole.log('it listens')\n`
  )
  const service = startNode(t, file, {
    env: {
      GOOGLE_CLIENT_ID: 'client',
      GOOGLE_CLIENT_SECRET: 'f0b8c5d1e7a94c62',
      SESSION_SECRET: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64')
    }
  })
  await service.waitFor(/it listens/, 120_000)

  t.equal((await fetch(`${origin}/me`)).status, 401, 'before the login')
  const response = await logIn(`${origin}/login/google`)
  t.equal(response.url, `${origin}/me`, 'the login ends where `returnTo` says')
  t.equal(response.status, 200)
  t.match(await response.json(), { id: /^[0-9a-f-]{36}$/, name: 'Ada' })
})
