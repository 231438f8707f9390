// The cost of a scrape with 10, 200 and 2,000 routes of five statuses each, and how long it holds the event loop.
import { get } from 'node:http'
import { startSubject } from '../subject.mjs'

const variants = [
  { name: 'recipe', file: './peers/recipe.mjs', export: 'manyRoutes' },
  { name: 'observability', file: './ours/plugins.mjs', export: 'manyRoutes' }
]

export async function scrape({ say }) {
  const results = []
  for (const routes of [10, 200, 2000]) {
    for (const variant of variants) {
      try {
        results.push({ name: variant.name, routes, ...(await measured(variant, routes)) })
      } catch (error) {
        say(`scrape: ${variant.name} with ${routes} routes: ${error.message.slice(0, 300)}`)
      }
    }
  }
  return results
}

/** The least of some scrapes: more is what the machine added. */
async function measured(variant, routes) {
  const subject = await startSubject(variant, { env: { BENCH_ROUTES: `${routes}` } })
  try {
    await subject.ask('fill')
    const cpu = []
    const stall = []
    let bytes = 0
    for (let round = 0; round < 12; round++) {
      const before = await subject.ask('cpu')
      bytes = await size(subject.port)
      const after = await subject.ask('cpu')
      cpu.push((after.user - before.user + (after.system - before.system)) / 1000)
      await subject.ask('watch')
      await size(subject.port)
      stall.push((await subject.ask('watched')).longestMs)
    }
    return { bytes, cpuMs: Math.min(...cpu), stallMs: Math.min(...stall) }
  } finally {
    await subject.stop()
  }
}

const size = (port) =>
  new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', path: '/metrics', agent: false }, (response) => {
      let bytes = 0
      if (response.statusCode !== 200) reject(new Error(`/metrics answered ${response.statusCode}`))
      response.on('data', (data) => (bytes += data.length)).on('end', () => resolve(bytes))
    }).on('error', reject)
  })
