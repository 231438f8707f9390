// Start-up to listening and memory, idle and after load. Started in turns, natively, medians.
import { wholes } from '../catalogue-ours.mjs'
import { named } from '../catalogue.mjs'
import { loadOf } from '../load.mjs'
import { median } from '../statistics.mjs'
import { startSubject } from '../subject.mjs'

const names = [
  'bare',
  'recipe',
  'preset, everything on',
  'recipe, whole',
  'recipe, whole, sessions by key',
  'preset, whole',
  'preset, everything off',
  'express',
  'hono',
  'NestJS'
]
const variantOf = (name) => wholes.find((whole) => whole.name === name) ?? named(name)
const megabytes = (bytes) => bytes / 2 ** 20

export async function memory({ size, env, say }) {
  // Single starts differ by a fifth.
  const rounds = size === 'full' ? 40 : 15
  const requests = size === 'full' ? 50_000 : 15_000
  const figures = new Map()
  const failed = new Set()
  for (let round = 0; round < rounds; round++) {
    for (const name of names.filter((it) => !failed.has(it))) {
      try {
        const one = await once(variantOf(name), env, round === 0 ? requests : 0)
        figures.set(name, [...(figures.get(name) ?? []), one])
      } catch (error) {
        failed.add(name)
        say(`memory: ${name} left out: ${error.message.slice(0, 200)}`)
      }
    }
  }
  return Object.fromEntries([...figures].map(([name, runs]) => [name, summary(runs, figures.get('recipe'))]))
}

async function once(variant, env, requests) {
  const subject = await startSubject(variant, { env })
  try {
    const idle = await subject.ask('memory')
    let loaded
    if (requests > 0) {
      const load = await loadOf(variant, subject.port)
      await load.send(requests)
      loaded = await subject.ask('memory')
      load.close()
    }
    return { start: (subject.cpu.user + subject.cpu.system) / 1000, ms: subject.startMs, idle, loaded }
  } finally {
    await subject.stop()
  }
}

/** A start is compared with that of the recipe in the same round: the machine is not always equally fast. */
const summary = (runs, recipe) => ({
  startCpuMs: median(runs.map(({ start }) => start)),
  startCpuToRecipe: median(runs.map(({ start }, round) => start / recipe[round].start)),
  startMs: Math.min(...runs.map(({ ms }) => ms)),
  idleMB: megabytes(median(runs.map(({ idle }) => idle.rss))),
  idleHeapMB: megabytes(median(runs.map(({ idle }) => idle.heapUsed))),
  loadedMB: megabytes(runs[0].loaded.rss),
  loadedHeapMB: megabytes(runs[0].loaded.heapUsed)
})
