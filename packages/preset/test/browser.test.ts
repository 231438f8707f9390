import './parts.ts'
import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { commandPath, requires } from '@seaworthy/testing'
import Fastify, { type FastifyInstance } from 'fastify'
import { chromium, type Page } from 'playwright-core'
import type { Test } from 'tap'
import { seaworthy, serverOptions } from '../src/index.ts'

// Decisions of a browser: which scripts run, which origins may read a response, what is sent with another site's form.

/** Starts a page of another site: its host differs. */
async function site(t: Test): Promise<string> {
  const app = Fastify()
  app.get('/', async (_request, reply) => reply.type('text/html').send('<h1>another site</h1>'))
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
}

async function service(t: Test, allowedOrigin: string, written: string[]): Promise<string> {
  const options = {
    shutdown: false as const,
    security: {
      headers: { profile: 'html' as const, enableCSPNonces: true },
      cors: { origin: [allowedOrigin], credentials: true }
    },
    auth: { session: { key: randomBytes(32) } }
  }
  const app = Fastify({ ...serverOptions(options), logger: false }) as unknown as FastifyInstance
  await app.register(seaworthy, options)
  app.get('/', async (request, reply) => {
    request.session.set('user', { id: 'ada' })
    const { script } = reply.cspNonce
    return reply.type('text/html').send(`<!doctype html>
      <script nonce="${script}">window.ours = 'ran'</script>
      <script>window.injected = 'ran'</script>
      <h1>the service</h1>`)
  })
  app.get('/read', async () => ({ secret: 'for allowed origins' }))
  app.post('/write', async (request) => {
    written.push(String(request.headers.origin))
    return { user: request.session.get('user') ?? null }
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  return `http://localhost:${(app.server.address() as AddressInfo).port}`
}

async function browserPage(t: Test): Promise<Page> {
  const browser = await chromium.launch({
    executablePath: commandPath('chromium')!,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking']
  })
  t.teardown(() => browser.close())
  return browser.newPage()
}

/** Calls `fetch` in the page. Returns status and body, or that the browser blocked it. */
const fetched = async (page: Page, url: string, init: object): Promise<string> =>
  page.evaluate(
    async ([url, init]) => {
      try {
        const response = await fetch(url, init)
        return `${response.status} ${await response.text()}`
      } catch {
        return 'blocked by the browser'
      }
    },
    [url, init] as const
  )

requires(['chromium'], 'a browser enforces the policies of the service', async (t) => {
  t.setTimeout(120_000)
  const [allowed, other] = await Promise.all([site(t), site(t)])
  const written: string[] = []
  const url = await service(t, allowed, written)
  const page = await browserPage(t)
  const write = {
    method: 'POST',
    credentials: 'include',
    headers: { 'content-type': 'application/json' },
    body: '{}'
  }

  await t.test('scripts with the nonce run, injected ones do not, and the session works', async (t) => {
    await page.goto(url)
    t.strictSame(await page.evaluate('[window.ours, window.injected]'), ['ran', undefined])
    t.equal(await fetched(page, `${url}/write`, write), '200 {"user":{"id":"ada"}}')
  })

  await t.test('an allowed origin reads responses, another one does not', async (t) => {
    await page.goto(allowed)
    t.match(await fetched(page, `${url}/read`, { credentials: 'include' }), /^200 .*for allowed origins/)
    await page.goto(other)
    t.equal(await fetched(page, `${url}/read`, {}), 'blocked by the browser')
  })

  await t.test("another site's writes never reach the handler", async (t) => {
    written.length = 0
    await page.goto(other)
    t.equal(await fetched(page, `${url}/write`, write), 'blocked by the browser')
    await fetched(page, `${url}/write`, {
      method: 'POST',
      mode: 'no-cors',
      credentials: 'include',
      body: 'x'
    })
    await page.goto(allowed)
    t.match(await fetched(page, `${url}/write`, write), /^403 .*AUTH_CROSS_SITE/)

    await page.goto(other)
    await page.setContent(`<form method="post" action="${url}/write"><button>win</button></form>`)
    await Promise.all([page.waitForURL(`${url}/write`), page.click('button')])
    t.match(await page.textContent('body'), /AUTH_CROSS_SITE/)
    t.strictSame(written, [])
  })

  await t.test('no other site can frame it', async (t) => {
    await page.goto(other)
    await page.setContent(`<iframe src="${url}"></iframe>`)
    const frame = page.frames()[1]!
    await frame.waitForLoadState()
    t.notMatch(await frame.content(), /the service/)
  })
})
