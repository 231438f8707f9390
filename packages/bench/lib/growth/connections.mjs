// As many keep-alive connections, each used in turn: CPU of the server per request, memory per connection, also of idle ones.
import { named } from '../catalogue.mjs'
import { openLoad, requestText } from '../load.mjs'
import { startSubject } from '../subject.mjs'

const requests = 20_000
const many = 10_000

export async function connections({ env }) {
  const results = []
  for (const count of [10, 1000, many]) {
    const of = async (name) => ({
      ...(await connected(name, count, env)),
      ...(count === many && { idleKB: await kept(name, count, env) })
    })
    results.push({ count, ...(await of('preset, everything on')), bare: await of('bare') })
  }
  return results
}

/** The resident memory that each connection takes which has had one request and is kept. */
async function kept(name, count, env) {
  const subject = await startSubject(named(name), { env })
  const bytes = requestText()
  const open = (connections) => openLoad(subject.port, { connections, next: () => bytes })
  const warm = await open(10)
  await warm.send(requests)
  const before = await subject.ask('memory')
  const idle = await open(count)
  await idle.send(count)
  const after = await subject.ask('memory')
  for (const load of [warm, idle]) load.close()
  await subject.stop()
  return (after.rss - before.rss) / count / 2 ** 10
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
