import './parts.ts'
import { requires } from '@seaworthy/testing'
import { openPage, seen, shop, startBrowser, title, token } from './operators-page.ts'

requires(['chromium'], 'the operators’ page of a service in trouble', async (t) => {
  t.setTimeout(300_000)
  const service = await shop(t)
  const browser = await startBrowser(t)
  const { page, problems } = await openPage(t, browser, service.page)
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
