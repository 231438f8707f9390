import './parts.ts'
import { writeFileSync } from 'node:fs'
import { requires } from '@seaworthy/testing'
import { afterFifteenMinutes, type Status } from './fifteen-minutes.ts'
import { openPage, seen, shop, startBrowser, title } from './operators-page.ts'

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
  let status: Status | undefined
  await page.route('**/status.json', async (route) => {
    const response = await route.fetch()
    status = afterFifteenMinutes((await response.json()) as Status)
    await route.fulfill({ json: status })
  })
  await page.route('**/events', async (route) =>
    route.fulfill({ contentType: 'text/event-stream', body: `data: ${JSON.stringify(status)}\n\n` })
  )
  await page.reload()
  await page.getByText('182/s').waitFor()
  await page.locator('.link.live').waitFor()
  const { y, height } = (await page.locator('.card').first().boundingBox())!
  const clip = { x: 0, y: 0, width: 1100, height: Math.ceil(y + height + 14) }
  const image = await page.screenshot({ clip, fullPage: true, animations: 'disabled' })
  t.ok(image.length < 150_000, 'it is small')
  // UPDATE_PICTURES=1 npm test -- packages/preset/test/operators-page.test.ts
  if (process.env.UPDATE_PICTURES !== undefined) {
    writeFileSync(new URL('../../../docs/operators-page.png', import.meta.url), image)
  }
})
