import type { FastifyReply, FastifyRequest } from 'fastify'
import { scrubAndCut } from '@seaworthy/internal'
import { isAppError, type AppError } from '../classes/app-error.ts'
import type { ErrorCode } from '../classes/codes.ts'
import { codeOf, isCode, isErrorStatus, maskedMessage } from '../classes/status.ts'
import { isClosed } from '../internals.ts'
import { loggable } from '../logging/loggable.ts'
import { atOnce } from '../options-at-once.ts'
import type { ErrorReply } from './error-reply.ts'
import type { ForeignErrors } from './foreign-errors.ts'
import { isAbort } from './is-abort.ts'
import { responseFromKnownError } from './known-errors.ts'
import { applyMapping, type CompiledMapping } from './mapping.ts'

/** The options that decide an error's response. */
export interface ResolveOptions {
  map: readonly CompiledMapping[]
  expose: (error: unknown, statusCode: number) => unknown
  /** `observe`: errors that are not known to be made for clients keep their status. */
  mode: 'enforce' | 'observe'
}

/** The facts about the failed request that decide its status and message. */
export interface FailureState {
  /** Whether the handler has run, so that an error may come from a call that it made. */
  inHandler: boolean
  /** Whether the app words the failures of the route's validation. */
  hasFormatter: (request: FastifyRequest) => boolean
  /** Whether it is the second error of the request: then the reply's status belongs to the response that failed. */
  isSecondError: boolean
}

/** Characters of a masked message that is shown. */
const maxMessage = 4096

const internalServerError = (): ErrorReply => ({
  statusCode: 500,
  code: 'INTERNAL_SERVER_ERROR' satisfies ErrorCode,
  message: maskedMessage(500)
})

/** Decides the response to whatever was thrown. Never throws itself. */
export function resolveError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  options: ResolveOptions,
  foreign: ForeignErrors,
  state: FailureState
): ErrorReply {
  try {
    const response = classify(error, request, reply, options, foreign, state)
    const hidden = response.statusCode >= 500 || response.masked === true
    if (hidden && atOnce(options.expose(error, response.statusCode), 'expose') === true) {
      const { message } = (error ?? {}) as { message?: unknown }
      if (typeof message === 'string' && message !== '') response.message = scrubAndCut(message, maxMessage)
    }
    return response
  } catch (failure) {
    // A getter of the error has thrown, or a rule of the app.
    request.log.warn(
      { err: loggable(failure) },
      'errors: reading or mapping an error failed; responding with 500'
    )
    return internalServerError()
  }
}

function classify(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  options: ResolveOptions,
  foreign: ForeignErrors,
  { inHandler, isSecondError, hasFormatter }: FailureState
): ErrorReply {
  const object =
    (typeof error === 'object' || typeof error === 'function') && error !== null ? error : undefined
  if (object !== undefined && isAppError(object)) return responseFromAppError(object)
  if (options.map.length > 0) {
    const mapped = applyMapping(options.map, error, request)
    // A rule may also make an error of Fastify or http-errors.
    if (mapped !== undefined) {
      return isAppError(mapped)
        ? responseFromAppError(mapped)
        : (responseFromKnownError(mapped, reply) ?? internalServerError())
    }
  }
  if (object !== undefined) {
    const knownResponse = responseFromKnownError(object, reply, hasFormatter)
    if (knownResponse !== undefined) return knownResponse
    const hasAborted = isAbort(object)
    // No fault of the server: the client has closed the connection, and the error is the abort that followed.
    if (hasAborted && isClosed(reply.raw)) {
      const code: ErrorCode = 'CLIENT_CLOSED_REQUEST'
      return { statusCode: 499, code, message: 'Client Closed Request' }
    }
    const reason = hasAborted ? reasonOfDeadline(request) : undefined
    if (reason !== undefined) return responseFromAppError(reason)
    const chosen = foreign.respond(object, inHandler)
    if (chosen !== undefined) return chosen
  }
  const statusCode = (isSecondError ? undefined : statusSetByApp(object, reply)) ?? 500
  return { statusCode, code: codeOf(statusCode), message: maskedMessage(statusCode) }
}

/** The error of the request's deadline, if it has passed: libraries throw an error of their own for an aborted signal. */
function reasonOfDeadline(request: FastifyRequest): AppError | undefined {
  const { signal } = (request as { deadline?: { signal?: AbortSignal } }).deadline ?? {}
  const reason: unknown = signal?.aborted === true ? signal.reason : undefined
  return typeof reason === 'object' && reason !== null && isAppError(reason) ? reason : undefined
}

/** All members of an {@link AppError} are sent, the message only below 500 or with `expose`. */
function responseFromAppError(error: AppError): ErrorReply {
  const { statusCode, code, message, headers, details, extensions } = error
  const { expose }: { expose?: unknown } = error
  const status = isErrorStatus(statusCode) ? statusCode : 500
  const exposed = (expose === undefined ? status < 500 : expose === true) && typeof message === 'string'
  return {
    statusCode: status,
    code: isCode(code) ? code : codeOf(status),
    message: exposed ? message : maskedMessage(status),
    headers: typeof headers === 'object' && headers !== null ? headers : undefined,
    details,
    extensions: typeof extensions === 'object' && extensions !== null ? extensions : undefined
  }
}

/** The status that the app set, as in `reply.code(401)`, before it threw an error that has none. */
function statusSetByApp(error: object | undefined, reply: FastifyReply): number | undefined {
  const { statusCode: current } = reply
  if (!isErrorStatus(current)) return undefined
  // While a tracer listens, Fastify copies the error's status to the reply: the app has not set that one.
  const { statusCode, status } = (error ?? {}) as { statusCode?: unknown; status?: unknown }
  return current === statusCode || current === status ? undefined : current
}
