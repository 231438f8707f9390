// The picture of the dashboard in the documents: its panels, with what a real Prometheus answers about a real shop.
import './parts.ts'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { requires, startPrometheus } from '@seaworthy/testing'
import { seaworthy, serverOptions, type SeaworthyOptions } from 'fastify-seaworthy'
import Fastify, { type FastifyInstance } from 'fastify'
import { startBrowser } from './operators-page.ts'

interface Panel {
  title: string
  fieldConfig?: { defaults?: { unit?: string } }
  targets?: { expr: string }[]
}
interface Series {
  metric: Record<string, string>
  values: [number, string][]
}

const folder = join(import.meta.dirname, '../../observability')
const shown = ['Requests', 'Failures', 'p95', 'Event loop', 'Breakers', 'Calls through breakers']
const colours = ['#2f6f8f', '#c2571a', '#5b8c3a', '#8a4f9e', '#b08a00', '#5f6b76']

/** A line for each series, in the frame of a panel. */
function draw({ title }: Panel, series: readonly Series[]): string {
  const points = series.flatMap(({ values }) => values.map(([at, value]) => [at, Number(value)] as const))
  const numbers = points.map(([, value]) => value).filter(Number.isFinite)
  const top = Math.max(...numbers, 1e-9) * 1.1
  const [from, to] = [Math.min(...points.map(([at]) => at)), Math.max(...points.map(([at]) => at))]
  const x = (at: number) => 44 + ((at - from) / Math.max(1, to - from)) * 296
  const y = (value: number) => 150 - (value / top) * 118
  const lines = series.map(({ values }, index) => {
    const path = values.filter(([, value]) => Number.isFinite(Number(value)))
    return `<polyline fill="none" stroke="${colours[index % colours.length]}" stroke-width="1.6" points="${path.map(([at, value]) => `${x(at).toFixed(1)},${y(Number(value)).toFixed(1)}`).join(' ')}"/>`
  })
  const names = series.slice(0, 5).map(({ metric }, index) => {
    const { __name__: _, instance, job, ...labels } = metric
    const name = Object.values(labels).join(' ') || instance || job || title
    return `<span style="color:${colours[index % colours.length]}">— ${name.replaceAll('<', '&lt;')}</span>`
  })
  const scale = [0, 0.5, 1].map(
    (share) =>
      `<line x1="44" x2="340" y1="${y((top / 1.1) * share)}" y2="${y((top / 1.1) * share)}" stroke="#e3e6e8"/><text x="40" y="${y((top / 1.1) * share) + 3}" text-anchor="end">${Number(((top / 1.1) * share).toPrecision(2))}</text>`
  )
  return `<section><h2>${title}</h2><svg width="348" height="158">${scale.join('')}${lines.join('')}</svg><p>${names.join(' ')}</p></section>`
}

const style = `body{margin:0;padding:12px;width:1096px;font:12px sans-serif;color:#22303a;background:#f4f6f7;display:grid;grid-template-columns:repeat(3,1fr);gap:10px}
section{background:#fff;border:1px solid #dde2e5;border-radius:4px;padding:8px;min-width:0}h2{font-size:13px;margin:0 0 4px}p{margin:2px 0 0;line-height:1.5}text{font:9px sans-serif;fill:#6b7780}`

requires(['prometheus', 'chromium'], 'the picture of the dashboard has a line in every panel', async (t) => {
  t.setTimeout(600_000)
  const options: SeaworthyOptions = {
    auth: false,
    shutdown: { exit: false },
    security: { rateLimit: false },
    observability: { level: 'silent' }
  }
  const app = Fastify(serverOptions(options)) as unknown as FastifyInstance
  t.teardown(() => app.close())
  await app.register(seaworthy, options)
  let orders = 0
  const payments = app.resilience.breaker(
    'payments',
    async () => {
      // The payment service is away for a while, and comes back.
      if (orders > 150 && orders < 260) throw new Error('down')
      return 'paid'
    },
    { resetTimeout: 2000, consecutive: 5 }
  )
  app.get('/products', async () => [])
  app.get('/products/:id', async () => ({ id: 1 }))
  app.post('/orders', async (request) => {
    orders++
    return payments.call(request)
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  const prometheus = await startPrometheus(t, [`127.0.0.1:${port}`])

  const { panels } = JSON.parse(readFileSync(join(folder, 'dashboards/service.json'), 'utf8')) as {
    panels: Panel[]
  }
  const range = async (expr: string): Promise<Series[]> => {
    const query = expr.replaceAll('$__rate_interval', '10s').replaceAll(/\$(?:job|route)/g, '.*')
    const end = Date.now() / 1000
    const search = new URLSearchParams({ query, start: String(end - 300), end: String(end), step: '1' })
    const response = await fetch(
      `http://127.0.0.1:${prometheus.port}/api/v1/query_range?${search.toString()}`
    )
    const { data } = (await response.json()) as { data?: { result: Series[] } }
    return data?.result ?? []
  }
  const seriesOf = async ({ targets = [] }: Panel) =>
    (await Promise.all(targets.map(async ({ expr }) => range(expr)))).flat()

  const chosen = shown.map((title) => panels.find((panel) => panel.title === title)!)
  // The shop has had its outage, and Prometheus has seen it come back.
  while (orders < 420 || (await seriesOf(chosen[0]!)).every(({ values }) => values.length < 25)) {
    const send = async (path: string, method = 'GET') =>
      (await fetch(`http://127.0.0.1:${port}${path}`, { method })).text()
    await Promise.all([send('/products'), send('/products/7'), send('/products'), send('/orders', 'POST')])
    // Some visits a second are a picture too: most of the time is Prometheus' own, which scrapes once a second.
    await pause(30)
  }
  const drawn: string[] = []
  for (const panel of chosen) {
    const series = await seriesOf(panel)
    t.ok(series.length > 0, `${panel.title} has ${series.length} series`)
    // A line at 0 all the time hides the others' names.
    const moving = series.filter(({ values }) => values.some(([, value]) => Number(value) > 0))
    drawn.push(draw(panel, moving))
  }

  const browser = await startBrowser(t)
  const page = await browser.newPage({ viewport: { width: 1120, height: 500 } })
  await page.setContent(`<style>${style}</style>${drawn.join('')}`)
  const lines = await page.locator('polyline').count()
  t.ok(lines >= chosen.length, `${lines} lines`)
  const image = await page.screenshot({ fullPage: true, animations: 'disabled' })
  t.ok(image.length < 200_000, 'it is small')
  // UPDATE_PICTURES=1 npm test -- packages/preset/test/dashboard-picture.test.ts
  if (process.env['UPDATE_PICTURES'] !== undefined)
    writeFileSync(new URL('../../../docs/dashboard.png', import.meta.url), image)
})
