import type { FastifyBaseLogger } from 'fastify'
import { withTimeout } from '@seaworthy/internal'
import type { ErrorContext, ErrorSink, ResolvedErrorTracking } from './options.ts'
import type { PendingErrors } from './pending-errors.ts'
import { sentryClient } from './sentry.ts'

/** Sends errors to a sink, each once. A failing sink does not affect the service. */
export class ErrorTracker {
  readonly #captured = new WeakSet()
  readonly #pending = new Set<Promise<unknown>>()
  readonly #log: FastifyBaseLogger
  readonly #sink: ErrorSink | undefined
  readonly #flush: ((timeout: number) => unknown) | undefined

  constructor(log: FastifyBaseLogger, sink: ErrorSink | undefined, flush?: (timeout: number) => unknown) {
    this.#log = log
    this.#sink = sink
    this.#flush = flush
  }

  capture(error: unknown, context: ErrorContext): void {
    if (this.#sink === undefined) return
    if (typeof error === 'object' && error !== null) {
      if (this.#captured.has(error)) return
      this.#captured.add(error)
    }
    try {
      const result = this.#sink(error, context)
      if (result instanceof Promise) this.#follow(result)
    } catch (failure) {
      this.#logFailure(failure)
    }
  }

  /** Resolves when every captured error was sent, or after `timeout` milliseconds. */
  async flush(timeout: number): Promise<void> {
    if (this.#sink === undefined) return
    await withTimeout(timeout, async () => this.#flushSink(timeout)).catch(() => undefined)
  }

  async #flushSink(timeout: number): Promise<void> {
    await Promise.allSettled(this.#pending)
    try {
      await this.#flush?.(timeout)
    } catch (error) {
      this.#logFailure(error)
    }
  }

  #follow(result: Promise<unknown>): void {
    const settled: Promise<unknown> = result
      .catch((error: unknown) => this.#logFailure(error))
      .finally(() => this.#pending.delete(settled))
    this.#pending.add(settled)
  }

  #logFailure(error: unknown): void {
    this.#log.warn(
      { err: error },
      'observability: the error sink failed; the error is not tracked; check errorTracking'
    )
  }
}

/** The tracker, and the errors of which a client that captures by itself needs the context. */
export interface Tracking {
  tracker: ErrorTracker
  pendingErrors?: PendingErrors
}

export async function setUpTracking(
  log: FastifyBaseLogger,
  options: ResolvedErrorTracking | false
): Promise<Tracking> {
  if (options === false) return { tracker: new ErrorTracker(log, undefined) }
  const { sentry, sink, flush } = options
  if (sentry === undefined) return { tracker: new ErrorTracker(log, sink, flush) }
  const client = await sentryClient(sentry)
  return {
    tracker: new ErrorTracker(log, client.sink, client.flush),
    pendingErrors: client.pendingErrors
  }
}
