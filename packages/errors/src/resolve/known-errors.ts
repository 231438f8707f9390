import type { FastifyReply } from 'fastify'
import type { ErrorCode } from '../classes/codes.ts'
import { codeOf, isCode, isErrorStatus, maskedMessage } from '../classes/status.ts'
import { isFastifyError, isHttpError, isRateLimitError, type ThrownMembers } from '../internals.ts'
import type { ErrorReply } from './error-reply.ts'
import { fieldErrors, isValidationError } from './field-errors.ts'

/**
 * The response to errors of Fastify, its plugins and http-errors, whose 5xx messages are not for the client.
 * `undefined` for all others: their `statusCode` may well be an upstream's.
 */
export function responseFromKnownError(error: object, reply: FastifyReply): ErrorReply | undefined {
  if (!(error instanceof Error) && Object.prototype.toString.call(error) !== '[object Error]')
    return undefined
  if (isValidationError(error)) {
    const { statusCode, code } = error
    return {
      statusCode: isErrorStatus(statusCode) ? statusCode : 400,
      code: isCode(code) ? code : ('FST_ERR_VALIDATION' satisfies ErrorCode),
      message: 'Validation failed',
      details: fieldErrors(error, reply.request)
    }
  }
  const thrown = error as ThrownMembers
  const { code, message, statusCode } = thrown
  const known =
    (isCode(code) && isFastifyError(error, thrown)) || (isErrorStatus(statusCode) && isHttpError(thrown))
  if (!known) {
    if (!isRateLimitError(thrown, reply)) return undefined
    const limited: ErrorCode = 'RATE_LIMIT_EXCEEDED'
    return { statusCode: statusCode as number, code: limited, message: message as string }
  }
  const status = isErrorStatus(statusCode) ? statusCode : 500
  // http-errors says in `expose` whether its message may be sent. From 500 on it never is.
  const exposed = status < 500 && thrown.expose !== false && typeof message === 'string'
  return {
    statusCode: status,
    code: isCode(code) ? code : codeOf(status),
    message: exposed ? message : maskedMessage(status)
  }
}
