import { readdir, rm } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import type { FastifyBaseLogger } from 'fastify'
import { inBlocks } from '../metrics/blocks.ts'
import type { Exposition } from '../metrics/exposition.ts'
import { packedTexts } from '../metrics/packed.ts'
import type { Format, PackedFamily } from '../metrics/types.ts'
import { groupFolder } from './group-folder.ts'
import { Snapshots } from './snapshots.ts'
import { safeError } from '../logging/safe-error.ts'

/** Milliseconds that a worker may take to write its snapshot for a scrape. */
const answerTimeout = 500
/** Milliseconds between two snapshots of a worker. */
const writeInterval = 2000

/** The line of a group that cannot work. */
export const workersAlone =
  'observability: the workers cannot share their metrics; each answers scrapes with its own numbers; set TMPDIR to a writable folder with a short path'

/**
 * Workers that answer scrapes for each other. Each has a socket in a folder that all share, and writes a snapshot there
 * when another one requests it, before it is scraped itself, and every two seconds. So each scrape has the numbers of all
 * workers, and keeps those of a worker that ended.
 */
export class WorkerGroup {
  readonly #exposition: Exposition
  readonly #log: FastifyBaseLogger
  readonly #folder: string
  readonly #snapshots: Snapshots
  #server: Server | undefined
  #timer: NodeJS.Timeout | undefined
  #failing = false

  constructor(exposition: Exposition, log: FastifyBaseLogger, name: string) {
    this.#exposition = exposition
    this.#log = log
    this.#folder = groupFolder(name)
    this.#snapshots = new Snapshots(this.#folder)
  }

  /** Listens to the other workers. Where that is impossible, this one answers scrapes by itself. */
  async start(): Promise<void> {
    try {
      await this.#listen()
    } catch (error) {
      this.#log.warn({ err: safeError(error) }, workersAlone)
    }
  }

  async #listen(): Promise<void> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      void this.#writeSafely().then(() => socket.end('ok'))
    })
    await new Promise<void>((resolve, reject) => {
      server
        .once('error', reject)
        .listen({ path: this.#socketOf(this.#snapshots.name), exclusive: true }, resolve)
    })
    this.#server = server.unref()
    this.#timer = setInterval(() => void this.#writeSafely(), writeInterval).unref()
  }

  async *blocks(format: Format): AsyncGenerator<Buffer, void> {
    const families = this.#server === undefined ? undefined : await this.#sum()
    yield* families === undefined ? this.#exposition.blocks(format) : inBlocks(texts(families, format))
  }

  /** The numbers of all workers. `undefined` where their files cannot be read or written. */
  async #sum(): Promise<PackedFamily[] | undefined> {
    try {
      const [live] = await Promise.all([this.#requestSnapshots(), this.#write()])
      return (await this.#snapshots.sum(live)).families
    } catch (error) {
      this.#log.warn({ err: safeError(error) }, workersAlone)
      return undefined
    }
  }

  /** Writes the last snapshot. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    const server = this.#server
    if (server === undefined) return
    await this.#writeSafely()
    await new Promise((resolve) => server.close(resolve))
  }

  async #write(): Promise<void> {
    await this.#snapshots.write(await this.#exposition.packed())
  }

  async #writeSafely(): Promise<void> {
    try {
      await this.#write()
      this.#failing = false
    } catch (error) {
      if (this.#failing) return
      this.#failing = true
      this.#log.warn(
        { err: safeError(error) },
        "observability: the snapshot of this worker could not be written; scrapes of other workers miss its last numbers; check the system's temporary folder"
      )
    }
  }

  /** Lets every worker write a snapshot. Returns the names of those that are alive. */
  async #requestSnapshots(): Promise<Set<string>> {
    const files = await readdir(this.#folder)
    const names = files.flatMap((file) => /^(\d+-[0-9a-f]+)\.s$/.exec(file)?.[1] ?? [])
    const others = names.filter((name) => name !== this.#snapshots.name)
    const answers = await Promise.all(others.map(async (name) => this.#requestSnapshot(name)))
    return new Set([this.#snapshots.name, ...others.filter((_, index) => answers[index])])
  }

  /** Whether the worker is alive. A busy one counts as alive, with its last snapshot. */
  async #requestSnapshot(name: string): Promise<boolean> {
    const path = this.#socketOf(name)
    const isAlive = await new Promise<boolean>((resolve) => {
      const socket = connect(path)
      const timer = setTimeout(resolve, answerTimeout, true)
      socket.once('error', () => resolve(false))
      socket.once('close', () => {
        clearTimeout(timer)
        resolve(true)
      })
      socket.resume()
      socket.setTimeout(answerTimeout, () => socket.destroy())
    })
    if (!isAlive) await rm(path, { force: true })
    return isAlive
  }

  #socketOf(name: string): string {
    const path = join(this.#folder, `${name}.s`)
    return process.platform === 'win32' ? join('\\\\?\\pipe', path) : path
  }
}

function* texts(families: PackedFamily[], format: Format): Iterable<string> {
  yield* packedTexts(families, format)
  if (format === 'openmetrics') yield '# EOF\n'
}
