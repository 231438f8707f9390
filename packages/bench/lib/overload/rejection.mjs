// The cost of rejecting a request, beside that of serving one.
import { openLoad, requestText } from '../load.mjs'
import { startSubject } from '../subject.mjs'

const connections = 32
const rounds = 5

const rejecting = { name: 'resilience: full', file: './ours/overload.mjs', export: 'full' }
const bare = { name: 'bare', file: './peers/overload.mjs', export: 'bare' }

/** CPU of a request in microseconds, the least of some rounds: rejected, and served by bare Fastify with and without work. */
export async function rejectionCosts(env) {
  return {
    rejected: await costOf(rejecting, { path: '/report', status: 503, requests: 5000 }, env),
    served: await costOf(bare, { path: '/work', status: 200, requests: 300 }, env),
    empty: await costOf(bare, { path: '/alive', status: 200, requests: 5000 }, env)
  }
}

async function costOf(variant, { path, status, requests }, env) {
  const subject = await startSubject(variant, { core: 0, env })
  try {
    const load = await openLoad(subject.port, { connections, status, next: () => requestText({ path }) })
    await load.send(2 * requests)
    let least = Infinity
    for (let round = 0; round < rounds; round++) {
      const before = await subject.ask('cpu')
      await load.send(requests)
      const after = await subject.ask('cpu')
      least = Math.min(least, (after.user - before.user + after.system - before.system) / requests)
    }
    load.close()
    return least
  } finally {
    await subject.stop()
  }
}
