import { randomUUID } from 'node:crypto'
import type { Reporter } from '@seaworthy/contract'
import { withTimeout } from '@seaworthy/internal'
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import type { WorkMetrics } from './work-metrics.ts'

/** One piece of background work. */
interface Work {
  readonly name: string
  readonly id: string
  readonly startedAt: number
}

/** Where the work comes from. Without a request it has an id and the log of its own. */
export interface WorkOrigin {
  id?: string
  request?: FastifyRequest
}

/** How much of the work one log line names. */
const maxLogged = 100

/** Work that no response waits for. A shutdown waits for it, and names what it cuts. */
export class BackgroundWork {
  reporter: Reporter | undefined
  readonly #log: FastifyBaseLogger
  readonly #metrics: WorkMetrics
  readonly #pending = new Map<Work, Promise<void>>()
  readonly #controller = new AbortController()

  constructor(log: FastifyBaseLogger, metrics: WorkMetrics) {
    this.#log = log
    this.#metrics = metrics
  }

  /** Runs the function. Its failure is logged and reported, and rejects the promise, which nothing has to handle. */
  run<T>(name: string, fn: (signal: AbortSignal) => T | Promise<T>): Promise<T> {
    const promise = new Promise<T>((resolve) => {
      resolve(fn(this.#controller.signal))
    })
    this.follow(name, promise, {})
    return promise
  }

  /** Follows a promise until it settles. */
  follow(name: string, promise: unknown, { request, id = randomUUID() }: WorkOrigin): void {
    const work: Work = { name, id, startedAt: performance.now() }
    const end = (outcome: 'success' | 'failure') => {
      this.#pending.delete(work)
      this.#metrics.ended(name, outcome, performance.now() - work.startedAt)
    }
    const ended = Promise.resolve(promise).then(
      () => end('success'),
      (error: unknown) => {
        end('failure')
        this.#failed(work, error, request)
      }
    )
    this.#pending.set(work, ended)
    this.#metrics.started(name)
  }

  #failed({ name, id }: Work, error: unknown, request: FastifyRequest | undefined): void {
    const log = request?.log ?? this.#log
    log.error(
      { err: error, work: name, id },
      `shutdown: background work "${name}" failed; nothing repeats it; correct what "err" names`
    )
    const source = `background work "${name}"`
    this.reporter?.report(error, { source, id, ...(request && { request }) })
  }

  /**
   * Waits for all of it, what is added meanwhile included, and cuts the rest: it is named, and its signal aborts.
   *
   * @param limit - Milliseconds.
   * @returns Whether all of it has ended.
   */
  async finish(limit: number): Promise<boolean> {
    const end = performance.now() + limit
    for (;;) {
      const left = end - performance.now()
      if (this.#pending.size === 0) return true
      if (left <= 0) break
      // oxlint-disable-next-line no-await-in-loop -- one may add another
      await withTimeout(left, () => Promise.all(this.#pending.values())).catch(() => undefined)
    }
    this.#cut(limit)
    return false
  }

  #cut(limit: number): void {
    const now = performance.now()
    const pending = Array.from(this.#pending.keys(), ({ name, id, startedAt }) => ({
      name,
      id,
      age: Math.round(now - startedAt)
    }))
    const count = pending.length
    for (const { name } of pending) this.#metrics.cut(name)
    const names = [...new Set(pending.map(({ name }) => `"${name}"`))].slice(0, maxLogged).join(', ')
    this.#log.warn(
      { work: pending.slice(0, maxLogged), count },
      `shutdown: background work was cut (${names}); continuing without, with exit code 1; ` +
        `raise "timeout" if they need longer than the ${Math.max(0, Math.round(limit))} ms that were left`
    )
    this.#controller.abort(new Error('the shutdown has no time left'))
  }
}
