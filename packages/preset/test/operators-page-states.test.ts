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

requires(['chromium'], 'a wide screen is used, and nothing moves for those who ask for that', async (t) => {
  t.setTimeout(300_000)
  const service = await shop(t)
  const browser = await startBrowser(t)
  await service.visit()
  const viewport = { width: 1920, height: 1080 }
  const { page, problems } = await openPage(t, browser, service.page, { viewport })
  await title(page, 'All is well')
  await seen(t, page, 'wide')
  const charts = await Promise.all((await page.locator('figure.chart').all()).map((one) => one.boundingBox()))
  t.equal(new Set(charts.map((box) => box!.y)).size, 1, 'the curves are in one row')
  for (const view of ['Routes', 'Dependencies', 'Requests', 'Operate', 'Setup', 'Overview']) {
    await page.getByRole('link', { name: view, exact: true }).click()
    await page.locator('nav a[aria-current]', { hasText: view }).waitFor()
    const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
    t.ok(Number(overflow) <= 0, `nothing is wider than the window: ${view}`)
    const { x, width } = (await page.locator('.content').boundingBox())!
    t.ok(width >= viewport.width * 0.7, `${view} is ${width} wide`)
    t.ok(Math.abs(viewport.width - width - 2 * x) <= 2, `${view} is in the middle`)
  }

  const moving = async (): Promise<unknown> =>
    page.evaluate(`[...document.querySelectorAll('*')].filter((element) => {
      const { transitionDuration, animationName } = getComputedStyle(element)
      return animationName !== 'none' || /[1-9]/.test(transitionDuration)
    }).length`)
  t.not(await moving(), 0, 'without the wish, buttons fade')
  await page.emulateMedia({ reducedMotion: 'reduce' })
  t.equal(await moving(), 0)
  await page.getByRole('button', { name: 'Run now' }).click()
  await page.locator('.toast', { hasText: 'All checks have run' }).waitFor()
  t.equal(await moving(), 0)
  t.equal(await page.evaluate('document.getAnimations().length'), 0, 'not even while a message appears')
  t.strictSame(problems, [])
})
