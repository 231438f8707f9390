import { withTimeout } from '@seaworthy/internal'
import type { FastifyBaseLogger } from 'fastify'

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

  constructor(log: FastifyBaseLogger) {
    this.#log = log
  }

  add(name: string, close: () => unknown, timeout: number | undefined): void {
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
    let isClean = true
    for (const resource of this.#entries.splice(0).toReversed()) {
      const shared = Math.max(Math.min(each, end - performance.now()), minTimeoutMs)
      // oxlint-disable-next-line no-await-in-loop -- a resource that was opened first may be needed to close the others
      if (!(await this.#close(resource, resource.timeout ?? shared))) isClean = false
    }
    return isClean
  }

  /** Closes all at the same time, each within `limit` milliseconds or its own timeout. */
  async closeTogether(limit: number): Promise<boolean> {
    const closed = this.#entries.splice(0).map((resource) => this.#close(resource, resource.timeout ?? limit))
    return (await Promise.all(closed)).every(Boolean)
  }

  async #close({ name, close }: Resource, timeout: number): Promise<boolean> {
    try {
      await withTimeout(timeout, close)
      return true
    } catch (error) {
      this.#log.error(
        { err: error, resource: name },
        `shutdown: "${name}" did not close; continuing without it, with exit code 1`
      )
      return false
    }
  }
}
