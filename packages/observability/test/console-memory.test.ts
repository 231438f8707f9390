import { mock } from 'node:test'
import t from 'tap'
import { History, stepSeconds } from '../src/console/history.ts'
import { WindowedRows } from '../src/console/windowed-rows.ts'
import { HistogramCells, HistogramShape } from '../src/metrics/histogram-shape.ts'

const bounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
const routes = 2000
/** In seconds: four times what the ring has. */
const hour = 3600
const shape = new HistogramShape('http_request_duration_seconds', bounds)
const cells = Array.from({ length: routes }, (_, n) => {
  const labels = { method: 'GET', route: `/catalogue/${n}/items/:id`, status_code: '200' }
  return new HistogramCells(shape, labels, '')
})
const serve = () => {
  for (const cell of cells) cell.observe(0.02)
}

t.test('the curves of 2,000 routes take 20 KB, far below 200 KB', async (t) => {
  mock.timers.enable({ apis: ['setInterval', 'Date'], now: Date.UTC(2026, 0, 1) })
  t.teardown(() => mock.timers.reset())
  const history = new History({ bounds, cells }, serve)
  t.teardown(() => history.stop())
  history.start()
  const empty = history.byteLength
  for (let step = 0; step < hour / stepSeconds; step++) mock.timers.tick(stepSeconds * 1000)
  const steps = history.list()
  t.equal(steps.length, 180, 'the ring is full')
  t.equal((steps.at(-1)!.step - steps[0]!.step) * stepSeconds, 15 * 60 - stepSeconds)
  t.equal(
    steps.at(-1)!.buckets.reduce((sum, count) => sum + count, 0),
    routes,
    'each has served in a step'
  )
  t.equal(history.byteLength, empty, 'it does not grow')
  t.ok(history.byteLength <= 20_000, `${history.byteLength} bytes`)
})

t.test('the table of 2,000 routes takes 160 bytes a route, and does not grow with time', async (t) => {
  let now = 0
  const clock = mock.method(performance, 'now', () => now)
  t.teardown(() => clock.mock.restore())
  const rows = new WindowedRows({
    bounds,
    cells: () => cells,
    keyOf: ({ method, route }) => `${method} ${route}`,
    isFailed: () => false
  })
  t.equal(rows.list().length, routes)
  const full = rows.byteLength
  t.ok(full <= routes * 160, `${full} bytes`)
  for (; now < hour * 1000; now += stepSeconds * 1000) {
    serve()
    rows.tick()
  }
  t.equal(rows.byteLength, full)
  const [row] = rows.list()
  const within = row!.buckets.reduce((sum, count) => sum + count, 0)
  t.ok(within >= 6 && within <= 12, `${within} requests of the last half to whole minute`)
})
