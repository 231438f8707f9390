import './parts.ts'
import type { AddressInfo } from 'node:net'
import { commandPath, requires, until } from '@seaworthy/testing'
import Fastify, { type FastifyInstance } from 'fastify'
import { chromium, type Page } from 'playwright-core'
import type { Test } from 'tap'
import { seaworthy, serverOptions } from '../src/index.ts'
import { graphql } from './zoo/apps/graphql.ts'
import { swaggerUiApp } from './zoo/apps/swagger-ui.ts'
import type { ZooApp } from './zoo/zoo-app.ts'

// The pages of documentation tools, under the policy that they get by themselves: a browser decides whether they work.

async function serve(t: Test, { build }: ZooApp): Promise<string> {
  const options = { shutdown: false as const }
  const app = Fastify({ ...serverOptions(options), logger: false }) as unknown as FastifyInstance
  await app.register(seaworthy, options)
  await build(app)
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  return `http://localhost:${(app.server.address() as AddressInfo).port}`
}

/** A page, and what its policy blocked. */
async function openPage(t: Test): Promise<{ page: Page; blocked: string[] }> {
  const browser = await chromium.launch({
    executablePath: commandPath('chromium')!,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking']
  })
  t.teardown(() => browser.close())
  const page = await browser.newPage()
  const blocked: string[] = []
  await page.exposeFunction('noteBlocked', (text: string) => blocked.push(text))
  await page.addInitScript(`document.addEventListener('securitypolicyviolation', (event) =>
    window.noteBlocked(event.violatedDirective + ' ' + event.blockedURI))`)
  return { page, blocked }
}

requires(['chromium'], 'swagger-ui works in a browser: it shows a route and calls it', async (t) => {
  t.setTimeout(120_000)
  const url = await serve(t, swaggerUiApp)
  const { page, blocked } = await openPage(t)
  await page.goto(`${url}/docs/`)
  await page.click('.opblock-summary-control', { timeout: 60_000 })
  await page.click('button.try-out__btn')
  await page.fill('textarea.body-param__text', '{"name":"from the page"}')
  await page.click('button.execute')
  const shown = await page.textContent('.live-responses-table .highlight-code', { timeout: 60_000 })
  t.match(shown, /from the page/)
  t.strictSame(blocked, [])
})

requires(['chromium'], 'GraphiQL loads its scripts and styles and may call the service', async (t) => {
  t.setTimeout(120_000)
  const url = await serve(t, graphql)
  const { page, blocked } = await openPage(t)
  // The network of tests ends here: what unpkg.com serves is replaced by scripts that say that they ran.
  const ran = new Set<string>()
  await page.exposeFunction('noteRan', (address: string) => ran.add(address.replace(/.*\//, '')))
  await page.context().route('https://unpkg.com/**', (route) => {
    const isStyle = route.request().url().endsWith('.css')
    return route.fulfill({
      headers: { 'access-control-allow-origin': '*' },
      contentType: isStyle ? 'text/css' : 'text/javascript',
      body: isStyle ? 'body { color: rgb(1, 2, 3) }' : 'noteRan(document.currentScript.src)'
    })
  })
  await page.goto(`${url}/graphiql`)
  await until('its scripts to run', () => ran.size >= 3, 60_000)
  t.match([...ran].toSorted().join(), /graphiql.*react-dom.*react\./)
  t.equal(await page.evaluate('getComputedStyle(document.body).color'), 'rgb(1, 2, 3)')
  const answer = await page.evaluate(`fetch('/graphql', {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"query":"{ add(x: 2, y: 3) }"}'
  }).then((response) => response.text())`)
  t.match(answer, /"add":5/)
  t.strictSame(blocked, [])

  await page.evaluate(`document.body.append(Object.assign(document.createElement('script'),
    { src: 'https://evil.example/x.js' }))`)
  await until('another script to be blocked', () => blocked.length > 0)
  t.match(blocked.join(), /evil\.example/)
})
