import type { FastifyBaseLogger } from 'fastify'
import { withTimeout } from '@seaworthy/internal'
import type { ErrorContext, ErrorSink, ResolvedErrorTracking } from './options.ts'
import { ErrorStorms } from './error-storms.ts'
import type { PendingErrors } from './pending-errors.ts'
import { scrubError } from './scrub-error.ts'
import { safeError } from '../logging/safe-error.ts'
import { redact } from '../logging/redact.ts'

interface TrackerParts {
  /** `undefined` tracks nothing. */
  sink: ErrorSink | undefined
  flush?: ((timeout: number) => unknown) | undefined
  maxPerMinute: number
  /** Called for each error that is not sent because its like was sent often enough. */
  onSuppressed: () => void
}

/** Sends errors to a sink, each once. A failing sink does not affect the service. */
export class ErrorTracker {
  readonly #captured = new WeakSet()
  readonly #pending = new Set<Promise<unknown>>()
  readonly #log: FastifyBaseLogger
  readonly #sink: ErrorSink | undefined
  readonly #flush: ((timeout: number) => unknown) | undefined
  readonly #storms: ErrorStorms

  constructor(log: FastifyBaseLogger, { sink, flush, maxPerMinute, onSuppressed }: TrackerParts) {
    this.#log = log
    this.#sink = sink
    this.#flush = flush
    this.#storms = new ErrorStorms(maxPerMinute, onSuppressed)
  }

  capture(error: unknown, context: ErrorContext): void {
    if (this.#sink === undefined) return
    if (typeof error === 'object' && error !== null) {
      if (this.#captured.has(error)) return
      this.#captured.add(error)
    }
    if (!this.#storms.admits(error, context)) return
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
      { err: safeError(error) },
      'observability: the error sink failed; the error is not tracked; check errorTracking'
    )
  }
}

/** Reports leave the service as lines do: a sink of the app gets no secrets either. */
const safeSink = (sink: ErrorSink | undefined): ErrorSink | undefined =>
  sink && ((error, context) => sink(scrubError(error), redact(context) as ErrorContext))

/** The tracker, and the errors of which a client that captures by itself needs the context. */
export interface Tracking {
  tracker: ErrorTracker
  pendingErrors?: PendingErrors
}

export async function setUpTracking(
  log: FastifyBaseLogger,
  options: ResolvedErrorTracking | false,
  onSuppressed: () => void
): Promise<Tracking> {
  if (options === false) {
    return { tracker: new ErrorTracker(log, { sink: undefined, maxPerMinute: 1, onSuppressed }) }
  }
  const { sentry, sink, flush, maxPerMinute } = options
  if (sentry === undefined)
    return { tracker: new ErrorTracker(log, { sink: safeSink(sink), flush, maxPerMinute, onSuppressed }) }
  const client = await (await import('./sentry.ts')).sentryClient(sentry)
  return {
    tracker: new ErrorTracker(log, { sink: client.sink, flush: client.flush, maxPerMinute, onSuppressed }),
    pendingErrors: client.pendingErrors
  }
}
