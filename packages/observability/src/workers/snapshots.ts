import { randomBytes } from 'node:crypto'
import { mkdirSync, statSync, rmdirSync } from 'node:fs'
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { PackedFamily } from '../metrics/types.ts'
import { WorkerSum } from './worker-sum.ts'

const ended = 'ended'

/** The sum of ended workers, and the names of those that it includes. */
interface EndedWorkers {
  names: string[]
  families: PackedFamily[]
}

/** The last snapshot of each worker, in a file of its own. The counts of ended workers are kept. */
export class Snapshots {
  readonly name: string = `${process.pid}-${randomBytes(4).toString('hex')}`
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  async write(families: PackedFamily[]): Promise<void> {
    await this.#replace(this.name, families)
  }

  /** The sum of all snapshots: of ended workers only what counts up. */
  async sum(live: ReadonlySet<string>): Promise<WorkerSum> {
    const names = (await readdir(this.#folder)).flatMap(
      (file) => /^(\d+-[0-9a-f]+)\.json$/.exec(file)?.[1] ?? []
    )
    const files = new Map<string, PackedFamily[]>()
    for (const name of names) {
      const families = await this.#load<PackedFamily[]>(name)
      if (families !== undefined) files.set(name, live.has(name) ? families : onlyCumulative(families))
    }
    // Read last: it includes files that were removed meanwhile. A file that is in both is counted once.
    const past = (await this.#load<EndedWorkers>(ended)) ?? { names: [], families: [] }
    const unmerged = [...files].filter(([name]) => !past.names.includes(name))
    const endedWorkers = unmerged.filter(([name]) => !live.has(name))
    if (endedWorkers.length > 3) await this.#merge(past, endedWorkers)
    return sumOf([...unmerged.map(([, families]) => families), past.families])
  }

  /** Merges the files of ended workers, so that many reloads leave one file. */
  async #merge(past: EndedWorkers, endedWorkers: [string, PackedFamily[]][]): Promise<void> {
    const lock = join(this.#folder, 'lock')
    if (!acquireLock(lock)) return
    try {
      const current = (await this.#load<EndedWorkers>(ended)) ?? past
      const fresh = endedWorkers.filter(([name]) => !current.names.includes(name))
      const { families } = await sumOf([current.families, ...fresh.map(([, snapshot]) => snapshot)])
      const names = [...current.names, ...fresh.map(([name]) => name)].slice(-100)
      await this.#replace(ended, { names, families } satisfies EndedWorkers)
      for (const [name] of endedWorkers) await rm(join(this.#folder, `${name}.json`), { force: true })
    } finally {
      rmdirSync(lock)
    }
  }

  async #replace(name: string, value: unknown): Promise<void> {
    const file = join(this.#folder, `${name}.json`)
    const temporary = `${file}.${randomBytes(4).toString('hex')}`
    await writeFile(temporary, JSON.stringify(value), { mode: 0o600 })
    await rename(temporary, file)
  }

  async #load<T>(name: string): Promise<T | undefined> {
    try {
      return JSON.parse(await readFile(join(this.#folder, `${name}.json`), 'utf8')) as T
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }
}

/** Requests are served between one worker and the next. */
async function sumOf(snapshots: readonly PackedFamily[][]): Promise<WorkerSum> {
  const sum = new WorkerSum()
  for (const families of snapshots) {
    sum.add(families)
    await setImmediate()
  }
  return sum
}

const onlyCumulative = (families: PackedFamily[]): PackedFamily[] =>
  families.filter(({ type }) => type === 'counter' || type === 'histogram' || type === 'summary')

/** Takes the lock, or returns `false`. The lock of a worker that was killed is removed for the next attempt. */
function acquireLock(lock: string): boolean {
  try {
    mkdirSync(lock)
    return true
  } catch {
    const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    if (age > 10_000) rmdirSync(lock)
    return false
  }
}
