import type { FastifyReply } from 'fastify'
import type { Answer } from './answer.ts'
import { codeOf, isCode, isErrorStatus, maskedMessage } from './status.ts'
import { fieldErrors, isValidationError } from './validation.ts'

/** The members that decide. Read once: what was thrown may be anything, getters included. */
interface Thrown {
  name?: unknown
  message?: unknown
  code?: unknown
  statusCode?: unknown
  status?: unknown
  expose?: unknown
}

const fastifyBrand = Symbol.for('fastify-error-generic')

/** Made by @fastify/error: Fastify itself and its plugins. Older copies carry the name but not the brand. */
const isFastifyError = (error: object, { name, code }: Thrown): boolean =>
  isCode(code) && (fastifyBrand in error || name === 'FastifyError')

/** http-errors has no brand: its own `isHttpError` looks at the same members. */
const isHttpError = ({ expose, status, statusCode }: Thrown): boolean =>
  typeof expose === 'boolean' && isErrorStatus(statusCode) && status === statusCode

/** @fastify/rate-limit throws a plain Error, after it has set its headers. */
const isRateLimitError = ({ message, statusCode }: Thrown, reply: FastifyReply): boolean =>
  (statusCode === 429 || statusCode === 403) &&
  typeof message === 'string' &&
  message.startsWith('Rate limit exceeded, retry in ') &&
  (reply.hasHeader('retry-after') || reply.hasHeader('x-ratelimit-limit'))

/**
 * What Fastify's and http-errors' errors say; `undefined` for all others, whose `statusCode` is an upstream's as
 * likely as ours. Their 5xx messages are for us, not for the client.
 */
export function familiarAnswer(error: object, reply: FastifyReply): Answer | undefined {
  if (!(error instanceof Error) && Object.prototype.toString.call(error) !== '[object Error]')
    return undefined
  if (isValidationError(error)) {
    const { statusCode, code } = error
    return {
      statusCode: isErrorStatus(statusCode) ? statusCode : 400,
      code: isCode(code) ? code : 'FST_ERR_VALIDATION',
      message: 'Validation failed',
      details: fieldErrors(error, reply.request)
    }
  }
  const thrown = error as Thrown
  const { code, message, statusCode } = thrown
  const familiar = isFastifyError(error, thrown) || isHttpError(thrown)
  if (!familiar) {
    if (!isRateLimitError(thrown, reply)) return undefined
    return { statusCode: statusCode as number, code: 'RATE_LIMIT_EXCEEDED', message: message as string }
  }
  const status = isErrorStatus(statusCode) ? statusCode : 500
  // http-errors knows better than the status whether its message may be shown, but never above 499.
  const shown = status < 500 && thrown.expose !== false && typeof message === 'string'
  return {
    statusCode: status,
    code: isCode(code) ? code : codeOf(status),
    message: shown ? message : maskedMessage(status)
  }
}
