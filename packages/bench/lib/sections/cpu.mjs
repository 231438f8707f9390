// Method 2: CPU per request, of the process and of its main thread. All variants are alive at once and taken in many short
// turns, so that what else the machine does hits them alike. It only ever adds: the lower quartile counts. The second bare
// one is the noise floor.
import { availableParallelism } from 'node:os'
import { has } from '../tools.mjs'
import { named } from '../catalogue.mjs'
import { loadOf } from '../load.mjs'
import { percentile } from '../statistics.mjs'
import { startSubject } from '../subject.mjs'

const opening = 100
const names = [
  'bare',
  'bare again',
  "Fastify's logger",
  'recipe',
  'preset, everything on',
  'preset, everything off',
  'express',
  'hono',
  'NestJS',
  'fast-jwt RS256, as strict',
  'jose RS256, as strict',
  'auth: RS256, no cache',
  'fast-jwt EdDSA, as strict',
  'jose EdDSA, as strict',
  'auth: EdDSA, no cache'
]

export async function cpu({ size, env, say }) {
  const { rounds, warmUp, requests } =
    size === 'full'
      ? { rounds: 45, warmUp: 20_000, requests: 2000 }
      : { rounds: 21, warmUp: 8000, requests: 1000 }
  const core = availableParallelism() > 1 && has('taskset') ? 0 : undefined
  const running = []
  try {
    for (const name of names) running.push(await warm(name, { core, env, warmUp, say }))
    const alive = running.filter((entry) => entry !== undefined)
    for (let round = 0; round < rounds; round++) {
      // To and fro, so that no candidate always follows the same one.
      const order = round % 2 === 0 ? alive : alive.toReversed()
      for (const entry of order) entry.figures.push(await cost(entry, requests))
    }
    const quartile = (figures, one) => percentile(figures.map(one), 25)
    return Object.fromEntries(
      alive.map(({ name, figures }) => [
        name,
        {
          microseconds: quartile(figures, ({ process }) => process),
          mainMicroseconds: quartile(figures, ({ main }) => main)
        }
      ])
    )
  } finally {
    for (const entry of running) {
      await entry?.subject.stop()
    }
  }
}

async function warm(name, { core, env, warmUp, say }) {
  let subject
  try {
    const variant = named(name)
    subject = await startSubject(variant, { core, env })
    const load = await loadOf(variant, subject.port)
    await load.send(warmUp)
    load.close()
    return { name, variant, subject, figures: [] }
  } catch (error) {
    say(`cpu: ${name} left out: ${error.message.slice(0, 200)}`)
    await subject?.stop()
    return undefined
  }
}

/** On new connections, which some requests have opened: some servers close those that wait for their turn. */
async function cost({ variant, subject }, requests) {
  const load = await loadOf(variant, subject.port)
  await load.send(opening)
  const before = await subject.ask('cpu')
  await load.send(requests)
  const after = await subject.ask('cpu')
  load.close()
  return {
    process: (after.user - before.user + (after.system - before.system)) / requests,
    main: (after.main - before.main) / requests
  }
}
