import './parts.ts'
import { requires } from '@seaworthy/testing'
import { openPage, seen, shop, startBrowser, title } from './operators-page.ts'

const views = ['Overview', 'Routes', 'Dependencies', 'Requests', 'Operate', 'Setup']

requires(['chromium'], 'the operators’ page in all its views', async (t) => {
  t.setTimeout(300_000)
  const service = await shop(t)
  const browser = await startBrowser(t)
  await service.visit()
  const { page, problems } = await openPage(t, browser, service.page)
  await title(page, 'All is well')
  await page.locator('.link.live').waitFor({ timeout: 60_000 })
  await seen(t, page, 'well')

  for (const view of views.slice(1)) {
    await page.getByRole('link', { name: view, exact: true }).click()
    await page.locator(`nav a[aria-current]`, { hasText: view }).waitFor()
    await seen(t, page, `view-${view.toLowerCase()}`)
  }
  t.match(await page.content(), /a plugin without a name|@seaworthy\/auth/)
  t.notMatch(await page.content(), /a-secret-of-more|a-token-of-the/, 'no secret is on the page')
  t.strictSame(problems, [])
})

requires(['chromium'], 'each fact about the service is in its view', async (t) => {
  t.setTimeout(300_000)
  const service = await shop(t)
  const browser = await startBrowser(t)
  service.payments.isUp = false
  await service.visit(30)
  for (const path of ['/export', '/rates']) await service.ask(path)
  const { page, problems } = await openPage(t, browser, service.page)
  await title(page, 'Degraded')
  service.database.isUp = false
  await title(page, 'Not serving')

  const header = await page.locator('header.top').innerText()
  t.match(header, /shop 4\.2\.0.*Not serving.*up \d/s, 'name, version, readiness and uptime')
  const verdict = page.locator('section.verdict.bad')
  t.match(
    await verdict.innerText(),
    /Check database fails: connect ECONNREFUSED/,
    'the reason, in its colour'
  )
  for (const curve of ['Requests per second: all', 'Latency: p50', 'Event loop, busy', 'Memory: process']) {
    await page.locator(`figure[aria-label^="${curve}"] canvas`).waitFor()
    t.pass(`a curve: ${curve}`)
  }

  const cards: [view: string, card: string, fact: string, pattern: RegExp][] = [
    ['Routes', 'Routes', 'figures of routes', /Rate\s+Errors\s+p50\s+p95\s+p99\s+In flight/i],
    ['Routes', 'Routes', 'a failing route is marked', /POST\s*\/orders\s*✕?\s*failing/],
    ['Routes', 'Routes', 'a slow route is marked', /GET\s*\/export\s*!?\s*slow/],
    ['Dependencies', 'Checks', 'checks', /fail\s*database.*pass\s*cache/s],
    ['Dependencies', 'Checks', 'their history', /Changes.*database\s*pass →\s*✕?\s*fail/s],
    ['Dependencies', 'Breakers', 'state and counts of breakers', /open\s*payments.*\d ok · [1-9]\d* failed/s],
    ['Dependencies', 'Breakers', 'their last failure', /connect ECONNREFUSED 10\.0\.3\.7:443/],
    ['Dependencies', 'Rate limits', 'limits', /Requests\s+Within.*1M\s+1 min/s],
    ['Dependencies', 'Rate limits', 'their store', /up\s*Counts are in the memory/],
    ['Dependencies', 'Logins', 'the store of sessions', /up\s*Logins and revocations are in the memory/],
    ['Dependencies', 'Load shedding', 'shedding', /admits all.*Rejected since the start/s],
    ['Dependencies', 'Outgoing calls', 'calls by host', /p99\s+Total.*127\.0\.0\.1/is],
    ['Requests', 'Failed and slow requests', 'a failed request', /POST\s*\/orders\s*✕?\s*50[23]/],
    ['Requests', 'Failed and slow requests', 'a slow request', /GET\s*\/export\s*✓?\s*200\s*!?\s*slow/],
    ['Requests', 'Failed and slow requests', 'the error class', /\w+Error/],
    ['Operate', 'Traffic', 'readiness', /not ready/],
    ['Setup', 'Access', 'unguarded routes', /1 unguarded.*GET\s*\/forgotten\s*✕?\s*unguarded/s],
    ['Setup', 'Parts', 'what is on, off, and why', /on\s*auth.*off/s],
    ['Setup', 'Configuration', 'secrets are masked', /secret\s*\[redacted\]/],
    ['Setup', 'Configuration', 'the rest is readable', /max\s*1000000/],
    ['Setup', 'Build', 'build and Node', new RegExp(`9fceb02.*${process.version}`, 's')],
    ['Setup', 'Dependencies', 'versions of dependencies', /Package\s+Installed.*\d+\.\d+\.\d+/s],
    ['Setup', 'Start-up by plugin', 'the start by plugin', /@seaworthy\/auth.*ms/s]
  ]
  for (const [view, card, fact, pattern] of cards) {
    await page.getByRole('link', { name: view, exact: true }).click()
    const element = page.locator(`section.card[aria-label="${card}"]`)
    await element.waitFor()
    await element.filter({ hasText: /./ }).waitFor()
    t.match(await element.innerText(), pattern, `${view}: ${fact}`)
  }
  await page.getByRole('link', { name: 'Requests', exact: true }).click()
  for (const id of ['correlation id', 'trace id']) {
    const count = await page.getByRole('button', { name: `Copy the ${id}` }).count()
    t.ok(count > 0 && count <= 50, `Requests: ${id}`)
  }
  t.strictSame(problems, [])
})
