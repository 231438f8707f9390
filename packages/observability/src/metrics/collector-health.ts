import type { FastifyBaseLogger } from 'fastify'
import { safeError } from '../logging/safe-error.ts'

/** Collectors are functions of the app. One that fails costs its own metric, and one line until it works again. */
export class CollectorHealth {
  readonly #failing = new Set<string>()
  readonly #log: FastifyBaseLogger

  constructor(log: FastifyBaseLogger) {
    this.#log = log
  }

  /** Runs a collector. Returns whether it succeeded. */
  run(metric: string, collect: () => unknown): boolean {
    try {
      const result = collect()
      if (result instanceof Promise) void result.catch((error: unknown) => this.failed(metric, error))
      this.succeeded(metric)
      return true
    } catch (error) {
      this.failed(metric, error)
      return false
    }
  }

  succeeded(metric: string): void {
    this.#failing.delete(metric)
  }

  failed(metric: string, error: unknown): void {
    if (this.#failing.has(metric)) return
    this.#failing.add(metric)
    this.#log.warn(
      { err: safeError(error), metric },
      'observability: a metric could not be collected; scrapes are without it; repair its collect function'
    )
  }
}
