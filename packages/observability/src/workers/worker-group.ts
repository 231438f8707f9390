import { readdir, rm } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import type { FastifyBaseLogger } from 'fastify'
import { inBlocks } from '../metrics/blocks.ts'
import type { Exposition } from '../metrics/exposition.ts'
import { packedTexts, type PackedFamily } from '../metrics/packed.ts'
import type { Format } from '../metrics/text.ts'
import { groupFolder } from './group-folder.ts'
import { Snapshots } from './snapshots.ts'

const answerTimeout = 500
const writeEvery = 2000

/**
 * Workers that answer for each other. Each has a socket in a folder that all share, and writes its numbers there when
 * it is asked, before it is scraped itself, and every two seconds. So whichever worker is scraped knows all, and what
 * a worker has once shown stays when the worker dies.
 */
export class WorkerGroup {
  readonly #exposition: Exposition
  readonly #log: FastifyBaseLogger
  readonly #folder: string
  readonly #snapshots: Snapshots
  #server: Server | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(exposition: Exposition, log: FastifyBaseLogger, name: string) {
    this.#exposition = exposition
    this.#log = log
    this.#folder = groupFolder(name)
    this.#snapshots = new Snapshots(this.#folder)
  }

  async start(): Promise<void> {
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
    this.#timer = setInterval(() => void this.#writeSafely(), writeEvery).unref()
  }

  async *blocks(format: Format): AsyncGenerator<Buffer, void> {
    const [live] = await Promise.all([this.#askAll(), this.#write()])
    const { families } = await this.#snapshots.sum(live)
    yield* inBlocks(texts(families, format))
  }

  /** Leaves the last numbers behind. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#writeSafely()
    const server = this.#server
    if (server !== undefined) await new Promise((resolve) => server.close(resolve))
  }

  async #write(): Promise<void> {
    await this.#snapshots.write(await this.#exposition.packed())
  }

  async #writeSafely(): Promise<void> {
    try {
      await this.#write()
    } catch (error) {
      this.#log.warn({ err: error }, "observability: a worker's metrics could not be shared")
    }
  }

  /** Lets every worker write; gives the names of those that live. */
  async #askAll(): Promise<Set<string>> {
    const files = await readdir(this.#folder)
    const names = files.flatMap((file) => /^(\d+-[0-9a-f]+)\.s$/.exec(file)?.[1] ?? [])
    const others = names.filter((name) => name !== this.#snapshots.name)
    const answers = await Promise.all(others.map(async (name) => this.#ask(name)))
    return new Set([this.#snapshots.name, ...others.filter((_, index) => answers[index])])
  }

  /** Whether the worker lives. A busy one counts as living, with its last numbers. */
  async #ask(name: string): Promise<boolean> {
    const path = this.#socketOf(name)
    const lives = await new Promise<boolean>((resolve) => {
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
    if (!lives) await rm(path, { force: true })
    return lives
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
