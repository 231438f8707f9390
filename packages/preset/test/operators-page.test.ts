import './parts.ts'
import { writeFileSync } from 'node:fs'
import { requires, until } from '@seaworthy/testing'
import type { Page } from 'playwright-core'
import type { Test } from 'tap'
import { afterFifteenMinutes } from './fifteen-minutes.ts'
import { openPage, picture, shop, startBrowser, token, violations } from './operators-page.ts'

const views = ['Overview', 'Routes', 'Dependencies', 'Requests', 'Operate', 'Setup']
const title = async (page: Page, text: string) =>
  page.locator('.verdict-title', { hasText: text }).waitFor({ timeout: 60_000 })

/** Nothing to be mended on the page: for a screen reader, for its policy, beyond its edges. */
async function seen(t: Test, page: Page, name: string): Promise<void> {
  t.strictSame(await violations(page), [], `axe finds nothing: ${name}`)
  const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
  t.ok(Number(overflow) <= 0, `nothing is wider than the window: ${name}`)
  t.ok((await picture(page, name)).length > 10_000)
}

requires(['chromium'], 'the operators’ page in all its views and states', async (t) => {
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

  service.payments.isUp = false
  await service.visit(30)
  await page.goto(`${service.page}/#overview`)
  await title(page, 'Degraded')
  await page.getByText(/Breaker payments is open/).waitFor({ timeout: 60_000 })
  await page.locator('tr.bad', { hasText: '/orders' }).waitFor()
  await seen(t, page, 'degraded')
  await page.getByRole('link', { name: 'Requests', exact: true }).click()
  await page.getByText('ServiceUnavailableError').or(page.locator('td .badge.bad')).first().waitFor()
  await seen(t, page, 'view-requests-failed')

  service.database.isUp = false
  await page.goto(`${service.page}/#overview`)
  await title(page, 'Not serving')
  await page.getByText('Check database fails: connect ECONNREFUSED').waitFor()
  await seen(t, page, 'outage')

  const dark = await openPage(t, browser, service.page, {
    colorScheme: 'dark',
    httpCredentials: { username: '', password: token }
  })
  await title(dark.page, 'Not serving')
  await seen(t, dark.page, 'outage-dark')
  const background = await dark.page.evaluate('getComputedStyle(document.documentElement).backgroundColor')
  t.notSame(background, await page.evaluate('getComputedStyle(document.documentElement).backgroundColor'))
  const phone = await openPage(t, browser, service.page, {
    viewport: { width: 390, height: 844 },
    isMobile: true,
    httpCredentials: { username: 'operator', password: token }
  })
  await title(phone.page, 'Not serving')
  await seen(t, phone.page, 'outage-phone')
  t.strictSame([...problems, ...dark.problems, ...phone.problems], [])
})

requires(['chromium'], 'an operator’s clicks do what they say', async (t) => {
  t.setTimeout(300_000)
  const service = await shop(t)
  const browser = await startBrowser(t)
  const { page, problems } = await openPage(t, browser, service.page)
  const toast = async (text: string) => page.locator('.toast', { hasText: text }).waitFor({ timeout: 60_000 })
  const { app } = service

  await page.getByRole('button', { name: 'Isolate payments' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  t.equal(app.resilience.get('payments')!.state, 'closed', 'a cancelled question changes nothing')
  await page.getByRole('button', { name: 'Isolate payments' }).click()
  t.strictSame(await violations(page), [], 'axe finds nothing in the dialog')
  await picture(page, 'dialog')
  await page.getByRole('dialog').getByRole('button', { name: 'Isolate' }).click()
  await toast('payments is isolated')
  t.equal(app.resilience.get('payments')!.state, 'isolated')
  await title(page, 'Degraded')
  await page.getByRole('button', { name: 'Release payments' }).click()
  await toast('payments is released')
  t.equal(app.resilience.get('payments')!.state, 'closed')

  await page.getByRole('button', { name: 'Run now' }).click()
  await toast('All checks have run')

  await page.getByRole('link', { name: 'Operate' }).click()
  await page.getByRole('button', { name: 'Set level' }).click()
  await toast('The log level is debug')
  t.equal(app.log.level, 'debug')
  await page.getByRole('button', { name: 'Reset' }).click()
  await toast('The log level is info')
  t.equal(app.log.level, 'info')

  await page.getByRole('button', { name: 'Enter maintenance…' }).click()
  await page.getByLabel('Reason').fill('a new disk')
  await page.keyboard.press('Enter')
  await toast('Maintenance is on')
  t.match(app.health.maintenance.current, { reason: 'a new disk' })
  await page.getByRole('link', { name: 'Overview' }).click()
  await title(page, 'In maintenance')
  await page.getByText('Maintenance: a new disk').waitFor()
  await page.getByRole('link', { name: 'Operate' }).click()
  await page.getByRole('button', { name: 'Leave maintenance' }).click()
  await toast('Maintenance is over')
  t.equal(app.health.maintenance.current, undefined)

  await page.getByLabel('For').last().selectOption('1')
  const download = page.waitForEvent('download', { timeout: 60_000 })
  await page.getByRole('button', { name: 'CPU profile' }).click()
  t.match((await download).suggestedFilename(), /^cpu-\d+\.cpuprofile$/)
  await toast('is saved; open it in DevTools')
  await page.getByText('PUT /health/maintenance').first().waitFor()
  await seen(t, page, 'operate-after-actions')

  await page.getByRole('button', { name: 'Shut down…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Shut down' }).click()
  await until('the drain', () => app.shutdown.state === 'draining')
  await page.getByRole('link', { name: 'Overview' }).click()
  await title(page, 'Shutting down')
  await seen(t, page, 'draining')
  t.strictSame(problems, [])
})

requires(
  ['chromium'],
  'the page is usable with the keyboard alone, empty, and with many routes',
  async (t) => {
    t.setTimeout(300_000)
    const browser = await startBrowser(t)
    const nothing = await shop(t, { empty: true })
    const first = await openPage(t, browser, nothing.page)
    await title(first.page, 'All is well')
    await first.page.getByText('No requests within the last minute.').waitFor()
    await seen(t, first.page, 'empty')

    const many = await shop(t, { routes: 500 })
    await many.visit(5)
    const { page, problems } = await openPage(t, browser, `${many.page}/#routes`)
    await page
      .getByText('505 routes')
      .or(page.getByText(/^50\d routes/))
      .first()
      .waitFor()
    t.equal(await page.locator('tbody tr').count(), 50, 'a page at a time')
    await seen(t, page, 'routes-500')
    await page.getByRole('searchbox').fill('catalogue/499')
    await page.locator('tbody tr', { hasText: '/catalogue/499/items/:id' }).waitFor()
    t.equal(await page.locator('tbody tr').count(), 1)
    await page.getByRole('searchbox').fill('')

    await page.getByRole('button', { name: 'Total' }).focus()
    await page.keyboard.press('Enter')
    await page.locator('th[aria-sort="descending"]', { hasText: 'Total' }).waitFor()
    await page.keyboard.press('Enter')
    await page.locator('th[aria-sort="ascending"]', { hasText: 'Total' }).waitFor()
    t.strictSame([...first.problems, ...problems], [])
  }
)

requires(
  ['chromium'],
  'where events fail the page polls, and it says when the service is gone',
  async (t) => {
    t.setTimeout(300_000)
    const browser = await startBrowser(t)
    const service = await shop(t)
    const { page } = await openPage(t, browser, service.page)
    await page.route('**/events', async (route) => route.fulfill({ status: 503, body: 'enough pages' }))
    await page.reload()
    await page.locator('.link.polling').waitFor({ timeout: 60_000 })
    await page.route('**/status.json', async (route) => route.abort())
    await page.getByText('The service does not answer.').waitFor({ timeout: 60_000 })
    await seen(t, page, 'lost')
  }
)

requires(['chromium'], 'the picture of the README', async (t) => {
  t.setTimeout(300_000)
  const service = await shop(t)
  service.payments.isUp = false
  await service.visit(30)
  const browser = await startBrowser(t)
  const { page } = await openPage(t, browser, service.page, { viewport: { width: 1100, height: 900 } })
  await page.route('**/events', async (route) => route.fulfill({ status: 503 }))
  await page.route('**/status.json', async (route) => {
    const response = await route.fetch()
    await route.fulfill({ json: afterFifteenMinutes(await response.json()) })
  })
  await page.reload()
  await page.getByText('182/s').waitFor()
  const image = await page.screenshot({
    clip: { x: 0, y: 0, width: 1100, height: 900 },
    animations: 'disabled'
  })
  t.ok(image.length < 150_000, 'it is small')
  // UPDATE_PICTURES=1 npm test -- packages/preset/test/operators-page.test.ts
  if (process.env.UPDATE_PICTURES !== undefined) {
    writeFileSync(new URL('../../../docs/operators-page.png', import.meta.url), image)
  }
})
