// Start-up to listening and memory, idle and after load. Started in turns, natively, medians.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
/** Started once more with code that V8 has compiled before, as services in production may be. */
const cachedNames = ['recipe', 'preset, everything on']
const cached = (name) => `${name}, compile cache`

const variantOf = (name) => wholes.find((whole) => whole.name === name) ?? named(name)
const megabytes = (bytes) => bytes / 2 ** 20

export async function memory({ size, env, say }) {
  // Single starts differ by a fifth.
  const rounds = size === 'full' ? 40 : 15
  const requests = size === 'full' ? 50_000 : 15_000
  const figures = new Map()
  const failed = new Set()
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-compiled-'))
  const subjects = [
    ...names.map((name) => ({ name, variant: variantOf(name), env })),
    ...cachedNames.map((name, at) => ({
      name: cached(name),
      variant: variantOf(name),
      env: { ...env, NODE_COMPILE_CACHE: join(folder, `${at}`) }
    }))
  ]
  try {
    // One that cannot start is left out below, with its error.
    for (const { variant, env } of subjects.slice(names.length))
      await writeCache(variant, env).catch(() => undefined)
    for (let round = 0; round < rounds; round++) {
      for (const { name, variant, env } of subjects.filter((it) => !failed.has(it.name))) {
        try {
          const one = await once(variant, env, round === 0 ? requests : 0)
          figures.set(name, [...(figures.get(name) ?? []), one])
        } catch (error) {
          failed.add(name)
          say(`memory: ${name} left out: ${error.message.slice(0, 200)}`)
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return Object.fromEntries([...figures].map(([name, runs]) => [name, summary(runs, figures.get('recipe'))]))
}

/** Node writes what it has compiled when it ends. */
async function writeCache(variant, env) {
  const subject = await startSubject(variant, { env })
  await subject.ask('finish').catch(() => undefined)
  await subject.stop()
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
