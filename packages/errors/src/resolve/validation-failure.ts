import type { FastifyRequest } from 'fastify'
import type { ErrorCode } from '../classes/codes.ts'
import { isCode, isErrorStatus } from '../classes/status.ts'
import { defaultValidationMessage, isFormatted } from '../internals.ts'
import type { ErrorReply } from './error-reply.ts'
import { fieldErrors, type SchemaValidationError } from './field-errors.ts'

const maxMessage = 1024

/** The lists in which validation libraries keep what is wrong: Ajv, Joi, Yup, Zod and Valibot, Superstruct. */
const listNames = ['validation', 'details', 'inner', 'issues', 'failures'] as const

/**
 * Whether the validation of a route has made the error, with any validator compiler. Fastify sets the part of the
 * request on each, and nothing else does.
 */
export const isValidationError = (error: Error): error is SchemaValidationError => {
  const { validationContext, validation, code } = error as Partial<SchemaValidationError>
  return typeof validationContext === 'string' || (Array.isArray(validation) && code === 'FST_ERR_VALIDATION')
}

/** 400, or the status that the validator has set. A validator that failed itself is a 500. */
export function responseFromValidation(
  error: SchemaValidationError,
  request: FastifyRequest
): ErrorReply | undefined {
  const { statusCode, code } = error
  const issues = issuesOf(error)
  // Fastify sets 500 on what a validator throws. Libraries throw their failures too, with a list of them.
  if (statusCode === 500 && issues === undefined) return undefined
  return {
    statusCode: isErrorStatus(statusCode) && statusCode !== 500 ? statusCode : 400,
    code: isCode(code) ? code : ('FST_ERR_VALIDATION' satisfies ErrorCode),
    message: formattedMessage(error) ?? 'Validation failed',
    details: fieldErrors(error, issues ?? [{ message: undefined }], request)
  }
}

/** The list of what is wrong, or the error itself where it stands for one failure. */
function issuesOf(error: SchemaValidationError): readonly unknown[] | undefined {
  const members = error as unknown as Record<string, unknown>
  for (const name of listNames) {
    const list = members[name]
    if (Array.isArray(list) && list.length > 0) return list as unknown[]
  }
  // Yup's error has its own path if it stopped at the first failure.
  return typeof members['path'] === 'string' && Array.isArray(members['errors']) ? [error] : undefined
}

/** The words of the app's `schemaErrorFormatter`. Those of Fastify's own formatter repeat the details. */
function formattedMessage(error: SchemaValidationError): string | undefined {
  const { message, validation, validationContext } = error
  if (!Array.isArray(validation) || typeof validationContext !== 'string' || !isFormatted(error))
    return undefined
  if (typeof message !== 'string' || message === '') return undefined
  return message === defaultValidationMessage(validation, validationContext)
    ? undefined
    : message.slice(0, maxMessage)
}
