// Scrapes of a service that PM2 runs: whichever worker answers, it answers for all, and no total ever falls.
import { until } from '@seaworthy/testing'
import t from 'tap'
import { ask, imported, managed } from './managed-by-pm2.ts'

const service = `
import Fastify from ${imported('fastify')}
import { seaworthy, serverOptions } from ${imported('fastify-seaworthy')}
const observability = { logging: { sampling: 0 }, metrics: { path: '/metrics' } }
const options = { auth: false, security: { rateLimit: false }, observability }
const app = Fastify({ ...serverOptions(options), logger: false })
await app.register(seaworthy, options)
app.get('/work', async (...[, reply]) => {
  reply.header('connection', 'close')
  return { pid: process.pid }
})
await app.listen({ port: Number(process.env.PORT), host: process.env.HOST })
`

/** The values that only grow: counters, and the parts of histograms. */
function totals(text: string): Map<string, number> {
  const kinds = new Map(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', kind]) => [name, kind])
  )
  const found = new Map<string, number>()
  for (const [, sample = '', name = '', value] of text.matchAll(/^((\w+)(?:\{.*\})?) (\S+)$/gm)) {
    const kind = kinds.get(name) ?? kinds.get(name.replace(/_(?:bucket|sum|count)$/, ''))
    if (kind === 'counter' || kind === 'histogram') found.set(sample, Number(value))
  }
  return found
}

const works = (found: ReadonlyMap<string, number>) =>
  [...found].reduce(
    (sum, [sample, value]) => (/^http_requests_total\{.*"\/work".*"200"/.test(sample) ? sum + value : sum),
    0
  )

t.test(
  '10,000 requests over 4 workers of PM2, 100 scrapes, a kill and a reload: no total falls',
  async (t) => {
    const { port, pm2 } = await managed(t, { service, instances: 4 })
    const workers = new Set<number>()
    let answers = 0
    const one = async () => {
      const text = await ask(port, '/work').catch(() => '')
      if (text === '') return
      workers.add((JSON.parse(text) as { pid: number }).pid)
      answers++
    }
    const work = async (count: number) => {
      for (let n = 0; n < count; n += 50) await Promise.all(Array.from({ length: 50 }, one))
    }

    let last = new Map<string, number>()
    let scrapes = 0
    const scrape = async () => {
      const text = await ask(port, '/metrics').catch(() => '')
      if (text === '') return
      const now = totals(text)
      const fallen = [...last].filter(([sample, value]) => (now.get(sample) ?? -1) < value)
      t.strictSame(fallen.slice(0, 3), [], `scrape ${++scrapes}`)
      last = now
    }

    await until('four workers', async () => {
      await one()
      return workers.size === 4
    })
    for (let round = 0; round < 100; round++) {
      await work(100)
      await scrape()
      if (round === 40) {
        const before = workers.size
        process.kill([...workers].at(-1)!, 'SIGKILL')
        await until('another worker', async () => {
          await one()
          return workers.size > before
        })
      }
      if (round === 70) await pm2('reload', 'harbour')
    }
    await until('the last numbers', async () => {
      await scrape()
      return works(last) >= answers - 100
    })
    t.ok(workers.size >= 9, `${workers.size} workers: four, one after the kill, four after the reload`)
    t.ok(works(last) <= answers, `${works(last)} of ${answers}: nothing is counted twice`)
    t.ok(answers > 9900, `${answers} answers`)
    t.ok(scrapes >= 99, `${scrapes} scrapes`)
  }
)
