// What a request costs and what memory holds as work grows: routes, connections, clients, breakers.
import { countRequests } from '../instructions.mjs'
import { openLoad, requestText } from '../load.mjs'
import { named } from '../catalogue.mjs'
import { startSubject } from '../subject.mjs'

const plugin = (name) => ({ name, file: './ours/plugins.mjs', export: name })
const bareRoutes = { name: 'bare, many routes', file: './peers/scraped.mjs', export: 'bareRoutes' }
const size = { warmUp: 13_000, windows: 4, window: 1000 }

export async function growth({ env, say }) {
  const results = {}
  for (const [name, measure] of Object.entries({ routes, clients, connections, breakers })) {
    try {
      results[name] = await measure(env)
    } catch (error) {
      say(`growth: ${name} left out: ${error.message.slice(0, 300)}`)
    }
  }
  return results
}

/** Requests spread over all routes. */
async function routes(env) {
  const results = []
  for (const count of [10, 200, 2000]) {
    const texts = Array.from({ length: count }, (_, index) => requestText({ path: `/resources-${index}/1` }))
    const how = {
      env: { ...env, BENCH_ROUTES: `${count}` },
      load: { next: (sent) => texts[(sent * 7) % count] }
    }
    const { instructions } = await countRequests(plugin('presetManyRoutes'), size, how)
    const bare = await countRequests(bareRoutes, size, how)
    results.push({ count, instructions, bare: bare.instructions })
  }
  return results
}

const address = (index) => `11.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`
const from = (index) => requestText({ headers: { 'x-forwarded-for': address(index) } })

/** Requests of so many clients in turn, and what a million of them leave in memory. */
async function clients() {
  const results = []
  for (const count of [1000, 100_000, 1_000_000]) {
    const { instructions } = await countRequests(plugin('limitBehindProxy'), size, {
      load: { next: (sent) => from(sent % count) }
    })
    const subject = await startSubject(plugin('limitBehindProxy'))
    const before = await subject.ask('memory')
    const load = await openLoad(subject.port, { connections: 32, next: (sent) => from(sent % count) })
    await load.send(count)
    const after = await subject.ask('memory')
    load.close()
    await subject.stop()
    results.push({ count, instructions, heapMB: (after.heapUsed - before.heapUsed) / 2 ** 20 })
  }
  return results
}

/** As many keep-alive connections, each used in turn: CPU of the server per request, memory per connection. */
async function connections(env) {
  const results = []
  for (const count of [10, 1000, 10_000]) {
    const of = await connected('preset, everything on', count, env)
    results.push({ count, ...of, bare: await connected('bare', count, env) })
  }
  return results
}

async function connected(name, count, env) {
  const subject = await startSubject(named(name), { env })
  const idle = await subject.ask('memory')
  const bytes = requestText()
  const load = await openLoad(subject.port, { connections: count, next: () => bytes })
  await load.send(20_000)
  const before = await subject.ask('cpu')
  await load.send(20_000)
  const after = await subject.ask('cpu')
  const loaded = await subject.ask('memory')
  load.close()
  await subject.stop()
  const microseconds = (after.user - before.user + (after.system - before.system)) / 20_000
  return { microseconds, rssMB: (loaded.rss - idle.rss) / 2 ** 20 }
}

/** Breakers that do nothing: memory of each, CPU of all. */
async function breakers() {
  const results = []
  for (const count of [10, 1000, 10_000]) {
    const subject = await startSubject({ name: 'breakers', file: './ours/calls.mjs', export: 'idle' })
    const before = await subject.ask('memory')
    await subject.ask('make', count)
    const after = await subject.ask('memory')
    const start = await subject.ask('cpu')
    await new Promise((resolve) => setTimeout(resolve, 3000))
    const end = await subject.ask('cpu')
    await subject.stop()
    results.push({
      count,
      bytesEach: (after.heapUsed - before.heapUsed) / count,
      cpuMsPerSecond: (end.user - start.user + (end.system - start.system)) / 3000
    })
  }
  return results
}
