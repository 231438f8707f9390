import { fileURLToPath } from 'node:url'
import { request } from 'node:http'
import t from 'tap'
import { freePort, startNode, until } from '@seaworthy/testing'
import { total } from './support.ts'

/** One request on a connection of its own, so that the workers take turns. */
const get = async (port: number, path: string, headers = {}): Promise<string> =>
  new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path, agent: false, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (data: string) => (text += data))
      response.on('end', () => resolve(text)).on('error', reject)
    })
    sent.on('error', reject).end()
  })

t.test('whichever worker is scraped answers for all, and no total falls when some die', async (t) => {
  const port = await freePort()
  const service = startNode(t, fileURLToPath(new URL('fixtures/cluster-app.ts', import.meta.url)), {
    env: { PORT: `${port}` }
  })
  await until('four workers', () => service.output().match(/is up/g)?.length === 4)

  const answered = new Set<string>()
  let sent = 0
  const work = async (count: number) => {
    for (let n = 0; n < count; n += 20) {
      const pids = await Promise.all(
        Array.from({ length: 20 }, async () => get(port, '/work').catch(() => ''))
      )
      for (const pid of pids.filter(Boolean)) answered.add(pid)
      sent += pids.filter(Boolean).length
    }
  }
  const scrape = async () =>
    total(await get(port, '/metrics'), 'http_requests_total', /route="\/work".*status_code="200"/)

  await work(400)
  t.equal(answered.size, 4, 'four workers have answered')
  for (let n = 0; n < 8; n++) t.equal(await scrape(), 400)

  // Each kill is followed by a new worker; what the dead one had shown stays.
  const seen: number[] = [400]
  for (const signal of ['SIGKILL', 'SIGTERM', 'SIGKILL', 'SIGTERM', 'SIGKILL', 'SIGKILL'] as const) {
    const ups = service.output().match(/is up/g)!.length
    await work(40)
    seen.push(await scrape())
    process.kill(Number([...answered].at(-1)), signal)
    answered.clear()
    await until('another worker', () => service.output().match(/is up/g)!.length > ups)
    for (let n = 0; n < 6; n++) seen.push(await scrape().catch(() => seen.at(-1)!))
    await work(40)
  }
  for (let n = 0; n < 8; n++) seen.push(await scrape())
  t.strictSame(
    seen,
    seen.toSorted((a, b) => a - b),
    'never falls'
  )
  t.ok(seen.at(-1)! <= sent, 'nothing is counted twice')
  t.ok(
    seen.at(-1)! >= sent - 80,
    `${seen.at(-1)} of ${sent}: only what a killed worker had not shown is missing`
  )

  const text = await get(port, '/metrics')
  t.match(text, /^app_build_info\{.*\} 1$/m)
  t.equal(total(text, 'process_start_time_seconds') < Date.now() / 1000 + 1, true, 'states are not added up')
  const openmetrics = await get(port, '/metrics', { accept: 'application/openmetrics-text' })
  t.ok(openmetrics.endsWith('# EOF\n'))
})
