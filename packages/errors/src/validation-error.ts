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
  const options =
    typeof given === 'object' && given !== null && Object.keys(given).some((key) => optionNames.has(key))
  return options && !Array.isArray(given) ? given : { details: given }
}

/** 400: the request breaks rules. `details` say which, best as {@link FieldError}s. */
export class ValidationError extends AppError {
  static {
    named(this, 'ValidationError')
  }

  /** @param details - What is wrong, by itself or as one of the options. */
  constructor(
    message = 'Validation failed',
    details?: readonly (FieldError | Readonly<Record<string, unknown>>)[] | HttpErrorOptions
  ) {
    super(message, { code: 'VALIDATION_ERROR', ...optionsOf(details), statusCode: 400 })
  }
}
