import { nameErrorClass } from '@seaworthy/internal'
import { AppError, type AppErrorOptions } from './app-error.ts'
import type { ErrorCode } from './codes.ts'

/**
 * Options of an error class that has a fixed status.
 *
 * @example
 * const options: HttpErrorOptions = { code: 'ORDER_LOCKED', cause: new Error('row is locked') }
 * throw new ConflictError('The order is being packed', options)
 */
export type HttpErrorOptions = Omit<AppErrorOptions, 'statusCode'>

/**
 * 400 Bad Request: the server cannot understand the request.
 *
 * @example
 * throw new BadRequestError('The date is in the past', { code: 'DATE_IN_THE_PAST' })
 */
export class BadRequestError extends AppError {
  static {
    nameErrorClass(this, 'BadRequestError')
  }

  constructor(message = 'Bad Request', options: HttpErrorOptions = {}) {
    super(message, { code: 'BAD_REQUEST' satisfies ErrorCode, ...options, statusCode: 400 })
  }
}

/**
 * 401 Unauthorized: the request has no valid credentials. It is sent with `WWW-Authenticate`.
 *
 * @example
 * throw new UnauthorizedError('The link has expired')
 */
export class UnauthorizedError extends AppError {
  static {
    nameErrorClass(this, 'UnauthorizedError')
  }

  constructor(message = 'Unauthorized', options: HttpErrorOptions = {}) {
    super(message, { code: 'UNAUTHORIZED' satisfies ErrorCode, ...options, statusCode: 401 })
  }
}

/**
 * 403 Forbidden: the user is authenticated, and lacks the permission.
 *
 * @example
 * throw new ForbiddenError('Only the owner may do this')
 */
export class ForbiddenError extends AppError {
  static {
    nameErrorClass(this, 'ForbiddenError')
  }

  constructor(message = 'Forbidden', options: HttpErrorOptions = {}) {
    super(message, { code: 'FORBIDDEN' satisfies ErrorCode, ...options, statusCode: 403 })
  }
}

/**
 * 404 Not Found: the message of `new NotFoundError('User')` is `User not found`.
 *
 * @example
 * throw new NotFoundError('Order')
 */
export class NotFoundError extends AppError {
  static {
    nameErrorClass(this, 'NotFoundError')
  }

  constructor(resource = 'Resource', options: HttpErrorOptions = {}) {
    super(`${resource} not found`, { code: 'NOT_FOUND' satisfies ErrorCode, ...options, statusCode: 404 })
  }
}

/**
 * 405 Method Not Allowed. `allow` lists the methods that the resource supports.
 *
 * @example
 * throw new MethodNotAllowedError(['GET', 'PUT'])
 */
export class MethodNotAllowedError extends AppError {
  static {
    nameErrorClass(this, 'MethodNotAllowedError')
  }

  constructor(allow: readonly string[], message = 'Method Not Allowed', options: HttpErrorOptions = {}) {
    const headers = { allow: allow.join(', '), ...options.headers }
    super(message, { code: 'METHOD_NOT_ALLOWED' satisfies ErrorCode, ...options, headers, statusCode: 405 })
  }
}

/**
 * 409 Conflict: the request contradicts the current state of the resource.
 *
 * @example
 * throw new ConflictError('The order has been packed already')
 */
export class ConflictError extends AppError {
  static {
    nameErrorClass(this, 'ConflictError')
  }

  constructor(message = 'Conflict', options: HttpErrorOptions = {}) {
    super(message, { code: 'CONFLICT' satisfies ErrorCode, ...options, statusCode: 409 })
  }
}

/**
 * 410 Gone: the resource was removed for good.
 *
 * @example
 * throw new GoneError('The offer has ended')
 */
export class GoneError extends AppError {
  static {
    nameErrorClass(this, 'GoneError')
  }

  constructor(message = 'Gone', options: HttpErrorOptions = {}) {
    super(message, { code: 'GONE' satisfies ErrorCode, ...options, statusCode: 410 })
  }
}

/**
 * 413 Payload Too Large.
 *
 * @example
 * throw new PayloadTooLargeError('At most 100 items')
 */
export class PayloadTooLargeError extends AppError {
  static {
    nameErrorClass(this, 'PayloadTooLargeError')
  }

  constructor(message = 'Payload Too Large', options: HttpErrorOptions = {}) {
    super(message, { code: 'PAYLOAD_TOO_LARGE' satisfies ErrorCode, ...options, statusCode: 413 })
  }
}

/**
 * 422 Unprocessable Entity: the request is well-formed, and its content is not acceptable.
 *
 * @example
 * throw new UnprocessableEntityError('The IBAN is not valid', { details: [{ pointer: '/iban' }] })
 */
export class UnprocessableEntityError extends AppError {
  static {
    nameErrorClass(this, 'UnprocessableEntityError')
  }

  constructor(message = 'Unprocessable Entity', options: HttpErrorOptions = {}) {
    super(message, { code: 'UNPROCESSABLE_ENTITY' satisfies ErrorCode, ...options, statusCode: 422 })
  }
}

/**
 * 502 Bad Gateway: an upstream service sent an invalid response.
 *
 * @example
 * throw new BadGatewayError('The shipping service sent nonsense')
 */
export class BadGatewayError extends AppError {
  static {
    nameErrorClass(this, 'BadGatewayError')
  }

  constructor(message = 'Bad Gateway', options: HttpErrorOptions = {}) {
    super(message, { code: 'BAD_GATEWAY' satisfies ErrorCode, ...options, statusCode: 502 })
  }
}
