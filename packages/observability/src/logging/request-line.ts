import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify'
import { scrubAndCut } from '@seaworthy/internal'
import type { RequestIds } from '../tracing/request-ids.ts'
import { errorJson } from './bounded-json.ts'
import { codeOf } from './is-error.ts'
import { customFields } from './custom-fields.ts'
import { lineWriter, type LineWriter, type WriteLine } from './line-writer.ts'
import type { RequestDetails } from './request-details.ts'
import type { LogLevel } from './levels.ts'
import type { ResolvedLogging } from './options.ts'
import { schemas, type LineParts, type Schema } from './schemas.ts'
import { scrubPath } from './scrub-path.ts'

/** A route as its lines show it. */
export interface LoggedRoute {
  /** The pattern. `undefined` for requests that match no route. */
  url: string | undefined
  /** The pattern as JSON. */
  text: string
  /** Milliseconds. */
  slowThreshold: number
  /** Whether successful requests are logged. */
  log: boolean
  /** Whether the line shows the pattern in place of the path, because a parameter is secret. */
  hidesPath: boolean
}

/** How a request ended. */
export interface RequestResult {
  statusCode: number
  /** Milliseconds. */
  duration: number
  aborted: boolean
  error: unknown
  /** Whether the error rejects the request on purpose. */
  rejected: boolean
  /** Whether the answer lasts for as long as its client listens. */
  longLived: boolean
  /** How many lines of its details had to make room. */
  droppedDetails: number
}

/** A request that Fastify or Node.js rejected before any hook. */
interface Rejection {
  method?: string
  url?: string
  statusCode: number
  reason: string
  /** Where the logger does not carry it. */
  correlationId?: string
}

const severity: Record<LogLevel, number> = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 }

// Only HTTP/2 has methods of any length.
const maxMethod = 32

/** Writes the one line of each request. */
export class RequestLines {
  readonly #options: ResolvedLogging
  readonly #schema: Schema
  readonly #write: WriteLine
  readonly #takes: LineWriter['takes']

  /** The share of successful requests that is logged. Operators change it for a time. */
  sampling: number

  constructor(options: ResolvedLogging, log: FastifyBaseLogger, details: RequestDetails | undefined) {
    this.#options = options
    this.sampling = options.sampling
    this.#schema = schemas[options.schema]
    const { write, takes } = lineWriter(log)
    this.#takes = takes
    this.#write =
      details === undefined
        ? write
        : (log, level, fields, message) => {
            if (details.takes(log, level)) write(log, level, fields, message)
          }
  }

  completed(
    request: FastifyRequest,
    reply: FastifyReply,
    route: LoggedRoute,
    ids: RequestIds,
    result: RequestResult
  ): void {
    const { statusCode, duration, aborted, error, rejected, longLived, droppedDetails } = result
    const slow = duration > route.slowThreshold && !longLived
    const succeeded = statusCode < 400 && !slow
    if (succeeded && (!route.log || !this.#isSampled(ids))) return
    const level = this.#level(statusCode, slow, aborted)
    if (!this.#takes(request.log, level)) return

    const parts: LineParts = {
      method: request.method.slice(0, maxMethod),
      route: route.url,
      routeText: route.text,
      url: route.hidesPath ? route.url! : scrubPath(request.raw.url ?? ''),
      statusCode,
      duration,
      slow,
      aborted,
      ...errorParts(rejected ? 0 : statusCode, error)
    }
    const dropped = droppedDetails === 0 ? '' : `,"droppedDetails":${droppedDetails}`
    const line = this.#schema.line(parts) + this.#span(ids) + dropped
    const fields = this.#options.fields === undefined ? line : line + this.#customFields(line, request, reply)
    this.#write(request.log, level, fields, 'request completed')
  }

  rejected(log: FastifyBaseLogger, rejection: Rejection): void {
    const { method = '', url = '', statusCode, reason, correlationId } = rejection
    const parts: LineParts = {
      method,
      route: undefined,
      routeText: '',
      url: scrubPath(url),
      statusCode,
      duration: 0,
      slow: false,
      aborted: false,
      reason
    }
    const id = correlationId === undefined ? '' : `,"${this.#schema.keys.correlationId}":"${correlationId}"`
    const level = this.#level(statusCode, false, false)
    this.#write(log, level, this.#schema.line(parts) + id, 'request rejected')
  }

  #level(statusCode: number, slow: boolean, aborted: boolean): LogLevel {
    const { levels } = this.#options
    let level = levels.success
    if (statusCode >= 500) level = levels.serverError
    else if (aborted) level = levels.aborted
    else if (statusCode >= 400) level = levels.clientError
    return slow && severity[levels.slow] > severity[level] ? levels.slow : level
  }

  /** By the digits of the trace id, so that every service logs the same requests, unless an untrusted client chose them. */
  #isSampled({ traceId, chosen }: RequestIds): boolean {
    const { sampling } = this
    if (chosen && sampling < 1) return Math.random() < sampling
    return sampling === 1 || Number.parseInt(traceId.slice(-8), 16) < sampling * 0x1_0000_0000
  }

  /** The logger carries the other ids. A span id exists only where something needed it. */
  #span({ spanId }: RequestIds): string {
    return spanId === undefined ? '' : `,"${this.#schema.keys.spanId}":"${spanId}"`
  }

  #customFields(line: string, request: FastifyRequest, reply: FastifyReply): string {
    const { fields } = this.#options
    return customFields(() => fields!(request, reply), this.#schema, Buffer.byteLength(line))
  }
}

function errorParts(statusCode: number, error: unknown): Pick<LineParts, 'err' | 'code'> {
  if (error === undefined) return {}
  if (statusCode >= 500) return { err: errorJson(error) }
  // Of a client's error only the code: its message may quote the request.
  const code = codeOf(error)
  if (typeof code !== 'string') return {}
  return { code: plainCode.test(code) ? code : scrubAndCut(code, maxCode) }
}

const maxCode = 100
const plainCode = /^\w{1,100}$/
