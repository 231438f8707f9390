export { AppError, isAppError, type AppErrorOptions, type ErrorHeaders } from './app-error.ts'
export type { ErrorBody, ProblemBody } from './body.ts'
export {
  BadGatewayError,
  BadRequestError,
  ConflictError,
  ForbiddenError,
  GatewayTimeoutError,
  GoneError,
  MethodNotAllowedError,
  NotFoundError,
  PayloadTooLargeError,
  ServiceUnavailableError,
  TooManyRequestsError,
  UnauthorizedError,
  UnprocessableEntityError,
  type HttpErrorOptions,
  type RetryableOptions
} from './classes.ts'
export { defineError, type DefinedError, type ErrorDefinition } from './define-error.ts'
export type { ErrorClass, ErrorMapping, MappedError } from './mapping.ts'
export type { ErrorFormat, ErrorMessages, ErrorsOptions } from './options.ts'
export { errors, errors as default } from './plugin.ts'
export {
  errorResponses,
  errorSchema,
  problemSchema,
  type ErrorResponse,
  type ErrorSchema
} from './schemas.ts'
export { errorsServerOptions, type ErrorsServerSettings } from './server-options.ts'
export { ValidationError, type FieldError } from './validation-error.ts'
