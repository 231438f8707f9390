import { clientErrorBrand } from '@seaworthy/contract'
import { codeOf, isCode, isErrorStatus } from './status.ts'

/** Response headers of an error: `{ 'retry-after': 30 }`. */
export type ErrorHeaders = Readonly<Record<string, string | number | readonly string[]>>

/** What an {@link AppError} may say beside its message. */
export interface AppErrorOptions {
  /**
   * The answer's status, a whole number from 400 to 599; anything else is 500.
   *
   * @defaultValue 500
   */
  statusCode?: number | undefined
  /**
   * What programs tell errors by: stable, letters, digits, `_`, `.` and `-`, 64 at most.
   *
   * @defaultValue The status as a code: `NOT_FOUND`
   */
  code?: string | undefined
  /** What led to it. Logged, never sent. */
  cause?: unknown
  /** Response headers that belong to the error: `retry-after`, `www-authenticate`, `allow`. */
  headers?: ErrorHeaders | undefined
  /** What was wrong in detail. Sent as it is: no secret, no submitted value. */
  details?: unknown
  /** Further members of the body. Sent are those that the plugin's option `extensions` names. */
  extensions?: Readonly<Record<string, unknown>> | undefined
  /**
   * Whether the client may read the message.
   *
   * @defaultValue `true` below 500, else `false`
   */
  expose?: boolean | undefined
}

/** Gives a class its name on the prototype, so that a minifier cannot change how errors are grouped. */
export function named(errorClass: { prototype: Error }, name: string): void {
  Object.defineProperty(errorClass.prototype, 'name', { value: name, configurable: true, writable: true })
}

/**
 * An error that is an answer: its status, code, headers and details are sent, and below 500 its message too.
 *
 * @example
 * throw new AppError('The order is being packed', { statusCode: 409, code: 'ORDER_LOCKED' })
 * throw new AppError('The order is being packed', 409, 'ORDER_LOCKED')
 */
export class AppError extends Error {
  static {
    named(this, 'AppError')
    // On the prototype: known to every copy of this package, and in nobody's log line.
    Object.defineProperty(this.prototype, clientErrorBrand, { value: true })
  }

  /** The answer's status, from 400 to 599. */
  readonly statusCode: number
  /** Stable, for programs. */
  readonly code: string
  declare readonly headers?: ErrorHeaders | undefined
  declare readonly details?: unknown
  declare readonly extensions?: Readonly<Record<string, unknown>> | undefined
  declare readonly expose?: boolean | undefined

  constructor(message: string, options?: AppErrorOptions)
  /** The order that hand-written classes have: subclasses that call `super(message, 404, 'CODE')` stay as they are. */
  constructor(message: string, statusCode: number | undefined, code?: string, details?: unknown)
  constructor(message: string, given?: AppErrorOptions | number, ownCode?: string, ownDetails?: unknown) {
    const options: AppErrorOptions =
      typeof given === 'object' && given !== null
        ? given
        : { statusCode: given, code: ownCode, details: ownDetails }
    const { statusCode, code, headers, details, extensions, expose } = options
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.statusCode = isErrorStatus(statusCode) ? statusCode : 500
    this.code = isCode(code) ? code : codeOf(this.statusCode)
    if (headers !== undefined) this.headers = headers
    if (details !== undefined) this.details = details
    if (extensions !== undefined) this.extensions = extensions
    if (expose !== undefined) this.expose = expose
  }
}

/**
 * Whether `error` is one of ours, of whatever copy of this package (CommonJS beside ESM, two versions): by its brand,
 * and with `code` by that too. Use it instead of `instanceof`.
 */
export function isAppError<const Code extends string = string>(
  error: unknown,
  code?: Code
): error is AppError & { readonly code: Code } {
  if (typeof error !== 'object' || error === null) return false
  const { [clientErrorBrand]: brand, code: own } = error as { [clientErrorBrand]?: unknown; code?: unknown }
  return brand === true && typeof own === 'string' && (code === undefined || own === code)
}
