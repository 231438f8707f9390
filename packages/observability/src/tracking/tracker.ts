import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import type { ErrorContext, ErrorSink, ResolvedErrorTracking } from './options.ts'
import type { Outcomes } from './pending-errors.ts'
import { sentryClient } from './sentry.ts'

/** Gives errors to a sink: each once, and never let the sink disturb the service. */
export class ErrorTracker {
  readonly #seen = new WeakSet()
  readonly #pending = new Set<Promise<unknown>>()
  readonly #log: FastifyBaseLogger
  readonly #flush: ((timeout: number) => unknown) | undefined
  #sink: ErrorSink | undefined

  constructor(log: FastifyBaseLogger, sink: ErrorSink | undefined, flush?: (timeout: number) => unknown) {
    this.#log = log
    this.#sink = sink
    this.#flush = flush
  }

  get on(): boolean {
    return this.#sink !== undefined
  }

  capture(error: unknown, context: ErrorContext): void {
    if (this.#sink === undefined) return
    if (typeof error === 'object' && error !== null) {
      if (this.#seen.has(error)) return
      this.#seen.add(error)
    }
    try {
      const result = this.#sink(error, context)
      if (result instanceof Promise) this.#follow(result)
    } catch (failure) {
      this.#failed(failure)
    }
  }

  /** Resolves when everything has left, or after `timeout` milliseconds. */
  async flush(timeout: number): Promise<void> {
    if (this.#sink === undefined) return
    let timer: NodeJS.Timeout | undefined
    const expired = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeout)
    })
    const all = Promise.allSettled(this.#pending).then(() => this.#flush?.(timeout))
    await Promise.race([all.catch((error: unknown) => this.#failed(error)), expired])
    clearTimeout(timer)
  }

  #follow(result: Promise<unknown>): void {
    const settled: Promise<unknown> = result
      .catch((error: unknown) => this.#failed(error))
      .finally(() => this.#pending.delete(settled))
    this.#pending.add(settled)
  }

  #failed(error: unknown): void {
    this.#log.warn({ err: error }, 'observability: the error sink failed')
  }
}

/** What may be told of a request. */
export function errorContext(
  request: FastifyRequest,
  details: { route: string | undefined; statusCode: number; traceId: string; userId: string | undefined }
): ErrorContext {
  const { route, statusCode, traceId, userId } = details
  return {
    source: 'request',
    method: request.method,
    route: route ?? '__unmatched__',
    statusCode,
    correlationId: request.id,
    traceId,
    ...(userId === undefined ? {} : { userId })
  }
}

/** The tracker, and what a client that captures by itself wants to know. */
export interface Tracking {
  tracker: ErrorTracker
  outcomes?: Outcomes
}

export async function setUpTracking(
  log: FastifyBaseLogger,
  options: ResolvedErrorTracking | false
): Promise<Tracking> {
  if (options === false) return { tracker: new ErrorTracker(log, undefined) }
  const { sentry, sink, flush } = options
  if (sentry === undefined) return { tracker: new ErrorTracker(log, sink, flush) }
  const client = await sentryClient(sentry)
  return { tracker: new ErrorTracker(log, client.sink, client.flush), outcomes: client.outcomes }
}
