import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { commandPath, temporaryFolder } from '@seaworthy/testing'
import Fastify, { type FastifyInstance } from 'fastify'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import type { Test } from 'tap'
import { seaworthy, serverOptions, type SeaworthyOptions } from '../src/index.ts'

export const token = 'a-token-of-the-operators'

/** A shop whose database and payment service can be away. */
export interface Shop {
  app: FastifyInstance
  /** The address of the operators' page. */
  page: string
  /** Sends requests and waits for their ends. */
  visit(times?: number): Promise<void>
  ask(path: string): Promise<string>
  database: { isUp: boolean }
  payments: { isUp: boolean }
}

export async function shop(t: Test, { routes = 0, empty = false } = {}): Promise<Shop> {
  const options: SeaworthyOptions = {
    auth: { jwt: { secret: 'a-secret-of-more-than-32-characters-0123' } },
    health: { cacheFor: 0 },
    security: { rateLimit: { max: 1_000_000 } },
    shutdown: { exit: false, drainDelay: 20_000 },
    observability: {
      logging: { slowThreshold: 60_000 },
      metrics: { buildInfo: { name: 'shop', version: '4.2.0', commit: '9fceb02' } },
      management: { port: 0, token, allowShutdown: true },
      logger: { stream: { write: () => undefined } }
    }
  }
  const app = Fastify(serverOptions(options)) as unknown as FastifyInstance
  await app.register(seaworthy, options)
  t.teardown(() => app.close())
  const database = { isUp: true }
  const payments = { isUp: true }
  const url = () => `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  const isPublic = { config: { auth: false as const } }
  const pay = app.resilience.breaker('payments', async () => {
    if (!payments.isUp) throw new Error('connect ECONNREFUSED 10.0.3.7:443')
    return 'paid'
  })
  if (!empty) {
    app.resilience.breaker('recommendations', async () => 'none')
    app.health.addCheck('database', async () => {
      if (!database.isUp) throw new Error('connect ECONNREFUSED 10.0.3.4:5432')
    })
    app.health.addCheck('cache', async () => true, { critical: false })
    app.get('/products', isPublic, async () => [])
    app.get('/products/:id', isPublic, async () => ({ id: 1 }))
    app.post('/orders', isPublic, async (request) => pay.call(request))
    app.get('/export', { config: { auth: false, observability: { slowThreshold: 0 } } }, async () => 'late')
    app.get('/rates', isPublic, async () => (await fetch(`${url()}/products`)).json())
    app.get('/forgotten', async () => 'no rule')
    app.get('/reports', { config: { auth: { roles: ['admin'] } } }, async () => [])
  }
  for (let n = 0; n < routes; n++) app.get(`/catalogue/${n}/items/:id`, isPublic, async () => 'item')
  await app.listen({ port: 0, host: '127.0.0.1' })
  const ask = async (path: string, method = 'GET') => (await fetch(`${url()}${path}`, { method })).text()

  return {
    app,
    page: `http://127.0.0.1:${app.observability.management!.port}`,
    async visit(times = 20) {
      for (let n = 0; n < times; n++) {
        await Promise.all([
          ask('/products'),
          ask(`/products/${n}`),
          ask('/orders', 'POST'),
          ask('/nothing-here')
        ])
        for (let route = 0; route < Math.min(routes, 5); route++) await ask(`/catalogue/${route}/items/${n}`)
      }
    },
    ask,
    database,
    payments
  }
}

export async function startBrowser(t: Test): Promise<Browser> {
  const profile = temporaryFolder(t, 'chromium')
  const browser = await chromium.launch({
    executablePath: commandPath('chromium')!,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--disk-cache-dir=${profile}`
    ]
  })
  t.teardown(() => browser.close())
  return browser
}

/** A page of an operator who has entered the token. Its errors, and all that its policy blocks, are in `problems`. */
export async function openPage(
  t: Test,
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {}
): Promise<{ page: Page; problems: string[] }> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    httpCredentials: { username: 'operator', password: token },
    ...options
  })
  t.teardown(() => context.close())
  const page = await context.newPage()
  page.setDefaultTimeout(120_000)
  const problems: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text())
  })
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('request', (request) => {
    if (!/^(?:data|blob):/.test(request.url()) && !request.url().startsWith(new URL(url).origin)) {
      problems.push(`another host: ${request.url()}`)
    }
  })
  await page.goto(url)
  await page.locator('nav').waitFor({ timeout: 60_000 })
  return { page, problems }
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** The rules of accessibility that the page breaks, with the elements. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  type Found = { violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }
  const found = await page.evaluate<Found>('axe.run()')
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary.slice(0, 200)}`)
  )
}

/** A picture of the whole page, kept for people in the folder that SCREENSHOTS names. Returns its bytes. */
export async function picture(page: Page, name: string): Promise<Buffer> {
  const folder = process.env.SCREENSHOTS
  if (folder !== undefined) mkdirSync(folder, { recursive: true })
  return page.screenshot({
    fullPage: true,
    animations: 'disabled',
    ...(folder === undefined ? {} : { path: join(folder, `${name}.png`) })
  })
}

/** Waits for the verdict. */
export const title = async (page: Page, text: string): Promise<void> =>
  page.locator('.verdict-title', { hasText: text }).waitFor()

/** Nothing is to be mended on the page: for a screen reader, for its policy, beyond its edges. */
export async function seen(t: Test, page: Page, name: string): Promise<void> {
  t.strictSame(await violations(page), [], `axe finds nothing: ${name}`)
  const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
  t.ok(Number(overflow) <= 0, `nothing is wider than the window: ${name}`)
  t.ok((await picture(page, name)).length > 10_000)
}
