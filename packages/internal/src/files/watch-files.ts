import { createHash } from 'node:crypto'
import { watch, type FSWatcher } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { textOfSecret } from './text.ts'

/** Files that belong together, such as a certificate and its key. */
export interface WatchedFiles {
  readonly paths: readonly string[]
  /** Their contents now. */
  readonly texts: readonly string[]
  /** Takes over new contents. An error keeps the old ones. */
  use(texts: readonly string[]): void | Promise<void>
  /** Called once for contents that cannot be used. */
  onProblem(error: Error): void
}

/** Milliseconds between an event and the reading: a file may be written in several steps. */
const eventDelay = 50
/** Milliseconds after which contents that cannot be used are read again: another file of them may still be written. */
const retryDelay = 1000
/** Milliseconds between two readings without an event: some file systems have none. */
const interval = 10_000
/** Bytes. A secret or a chain of certificates is smaller. */
const maxBytes = 1_048_576

/**
 * Reads files again when they change, until the returned function is called. It sees the events of their folders, where
 * a mount of Kubernetes exchanges the link `..data`, and reads every ten seconds besides. It keeps no process alive.
 */
export function watchFiles(files: WatchedFiles): () => void {
  return new FilesWatch(files).start()
}

class FilesWatch {
  readonly #files: WatchedFiles
  readonly #watchers: FSWatcher[] = []
  readonly #timers = new Set<NodeJS.Timeout>()
  #usedState: string
  /** Contents that could not be used once. */
  #failedState: string | undefined
  /** Contents about which `onProblem` was called. */
  #reportedState: string | undefined
  #isReading = false
  #hasNewEvent = false
  #isStopped = false

  constructor(files: WatchedFiles) {
    this.#files = files
    this.#usedState = digest(files.texts)
  }

  start(): () => void {
    for (const folder of new Set(this.#files.paths.map((path) => dirname(path)))) this.#watch(folder)
    const poll = setInterval(() => void this.#read(), interval).unref()
    this.#timers.add(poll)
    // They may have changed since they were read.
    this.#schedule(0)
    return () => {
      this.#isStopped = true
      for (const watcher of this.#watchers) watcher.close()
      for (const timer of this.#timers) clearTimeout(timer)
    }
  }

  #watch(folder: string): void {
    const names = new Set(this.#files.paths.map((path) => basename(path)))
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        if (name === null || names.has(name) || name.startsWith('..')) this.#schedule(eventDelay)
      })
      // The folder is gone, or the system has no more watches: the interval remains.
      watcher.on('error', () => watcher.close())
      this.#watchers.push(watcher)
    } catch {
      // As above.
    }
  }

  #schedule(delay: number): void {
    if (this.#isStopped) return
    // Without a limit, a folder full of events would mean as many timers: the interval is one of the two.
    if (this.#timers.size > 2) return
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      void this.#read()
    }, delay).unref()
    this.#timers.add(timer)
  }

  async #read(): Promise<void> {
    if (this.#isReading) {
      this.#hasNewEvent = true
      return
    }
    this.#isReading = true
    await this.#compare()
    this.#isReading = false
    if (!this.#hasNewEvent) return
    this.#hasNewEvent = false
    this.#schedule(eventDelay)
  }

  async #compare(): Promise<void> {
    let state = 'unreadable'
    try {
      const texts = await Promise.all(this.#files.paths.map((path) => readText(path)))
      state = digest(texts)
      if (this.#isStopped) return
      if (state !== this.#usedState && state !== this.#reportedState) {
        await this.#files.use(texts)
        this.#usedState = state
      }
      if (state !== this.#reportedState) this.#failedState = this.#reportedState = undefined
    } catch (error) {
      this.#fail(state, error as Error)
    }
  }

  #fail(state: string, error: Error): void {
    if (this.#isStopped || state === this.#reportedState) return
    if (state !== this.#failedState) {
      this.#failedState = state
      return this.#schedule(retryDelay)
    }
    this.#reportedState = state
    this.#files.onProblem(error)
  }
}

const digest = (texts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(texts)).digest('base64')

/** A pipe would have to be written again, and wait until then. @throws Error without the file's content. */
async function readText(path: string): Promise<string> {
  const info = await stat(path)
  if (!info.isFile()) throw new Error('it is no regular file')
  if (info.size > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`)
  return textOfSecret(await readFile(path, 'utf8'))
}
