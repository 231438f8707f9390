import { withTimeout } from '@seaworthy/internal'
import type { FastifyBaseLogger } from 'fastify'
import { isClosed } from './is-closed.ts'

interface Resource {
  name: string
  close: () => unknown
  timeout: number | undefined
}

/** Milliseconds that each resource has at least, also after one that used up the total: most close at once. */
const minTimeoutMs = 100

/** Functions to call after the last response: to close resources, or to flush telemetry. Each has a time limit. */
export class Resources {
  readonly #log: FastifyBaseLogger
  readonly #entries: Resource[] = []
  /** Why none can be added after they have closed. */
  readonly #end: string
  #isClosed = false

  constructor(log: FastifyBaseLogger, end = 'the shutdown has ended') {
    this.#log = log
    this.#end = end
  }

  /**
   * Adds one. While the others are closed it is closed with them.
   *
   * @throws Error when all have been closed: nothing would call it.
   */
  add(name: string, close: () => unknown, timeout: number | undefined): void {
    if (this.#isClosed) throw new Error(`shutdown: "${name}" cannot be added: ${this.#end}; add it earlier`)
    this.#entries.push({ name, close, timeout })
  }

  /** The sum of the timeouts that resources set for themselves, in milliseconds. */
  get totalTimeout(): number {
    return this.#entries.reduce((sum, { timeout = 0 }) => sum + timeout, 0)
  }

  /** The longest timeout that a resource sets for itself, in milliseconds. */
  get longestTimeout(): number {
    return this.#entries.reduce((longest, { timeout = 0 }) => Math.max(longest, timeout), 0)
  }

  /**
   * Closes one after another, last registered first.
   *
   * @param each - Milliseconds for one without a timeout of its own.
   * @param total - Milliseconds for all of those together.
   * @returns Whether all closed in time, without an error.
   */
  async closeInReverse(each: number, total: number): Promise<boolean> {
    const end = performance.now() + total
    // The last moment for those that are added while others close: each may add another.
    const lateEnd = end + this.totalTimeout + this.#entries.length * minTimeoutMs
    let isClean = true
    for (let entry = this.#entries.pop(); entry; entry = this.#entries.pop()) {
      if (performance.now() >= lateEnd) {
        this.#warnLeft([entry, ...this.#entries.splice(0)])
        isClean = false
        break
      }
      const shared = Math.max(Math.min(each, end - performance.now()), minTimeoutMs)
      // oxlint-disable-next-line no-await-in-loop -- a resource that was opened first may be needed to close the others
      if (!(await this.#close(entry, entry.timeout ?? shared))) isClean = false
    }
    this.#isClosed = true
    return isClean
  }

  /** Closes all at the same time, each within `limit` milliseconds or its own timeout. */
  async closeTogether(limit: number): Promise<boolean> {
    const lateEnd = performance.now() + Math.max(limit, this.longestTimeout)
    let isClean = true
    while (this.#entries.length > 0 && performance.now() < lateEnd) {
      const closed = this.#entries.splice(0).map((entry) => this.#close(entry, entry.timeout ?? limit))
      // oxlint-disable-next-line no-await-in-loop -- one may add another
      if (!(await Promise.all(closed)).every(Boolean)) isClean = false
    }
    const left = this.#entries.splice(0)
    if (left.length > 0) this.#warnLeft(left)
    this.#isClosed = true
    return isClean && left.length === 0
  }

  #warnLeft(left: readonly Resource[]): void {
    const names = left.map(({ name }) => name)
    this.#log.warn(
      { resources: names },
      `shutdown: no time is left for ${names.map((name) => `"${name}"`).join(', ')}, added while others closed; ` +
        'continuing without, with exit code 1; add them earlier'
    )
  }

  async #close({ name, close }: Resource, timeout: number): Promise<boolean> {
    try {
      await withTimeout(timeout, close)
      return true
    } catch (error) {
      if (isClosed(error)) return true
      this.#log.error(
        { err: error, resource: name },
        `shutdown: "${name}" did not close; continuing without it, with exit code 1`
      )
      return false
    }
  }
}
