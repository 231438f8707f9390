import { nameErrorClass, PluginError, type PluginErrorOptions } from '@seaworthy/internal'

/**
 * The codes of this package's errors.
 *
 * @example
 * const limits: readonly SecurityErrorCode[] = ['RATE_LIMITED', 'RATE_LIMIT_BANNED']
 */
export type SecurityErrorCode =
  | 'RATE_LIMITED'
  | 'RATE_LIMIT_BANNED'
  | 'RATE_LIMIT_STORE_DOWN'
  | 'CONCURRENCY_LIMITED'
  | 'UNSUPPORTED_CONTENT_TYPE'
  | 'BODY_TOO_DEEP'
  | 'TOO_MANY_KEYS'
  | 'KEY_TOO_LONG'
  | 'FORBIDDEN_PROPERTY'

/**
 * The members of a {@link SecurityError} besides its message.
 *
 * @example
 * const options: SecurityErrorOptions = { code: 'RATE_LIMITED', statusCode: 429, headers: { 'retry-after': '60' } }
 * throw new SecurityError('Wait a minute', options)
 */
export type SecurityErrorOptions = Omit<PluginErrorOptions<SecurityErrorCode>, 'headers'> & {
  headers?: Readonly<Record<string, string>> | undefined
}

/**
 * An error whose status, code, message and headers may go to the client.
 *
 * @example
 * app.setErrorHandler((error, _request, reply) => {
 *   if (error instanceof SecurityError) return reply.code(error.statusCode).send({ code: error.code })
 *   throw error
 * })
 */
export class SecurityError extends PluginError<SecurityErrorCode> {
  static {
    nameErrorClass(this, 'SecurityError')
  }

  declare readonly headers: Readonly<Record<string, string>> | undefined

  // oxlint-disable-next-line no-useless-constructor -- its headers are texts only
  constructor(message: string, options: SecurityErrorOptions) {
    super(message, options)
  }
}
