import type { FastifyRequest } from 'fastify'
import type { ErrorCode } from '../classes/codes.ts'
import { isCode, isErrorStatus } from '../classes/status.ts'
import { defaultValidationMessage, isFormatted } from '../internals.ts'
import type { ErrorReply } from './error-reply.ts'
import { classNameOf, isPlain } from '../thrown/error-like.ts'
import { fieldErrors, type SchemaValidationError } from './field-errors.ts'
import { isNamedFailure, issuesOf } from './validation-issues.ts'

const maxMessage = 1024

/**
 * Whether the validation of a route has made the error, with any validator compiler. Fastify sets the part of the
 * request on each, and nothing else does.
 */
export const isValidationError = (error: object): error is SchemaValidationError => {
  const { validationContext, validation, code } = error as Partial<SchemaValidationError>
  return typeof validationContext === 'string' || (Array.isArray(validation) && code === 'FST_ERR_VALIDATION')
}

/** 400, or the status that the validator has set. A validator that failed itself is a 500. */
export function responseFromValidation(
  error: SchemaValidationError,
  request: FastifyRequest,
  hasFormatter: (request: FastifyRequest) => boolean
): ErrorReply | undefined {
  const { statusCode, code } = error
  const issues = issuesOf(error)
  // Fastify sets 500 on what a validator throws. Libraries throw their failures too.
  const isFailure = issues !== undefined || (!isPlain(error) && isNamedFailure(classNameOf(error)))
  if (statusCode === 500 && !isFailure) return undefined
  return {
    statusCode: isErrorStatus(statusCode) && statusCode !== 500 ? statusCode : 400,
    code: isCode(code) ? code : ('FST_ERR_VALIDATION' satisfies ErrorCode),
    message: formattedMessage(error, () => hasFormatter(request)) ?? 'Validation failed',
    details: fieldErrors(error, issues ?? [{ message: undefined }], request)
  }
}

/** The words of the app's `schemaErrorFormatter`. Those of Fastify's own formatter repeat the details. */
function formattedMessage(error: SchemaValidationError, hasFormatter: () => boolean): string | undefined {
  const { message, validation, validationContext } = error
  if (!Array.isArray(validation) || typeof validationContext !== 'string') return undefined
  // A formatter may set members that Fastify would set after it.
  if (!isFormatted(error) && !hasFormatter()) return undefined
  if (typeof message !== 'string' || message === '') return undefined
  return message === defaultValidationMessage(validation, validationContext)
    ? undefined
    : message.slice(0, maxMessage)
}
