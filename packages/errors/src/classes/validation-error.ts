import { nameErrorClass } from '@seaworthy/internal'
import { AppError } from './app-error.ts'
import type { ErrorCode } from './codes.ts'
import type { HttpErrorOptions } from './http-errors.ts'

/**
 * One violation of a rule by a request.
 *
 * @example
 * const missing: FieldError = { pointer: '/email', keyword: 'required', message: 'must be there' }
 * throw new ValidationError('The form is not complete', [missing])
 */
export interface FieldError {
  /** The part of the request: `body`, `querystring`, `params`, `headers`. */
  in?: string
  /** A JSON pointer (RFC 6901) into that part: `/items/0/price`. '' is the whole part. */
  pointer: string
  /** The rule that failed: `minimum`. */
  keyword: string
  /** The failure in words, without the submitted value. */
  message: string
}

const optionNames: ReadonlySet<string> = new Set(
  Object.keys({
    code: true,
    cause: true,
    headers: true,
    details: true,
    extensions: true,
    expose: true
  } satisfies Record<keyof HttpErrorOptions, true>)
)

/** Details may be passed in place of options, as in `new ValidationError('Validation failed', error.validation)`. */
function toOptions(value: unknown): HttpErrorOptions {
  if (value === undefined) return {}
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { details: value }
  const names = Object.keys(value)
  // Details may have a `code` too. If there is another option, the rest must not be sent: it may be internal.
  const hasOption = names.some((name) => name !== 'code' && optionNames.has(name))
  return hasOption || names.every((name) => optionNames.has(name)) ? value : { details: value }
}

/**
 * 400 Bad Request: the request breaks rules. `details` lists them, preferably as {@link FieldError}s.
 *
 * @example
 * throw new ValidationError('The order is not complete', [{ pointer: '/items', keyword: 'minItems', message: 'must have an item' }])
 */
export class ValidationError extends AppError {
  static {
    nameErrorClass(this, 'ValidationError')
  }

  constructor(message?: string, options?: HttpErrorOptions)
  /** @param details - The violations: `error.validation`, a list of {@link FieldError}s, or any other JSON. */
  constructor(message?: string, details?: unknown)
  constructor(message = 'Validation failed', details?: unknown) {
    super(message, { code: 'VALIDATION_ERROR' satisfies ErrorCode, ...toOptions(details), statusCode: 400 })
  }
}
