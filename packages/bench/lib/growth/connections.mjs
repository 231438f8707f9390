// As many keep-alive connections, each used in turn: CPU of the server per request, memory per connection.
import { named } from '../catalogue.mjs'
import { openLoad, requestText } from '../load.mjs'
import { startSubject } from '../subject.mjs'

const requests = 20_000

export async function connections({ env }) {
  const results = []
  for (const count of [10, 1000, 10_000]) {
    const preset = await connected('preset, everything on', count, env)
    results.push({ count, ...preset, bare: await connected('bare', count, env) })
  }
  return results
}

async function connected(name, count, env) {
  const subject = await startSubject(named(name), { env })
  const idle = await subject.ask('memory')
  const bytes = requestText()
  const load = await openLoad(subject.port, { connections: count, next: () => bytes })
  await load.send(requests)
  const before = await subject.ask('cpu')
  await load.send(requests)
  const after = await subject.ask('cpu')
  const loaded = await subject.ask('memory')
  load.close()
  await subject.stop()
  const microseconds = (after.user - before.user + (after.system - before.system)) / requests
  return { microseconds, rssMB: (loaded.rss - idle.rss) / 2 ** 20 }
}
