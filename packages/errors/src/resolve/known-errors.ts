import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ErrorCode } from '../classes/codes.ts'
import { codeOf, isCode, isErrorStatus, maskedMessage } from '../classes/status.ts'
import {
  isFastifyError,
  isHttpError,
  isMultipartError,
  isRateLimitError,
  type ThrownMembers
} from '../internals.ts'
import { headersOf } from '../thrown/error-headers.ts'
import { isErrorLike } from '../thrown/error-like.ts'
import type { ErrorReply } from './error-reply.ts'
import { isValidationError, responseFromValidation } from './validation-failure.ts'

/**
 * The response to errors of Fastify, its plugins and http-errors, whose 5xx messages are not for the client.
 * `undefined` for all others.
 */
export function responseFromKnownError(
  error: object,
  reply: FastifyReply,
  hasFormatter: (request: FastifyRequest) => boolean = () => false
): ErrorReply | undefined {
  const thrown = error as ThrownMembers
  // Its `errorResponseBuilder` may return a plain object.
  if (isRateLimitError(thrown, reply)) {
    const { message, statusCode } = thrown
    const limited: ErrorCode = 'RATE_LIMIT_EXCEEDED'
    const status = statusCode as number
    return {
      statusCode: status,
      code: limited,
      message: typeof message === 'string' && message !== '' ? message : maskedMessage(status)
    }
  }
  // So may a `schemaErrorFormatter`.
  if (isValidationError(error)) return responseFromValidation(error, reply.request, hasFormatter)
  if (!isErrorLike(error)) return undefined
  if (isMultipartError(error, reply.request)) {
    const code: ErrorCode = 'BAD_REQUEST'
    return { statusCode: 400, code, message: 'The multipart body is incomplete or malformed' }
  }
  const boom = responseFromBoom(error)
  if (boom !== undefined) return boom
  const { code, message, statusCode } = thrown
  const isKnown =
    (isCode(code) && isFastifyError(error, thrown)) || (isErrorStatus(statusCode) && isHttpError(thrown))
  if (!isKnown) return undefined
  const status = isErrorStatus(statusCode) ? statusCode : 500
  // http-errors says in `expose` whether its message may be sent. From 500 on it never is.
  const exposed = status < 500 && thrown.expose !== false && typeof message === 'string'
  return {
    statusCode: status,
    code: isCode(code) ? code : codeOf(status),
    message: exposed ? message : maskedMessage(status),
    headers: headersOf(error)
  }
}

/**
 * The response to an error of @hapi/boom, whose `output` is what clients get. From 500 on, that has no message of its own.
 * `undefined` for all others.
 */
function responseFromBoom(error: object): ErrorReply | undefined {
  const { isBoom, output } = error as { isBoom?: unknown; output?: Record<string, unknown> | null }
  if (isBoom !== true || typeof output !== 'object' || output === null) return undefined
  const { statusCode, headers, payload } = output
  if (!isErrorStatus(statusCode)) return undefined
  const message = (payload as { message?: unknown } | null | undefined)?.message
  const exposed = statusCode < 500 && typeof message === 'string' && message !== ''
  return {
    statusCode,
    code: codeOf(statusCode),
    message: exposed ? message : maskedMessage(statusCode),
    headers: headersOf({ headers })
  }
}
