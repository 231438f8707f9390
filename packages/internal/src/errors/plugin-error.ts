import { clientErrorBrand, type ClientError } from '@seaworthy/contract'

/**
 * Response headers of an error: `{ 'retry-after': 30 }`.
 *
 * @example
 * const headers: ErrorHeaders = { 'retry-after': 30 }
 * throw new AppError('Later', { statusCode: 503, headers })
 */
export type ErrorHeaders = Readonly<Record<string, string | number | readonly string[]>>

/** The members of a {@link PluginError} besides its message. */
export interface PluginErrorOptions<Code extends string> {
  /** Stable, for programs: `RATE_LIMITED`. */
  code: Code
  /** The response's status, 400 to 599. */
  statusCode: number
  /** Response headers: `retry-after`, `www-authenticate`. */
  headers?: ErrorHeaders | undefined
  /** The error that led to it. Logged, never sent. */
  cause?: unknown
}

/**
 * The base of the errors that a package answers with: status, code, headers and message may be sent. Recognise them by
 * `code`, not by `instanceof`: an ESM and a CommonJS copy are different classes.
 */
export class PluginError<Code extends string = string> extends Error implements ClientError {
  static {
    nameErrorClass(this, 'PluginError')
    // On the prototype, so that no log line and no JSON shows it.
    Object.defineProperty(this.prototype, clientErrorBrand, { value: true })
    Object.defineProperty(this.prototype, 'expose', { value: true })
  }

  declare readonly [clientErrorBrand]: true
  declare readonly expose: boolean
  readonly code: Code
  readonly statusCode: number
  readonly headers: ErrorHeaders | undefined

  constructor(message: string, { code, statusCode, headers, cause }: PluginErrorOptions<Code>) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.statusCode = statusCode
    this.headers = headers
  }
}

/** Puts a class's name on its prototype, so that a minifier cannot change how errors are grouped. */
export function nameErrorClass(errorClass: { prototype: Error }, name: string): void {
  Object.defineProperty(errorClass.prototype, 'name', { value: name, configurable: true, writable: true })
}
