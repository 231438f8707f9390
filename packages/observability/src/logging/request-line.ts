import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify'
import type { LogLevel, ResolvedLogging } from './options.ts'
import type { Route } from '../http/routes.ts'
import type { RequestIds } from '../tracing/request-ids.ts'
import { errorJson } from './error-json.ts'
import { lineWriter, type WriteLine } from './line-writer.ts'
import { schemas, type LineParts, type Schema } from './schemas.ts'
import { scrubPath } from './scrub-path.ts'
import { userFields } from './custom-fields.ts'

/** How a request ended. */
export interface Outcome {
  statusCode: number
  /** Milliseconds. */
  duration: number
  aborted: boolean
  error: unknown
}

const severity: Record<LogLevel, number> = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 }

// Only HTTP/2 has methods of any length.
const maxMethod = 32

interface Refused {
  method?: string
  url?: string
  statusCode: number
  reason: string
  correlationId?: string
}

/** Writes the one line of each request. */
export class RequestLines {
  readonly #options: ResolvedLogging
  readonly #schema: Schema
  readonly #write: WriteLine

  constructor(options: ResolvedLogging, log: FastifyBaseLogger) {
    this.#options = options
    this.#schema = schemas[options.schema]
    this.#write = lineWriter(log)
  }

  completed(
    request: FastifyRequest,
    reply: FastifyReply,
    route: Route,
    ids: RequestIds,
    outcome: Outcome
  ): void {
    const { statusCode, duration, aborted, error } = outcome
    const slow = duration > route.slowThreshold
    const quiet = statusCode < 400 && !slow
    if (quiet && (!route.log || !this.#sampled(ids))) return

    const parts: LineParts = {
      method: request.method.slice(0, maxMethod),
      route: route.url,
      routeText: route.text,
      url: route.hidesPath ? route.url! : scrubPath(request.raw.url ?? ''),
      statusCode,
      duration,
      slow,
      aborted,
      ...errorParts(statusCode, error)
    }
    const own = this.#schema.line(parts) + this.#span(ids)
    const fields = this.#options.fields === undefined ? own : own + this.#more(own, request, reply)
    this.#write(request.log, this.#level(statusCode, slow, aborted), fields, 'request completed')
  }

  /** A request that no hook saw. `correlationId` where its logger doesn't carry it. */
  refused(log: FastifyBaseLogger, refusal: Refused): void {
    const { method = '', url = '', statusCode, reason, correlationId } = refusal
    const parts = {
      method,
      route: undefined,
      routeText: '',
      url: scrubPath(url),
      statusCode,
      duration: 0,
      slow: false,
      aborted: false
    }
    const id = correlationId === undefined ? '' : `,"${this.#schema.keys.correlationId}":"${correlationId}"`
    this.#write(
      log,
      this.#level(statusCode, false, false),
      this.#schema.line({ ...parts, reason }) + id,
      'request refused'
    )
  }

  #level(statusCode: number, slow: boolean, aborted: boolean): LogLevel {
    const { levels } = this.#options
    const level = aborted
      ? statusCode >= 500
        ? levels.serverError
        : levels.aborted
      : statusCode >= 500
        ? levels.serverError
        : statusCode >= 400
          ? levels.clientError
          : levels.success
    return slow && severity[levels.slow] > severity[level] ? levels.slow : level
  }

  /** By the trace's own digits, so that every service keeps the same requests. */
  #sampled({ traceId }: RequestIds): boolean {
    const { sampling } = this.#options
    return sampling === 1 || Number.parseInt(traceId.slice(-8), 16) < sampling * 0x1_0000_0000
  }

  /** The logger carries the other ids; the span is made only when something asks for it. */
  #span({ spanId }: RequestIds): string {
    return spanId === undefined ? '' : `,"${this.#schema.keys.spanId}":"${spanId}"`
  }

  #more(own: string, request: FastifyRequest, reply: FastifyReply): string {
    const { fields } = this.#options
    return userFields(() => fields!(request, reply), this.#schema, Buffer.byteLength(own))
  }
}

function errorParts(statusCode: number, error: unknown): Pick<LineParts, 'err' | 'code'> {
  if (error === undefined) return {}
  if (statusCode >= 500) return { err: errorJson(error) }
  // Of a client's error only the code: its message may quote what the client sent.
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? { code: code.slice(0, 100) } : {}
}
