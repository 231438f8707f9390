import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { freePort, requestOnce, startNode, temporaryFolder, until } from '@seaworthy/testing'
import type { PackedFamily } from '../src/metrics/types.ts'
import { ValueFamily } from '../src/metrics/value-family.ts'
import { WorkerSum } from '../src/workers/worker-sum.ts'
import { Totals } from './scrape-totals.ts'

const work200 = /^http_requests_total\{.*route="\/work".*status_code="200"/

const get = async (port: number, path: string, headers = {}): Promise<string> =>
  (await requestOnce(port, path, { headers })).body

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Milliseconds that a worker may take to start. */
const longestStart = 600_000

const app = fileURLToPath(new URL('fixtures/cluster-app.ts', import.meta.url))

// The limit of a file is for files of seconds. Ten thousand connections take minutes where other work has the cores.
t.setTimeout(1_800_000)

t.test(
  '10,000 requests over 4 workers, 100 scrapes, workers killed midway: no total falls',
  { timeout: 1_500_000 },
  async (t) => {
    const port = await freePort()
    const service = startNode(t, app, { env: { PORT: `${port}` } })
    const ups = () => service.output().match(/is up/g)?.length ?? 0
    await until('four workers', () => ups() === 4, longestStart)

    const responses = new Map<string, number>()
    const total = () => [...responses.values()].reduce((sum, count) => sum + count, 0)
    const scrape = async () => new Totals(await get(port, '/metrics'))
    const work = async (count: number) => {
      const one = async () => {
        const pid = await get(port, '/work').catch(() => '')
        if (pid !== '') responses.set(pid, (responses.get(pid) ?? 0) + 1)
      }
      for (let n = 0; n < count; n += 50) await Promise.all(Array.from({ length: 50 }, one))
    }

    let last = new Totals('')
    let scrapes = 0
    const check = async () => {
      const now = await scrape().catch(() => undefined)
      if (now === undefined) return
      scrapes++
      t.strictSame(last.fallenIn(now).slice(0, 3), [], `scrape ${scrapes}`)
      last = now
    }

    for (let round = 0; round < 100; round++) {
      await work(100)
      await check()
      // Two are killed, two are terminated. Each is replaced, and its counts are kept.
      const signal = ({ 30: 'SIGKILL', 45: 'SIGTERM', 60: 'SIGKILL', 75: 'SIGTERM' } as const)[round]
      if (signal === undefined) continue
      const before = ups()
      const pid = [...responses.keys()].findLast((pid) => isAlive(Number(pid)))
      process.kill(Number(pid), signal)
      await until('another worker', () => ups() > before, longestStart)
    }
    await until(
      'the last numbers',
      async () => {
        await check()
        return last.get(work200) >= total() - 200
      },
      longestStart
    )
    t.ok(responses.size >= 4, `${responses.size} workers have answered`)
    t.ok(scrapes >= 95, `${scrapes} scrapes`)
    t.ok(total() > 9000, `${total()} responses`)
    t.ok(last.get(work200) <= 10_000, 'nothing is counted twice')

    const text = await get(port, '/metrics')
    t.match(text, /^app_build_info\{.*\} 1$/m)
    t.ok(
      new Totals(text).get(/^process_start_time_seconds/) < Date.now() / 1000 + 1,
      'states are not added up'
    )
    const openmetrics = await get(port, '/metrics', { accept: 'application/openmetrics-text' })
    t.ok(openmetrics.endsWith('# EOF\n'))
  }
)

for (const [name, folder] of [
  ['is missing', 'gone'],
  ['has a path too long for a socket', 'x'.repeat(100)]
] as const) {
  t.test(`workers whose temporary folder ${name} serve, and scrapes have numbers`, async (t) => {
    const TMPDIR = join(temporaryFolder(t), folder)
    if (folder !== 'gone') mkdirSync(TMPDIR)
    const port = await freePort()
    const service = startNode(t, app, { env: { PORT: `${port}`, TMPDIR } })
    await service.waitFor(/worker \d+ is up/)
    t.match(await get(port, '/work'), /^\d+$/)
    // Each worker answers for itself: the one that has served is asked in its turn.
    await until('its count', async () =>
      (await get(port, '/metrics')).split('\n').some((line) => work200.test(line) && line.endsWith(' 1'))
    )
    t.notMatch(service.output(), /Error/)
  })
}

t.test('sums of seconds are the same in any order and grouping of workers', async (t) => {
  const snapshot = (value: number): PackedFamily[] => [
    {
      name: 'x_seconds',
      help: '',
      type: 'histogram',
      aggregator: 'sum',
      bounds: [1],
      series: [['', [1, 0, value]]]
    }
  ]
  const total = (snapshots: PackedFamily[][]) => {
    const sum = new WorkerSum()
    for (const families of snapshots) sum.add(families)
    return sum.families
  }
  const values = Array.from({ length: 50 }, (_, n) => 1 / (n + 3) + n * 12_345.678_9)
  const all = total(values.map(snapshot))
  for (let n = 1; n < 50; n++) {
    const [left, right] = [values.slice(0, n).map(snapshot), values.slice(n).map(snapshot)]
    t.strictSame(total([...right, ...left]), all)
    t.strictSame(total([total(left), ...right.toReversed()]), all)
  }
})

t.test('series of workers with other buckets are moved to those of the first worker', async (t) => {
  const family = (bounds: number[], numbers: number[]): PackedFamily[] => [
    { name: 'x_seconds', help: '', type: 'histogram', aggregator: 'sum', bounds, series: [['', numbers]] }
  ]
  const sum = new WorkerSum()
  sum.add(family([1, 5], [1, 2, 3, 10]))
  sum.add(family([0.5, 1, 3, 9], [1, 1, 1, 1, 1, 20]))
  t.strictSame(sum.families, family([1, 5], [3, 3, 5, 30]))
})

t.test('every scrape of any worker has every request while all are alive', async (t) => {
  const port = await freePort()
  const service = startNode(t, app, { env: { PORT: `${port}` } })
  await until('four workers', () => service.output().match(/is up/g)?.length === 4)
  const pids = new Set(await Promise.all(Array.from({ length: 400 }, async () => get(port, '/work'))))
  t.equal(pids.size, 4, 'four workers have answered')
  for (let n = 0; n < 8; n++) t.equal(new Totals(await get(port, '/metrics')).get(work200), 400)
})

t.test('of times that workers state, the first counts', async (t) => {
  const sum = new WorkerSum()
  for (const value of [2000, 1000]) {
    const options = { name: 'tls_certificate_not_after_timestamp_seconds', help: '', maxSeries: 1 }
    const family = new ValueFamily('gauge', options, () => undefined)
    family.series.get([]).value = value
    sum.add([family.packed()])
  }
  t.match(sum.families, [{ series: [['', [1000]]] }])
})
