// Limiters on Redis with few and many requests in flight: what is written together costs the process less. All are alive
// at once and take short turns, as for CPU per request.
import { availableParallelism } from 'node:os'
import { named } from '../catalogue.mjs'
import { loadOf } from '../load.mjs'
import { percentile } from '../statistics.mjs'
import { startSubject } from '../subject.mjs'
import { has } from '../tools.mjs'

const names = [
  'bare',
  'security: limit on Redis',
  '@fastify/rate-limit on Redis',
  'rate-limiter-flexible on Redis'
]
const inFlight = [1, 10, 100]
/** Until the compiler has done its work: how many are written together varies, so it sees much. */
const warmUp = 40_000

export async function redis({ size, env, say }) {
  const { rounds, requests } =
    size === 'full' ? { rounds: 45, requests: 2000 } : { rounds: 21, requests: 1000 }
  const core = availableParallelism() > 1 && has('taskset') ? 0 : undefined
  const subjects = []
  try {
    for (const name of names) subjects.push({ name, subject: await startSubject(named(name), { core, env }) })
    const rows = []
    for (const connections of inFlight) {
      rows.push({ connections, ...(await measured(subjects, { connections, rounds, requests })) })
      say(`redis: ${JSON.stringify(rows.at(-1))}`)
    }
    return rows
  } finally {
    for (const { subject } of subjects) await subject.stop()
  }
}

/** CPU per request of each, in microseconds. */
async function measured(subjects, { connections, rounds, requests }) {
  const alive = []
  for (const { name, subject } of subjects) {
    const load = await loadOf(named(name), subject.port, { connections })
    await load.send(warmUp)
    alive.push({ name, subject, load, figures: [] })
  }
  for (let round = 0; round < rounds; round++) {
    for (const { subject, load, figures } of round % 2 === 0 ? alive : alive.toReversed()) {
      const before = await subject.ask('cpu')
      await load.send(requests)
      const after = await subject.ask('cpu')
      figures.push((after.user - before.user + after.system - before.system) / requests)
    }
  }
  for (const { load } of alive) load.close()
  return Object.fromEntries(alive.map(({ name, figures }) => [name, percentile(figures, 25)]))
}
