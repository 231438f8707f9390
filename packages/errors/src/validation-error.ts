import { AppError, named } from './app-error.ts'
import type { HttpErrorOptions } from './classes.ts'

/** One thing that is wrong with a request. */
export interface FieldError {
  /** Which part of the request: `body`, `querystring`, `params`, `headers`. */
  in?: string
  /** A JSON pointer (RFC 6901) into that part: `/items/0/price`. '' is the whole of it. */
  pointer: string
  /** The rule that failed: `minimum`. */
  keyword: string
  /** In words, without the submitted value. */
  message: string
}

const optionNames = new Set(['code', 'cause', 'headers', 'details', 'extensions', 'expose'])

/** Details may come by themselves, as in `new ValidationError('Validation failed', error.validation)`. */
function optionsOf(given: unknown): HttpErrorOptions {
  if (given === undefined) return {}
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return { details: given }
  const names = Object.keys(given)
  // Details may have a code too; what else options have is none of a client's business.
  const told = names.some((name) => name !== 'code' && optionNames.has(name))
  return told || names.every((name) => optionNames.has(name)) ? given : { details: given }
}

/** 400: the request breaks rules. `details` say which, best as {@link FieldError}s. */
export class ValidationError extends AppError {
  static {
    named(this, 'ValidationError')
  }

  constructor(message?: string, options?: HttpErrorOptions)
  /** @param details - What is wrong, by itself: `error.validation`, a list of {@link FieldError}s, whatever JSON can say. */
  constructor(message?: string, details?: unknown)
  constructor(message = 'Validation failed', details?: unknown) {
    super(message, { code: 'VALIDATION_ERROR', ...optionsOf(details), statusCode: 400 })
  }
}
