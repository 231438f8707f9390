import type { FastifyBaseLogger } from 'fastify'
import { within } from '../within.ts'

interface Resource {
  name: string
  close: () => unknown
  timeout: number | undefined
}

/** What is closed after the last answer, last registered first, each with a time limit. */
export class Resources {
  readonly #log: FastifyBaseLogger
  readonly #entries: Resource[] = []

  constructor(log: FastifyBaseLogger) {
    this.#log = log
  }

  add(name: string, close: () => unknown, timeout: number | undefined): void {
    this.#entries.push({ name, close, timeout })
  }

  /** Milliseconds that resources have asked for themselves. */
  get asked(): number {
    return this.#entries.reduce((sum, { timeout = 0 }) => sum + timeout, 0)
  }

  /** The most that one of them has asked for. */
  get longest(): number {
    return this.#entries.reduce((most, { timeout = 0 }) => Math.max(most, timeout), 0)
  }

  /** One after another, backwards. `each` limits the ones without a timeout of their own, `total` all of those. */
  async closeInReverse(each: number, total: number): Promise<boolean> {
    const end = performance.now() + total
    let clean = true
    for (const resource of this.#entries.splice(0).toReversed()) {
      // What comes after a resource that hung still gets a moment: most close at once.
      const shared = Math.max(Math.min(each, end - performance.now()), 100)
      // oxlint-disable-next-line no-await-in-loop -- what was opened first may be needed to close the others
      if (!(await this.#close(resource, resource.timeout ?? shared))) clean = false
    }
    return clean
  }

  /** All at the same time. */
  async closeTogether(limit: number): Promise<boolean> {
    const closed = this.#entries.splice(0).map((resource) => this.#close(resource, resource.timeout ?? limit))
    return (await Promise.all(closed)).every(Boolean)
  }

  async #close({ name, close }: Resource, timeout: number): Promise<boolean> {
    try {
      await within(timeout, close)
      return true
    } catch (error) {
      this.#log.error({ err: error, resource: name }, `shutdown: "${name}" did not close`)
      return false
    }
  }
}
