export { AppError, isAppError, type AppErrorOptions, type ErrorHeaders } from './classes/app-error.ts'
export type { ErrorCode } from './classes/codes.ts'
export type { ErrorBody, ProblemBody } from './respond/body.ts'
export {
  BadGatewayError,
  BadRequestError,
  ConflictError,
  ForbiddenError,
  GoneError,
  MethodNotAllowedError,
  NotFoundError,
  PayloadTooLargeError,
  UnauthorizedError,
  UnprocessableEntityError,
  type HttpErrorOptions
} from './classes/http-errors.ts'
export {
  GatewayTimeoutError,
  ServiceUnavailableError,
  TooManyRequestsError,
  type RetryableOptions
} from './classes/retryable-errors.ts'
export { defineError, type DefinedError, type ErrorDefinition } from './classes/define-error.ts'
export type { ErrorClass, ErrorMapping, MappedError } from './resolve/mapping.ts'
export type { ErrorsOptions } from './options.ts'
export type { ErrorFormat, ErrorMessages } from './respond/options.ts'
export { errors, errors as default } from './plugin.ts'
export {
  errorResponses,
  errorSchema,
  problemSchema,
  type ErrorResponse,
  type ErrorSchema
} from './schemas.ts'
export { errorsServerOptions, type ErrorsServerSettings } from './server-options.ts'
export { ValidationError, type FieldError } from './classes/validation-error.ts'
