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
