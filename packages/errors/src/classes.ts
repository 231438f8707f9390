import { AppError, named, type AppErrorOptions } from './app-error.ts'

/** What an error with a status of its own may say beside its message. */
export type HttpErrorOptions = Omit<AppErrorOptions, 'statusCode'>

/** What an error that says when to come back may say. */
export interface RetryableOptions extends HttpErrorOptions {
  /** **Seconds** until a retry makes sense, sent as `Retry-After` (rounded up). */
  retryAfter?: number | undefined
}

function withRetryAfter({ retryAfter, ...options }: RetryableOptions): AppErrorOptions {
  if (retryAfter === undefined || !Number.isFinite(retryAfter)) return options
  return { ...options, headers: { 'retry-after': Math.max(0, Math.ceil(retryAfter)), ...options.headers } }
}

/** 400: the request makes no sense. */
export class BadRequestError extends AppError {
  static {
    named(this, 'BadRequestError')
  }

  constructor(message = 'Bad Request', options: HttpErrorOptions = {}) {
    super(message, { code: 'BAD_REQUEST', ...options, statusCode: 400 })
  }
}

/** 401: nobody is signed in. Sent with `WWW-Authenticate`. */
export class UnauthorizedError extends AppError {
  static {
    named(this, 'UnauthorizedError')
  }

  constructor(message = 'Unauthorized', options: HttpErrorOptions = {}) {
    super(message, { code: 'UNAUTHORIZED', ...options, statusCode: 401 })
  }
}

/** 403: signed in, but not allowed to. */
export class ForbiddenError extends AppError {
  static {
    named(this, 'ForbiddenError')
  }

  constructor(message = 'Forbidden', options: HttpErrorOptions = {}) {
    super(message, { code: 'FORBIDDEN', ...options, statusCode: 403 })
  }
}

/** 404: `new NotFoundError('User')` says `User not found`. */
export class NotFoundError extends AppError {
  static {
    named(this, 'NotFoundError')
  }

  constructor(resource = 'Resource', options: HttpErrorOptions = {}) {
    super(`${resource} not found`, { code: 'NOT_FOUND', ...options, statusCode: 404 })
  }
}

/** 405: not with this method. `allow` are the methods that work. */
export class MethodNotAllowedError extends AppError {
  static {
    named(this, 'MethodNotAllowedError')
  }

  constructor(allow: readonly string[], message = 'Method Not Allowed', options: HttpErrorOptions = {}) {
    const headers = { allow: allow.join(', '), ...options.headers }
    super(message, { code: 'METHOD_NOT_ALLOWED', ...options, headers, statusCode: 405 })
  }
}

/** 409: it contradicts what is there. */
export class ConflictError extends AppError {
  static {
    named(this, 'ConflictError')
  }

  constructor(message = 'Conflict', options: HttpErrorOptions = {}) {
    super(message, { code: 'CONFLICT', ...options, statusCode: 409 })
  }
}

/** 410: it was here, and won't be again. */
export class GoneError extends AppError {
  static {
    named(this, 'GoneError')
  }

  constructor(message = 'Gone', options: HttpErrorOptions = {}) {
    super(message, { code: 'GONE', ...options, statusCode: 410 })
  }
}

/** 413: too much at once. */
export class PayloadTooLargeError extends AppError {
  static {
    named(this, 'PayloadTooLargeError')
  }

  constructor(message = 'Payload Too Large', options: HttpErrorOptions = {}) {
    super(message, { code: 'PAYLOAD_TOO_LARGE', ...options, statusCode: 413 })
  }
}

/** 422: well-formed, and yet not acceptable. */
export class UnprocessableEntityError extends AppError {
  static {
    named(this, 'UnprocessableEntityError')
  }

  constructor(message = 'Unprocessable Entity', options: HttpErrorOptions = {}) {
    super(message, { code: 'UNPROCESSABLE_ENTITY', ...options, statusCode: 422 })
  }
}

/** 429: slower, please. */
export class TooManyRequestsError extends AppError {
  static {
    named(this, 'TooManyRequestsError')
  }

  constructor(message = 'Too Many Requests', options: RetryableOptions = {}) {
    super(message, { code: 'TOO_MANY_REQUESTS', ...withRetryAfter(options), statusCode: 429 })
  }
}

/** 502: a service behind us answered with nonsense. */
export class BadGatewayError extends AppError {
  static {
    named(this, 'BadGatewayError')
  }

  constructor(message = 'Bad Gateway', options: HttpErrorOptions = {}) {
    super(message, { code: 'BAD_GATEWAY', ...options, statusCode: 502 })
  }
}

/** 503: not now. */
export class ServiceUnavailableError extends AppError {
  static {
    named(this, 'ServiceUnavailableError')
  }

  constructor(message = 'Service Unavailable', options: RetryableOptions = {}) {
    super(message, { code: 'SERVICE_UNAVAILABLE', ...withRetryAfter(options), statusCode: 503 })
  }
}

/** 504: a service behind us took too long. */
export class GatewayTimeoutError extends AppError {
  static {
    named(this, 'GatewayTimeoutError')
  }

  constructor(message = 'Gateway Timeout', options: RetryableOptions = {}) {
    super(message, { code: 'GATEWAY_TIMEOUT', ...withRetryAfter(options), statusCode: 504 })
  }
}
