import { clientErrorBrand } from '@seaworthy/contract'
import { invalidOption, nameErrorClass, type ErrorHeaders } from '@seaworthy/internal'
import { codeOf, isCode, isErrorStatus } from './status.ts'

export type { ErrorHeaders }

/**
 * Options of an {@link AppError}.
 *
 * @example
 * const options: AppErrorOptions = { statusCode: 402, code: 'CARD_DECLINED', headers: { 'retry-after': 60 } }
 * throw new AppError('The card was declined', options)
 */
export interface AppErrorOptions {
  /**
   * The status of the response, a whole number from 400 to 599. Anything else becomes 500.
   *
   * @defaultValue 500
   */
  statusCode?: number | undefined
  /**
   * The code by which programs recognise the error. It should never change. 1 to 64 letters, digits, `_`, `.` and `-`;
   * anything else becomes the default.
   *
   * @defaultValue The status as a code: `NOT_FOUND`
   */
  code?: string | undefined
  /**
   * The error or value that led to this error. It is logged and never sent.
   *
   * @defaultValue none: the error has no cause
   */
  cause?: unknown
  /**
   * Response headers that belong to the error: `retry-after`, `www-authenticate`, `allow`.
   *
   * @defaultValue none: the error adds no header
   */
  headers?: ErrorHeaders | undefined
  /**
   * Details of the error. They are sent unchanged, so they must hold no secret and no submitted value.
   *
   * @defaultValue none: the body has no details
   */
  details?: unknown
  /**
   * Further members of the body. Only those are sent that the plugin's option `extensions` names.
   *
   * @defaultValue none: the body has no further members
   */
  extensions?: Readonly<Record<string, unknown>> | undefined
  /**
   * Whether the message is sent to the client.
   *
   * @defaultValue `true` below 500, else `false`
   */
  expose?: boolean | undefined
}

/** Too many requests, unavailable, too late: the statuses of requests that are rejected on purpose. */
const rejections: ReadonlySet<number> = new Set([429, 503, 504])

/**
 * An error that is made for the client: its status, code, headers and details are sent, and below 500 its message too.
 *
 * @example
 * throw new AppError('The order is being packed', { statusCode: 409, code: 'ORDER_LOCKED' })
 */
export class AppError extends Error {
  static {
    nameErrorClass(this, 'AppError')
    // On the prototype, so that all copies of this package recognise it and no log line shows it.
    Object.defineProperty(this.prototype, clientErrorBrand, { value: true })
    // With a cause, something is broken that a report should show: a 503 is then no mere rejection.
    Object.defineProperty(this.prototype, 'isRejection', {
      get(this: AppError) {
        return this.cause === undefined && rejections.has(this.statusCode)
      }
    })
  }

  /** The status of the response, from 400 to 599. */
  readonly statusCode: number
  /** Stable, for programs. */
  readonly code: string
  declare readonly headers?: ErrorHeaders | undefined
  declare readonly details?: unknown
  declare readonly extensions?: Readonly<Record<string, unknown>> | undefined
  declare readonly expose?: boolean | undefined

  /** @throws RangeError if `options` is no object, as in `new AppError(message, 404)`: it would be a 500 unnoticed. */
  constructor(message: string, options: AppErrorOptions = {}) {
    if (typeof options !== 'object') {
      throw invalidOption(
        `errors: the second argument of AppError must be { statusCode, code, … }, got ${String(options)}`
      )
    }
    const { statusCode, code, headers, details, extensions, expose } = options ?? {}
    super(message, options !== null && 'cause' in options ? { cause: options.cause } : undefined)
    this.statusCode = isErrorStatus(statusCode) ? statusCode : 500
    this.code = isCode(code) ? code : codeOf(this.statusCode)
    if (headers !== undefined) this.headers = headers
    if (details !== undefined) this.details = details
    if (extensions !== undefined) this.extensions = extensions
    if (expose !== undefined) this.expose = expose
  }
}

/**
 * Whether `error` is an {@link AppError} or another error made for clients, from any copy of this package (CommonJS
 * beside ESM, two versions), and has the code if one is passed. Use it instead of `instanceof`.
 *
 * @example
 * const save = async () => Promise.reject(new Error('gone'))
 * await save().catch((error) => {
 *   if (isAppError(error, 'NOT_FOUND')) console.log('nothing to save')
 *   else throw error
 * })
 */
export function isAppError<const Code extends string = string>(
  error: unknown,
  code?: Code
): error is AppError & { readonly code: Code } {
  if (typeof error !== 'object' || error === null) return false
  const { [clientErrorBrand]: brand, code: actual } = error as {
    [clientErrorBrand]?: unknown
    code?: unknown
  }
  return brand === true && typeof actual === 'string' && (code === undefined || actual === code)
}
