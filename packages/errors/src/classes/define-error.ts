import { nameErrorClass, optionChecks, type OptionChecks } from '@seaworthy/internal'
import { AppError, type AppErrorOptions } from './app-error.ts'
import { isCode, isErrorStatus, titleOf } from './status.ts'

/**
 * The definition of an error class: the options that all its errors share.
 *
 * @example
 * const definition: ErrorDefinition<[item: string]> = { statusCode: 409, message: (item) => `${item} is sold out` }
 * const SoldOut = defineError('SOLD_OUT', definition)
 * throw new SoldOut('The book')
 */
export interface ErrorDefinition<Args extends unknown[]> extends Omit<
  AppErrorOptions,
  'code' | 'cause' | 'details'
> {
  /**
   * The message, or a function that makes it from the constructor's arguments.
   *
   * @defaultValue The status in words
   */
  message?: string | ((...args: Args) => string) | undefined
  /**
   * The name of the class in logs and error trackers.
   *
   * @defaultValue From the code: `USER_NOT_FOUND` becomes `UserNotFoundError`
   */
  name?: string | undefined
}

/**
 * A class made by {@link defineError}. Its constructor takes the message's arguments, then options of the error.
 *
 * @example
 * const SoldOut: DefinedError<[item: string]> = defineError('SOLD_OUT', { statusCode: 409, message: (item: string) => `${item} is sold out` })
 * throw new SoldOut('The book')
 */
export type DefinedError<Args extends unknown[], Code extends string = string> = new (
  ...args: [...Args, options?: AppErrorOptions]
) => AppError & { readonly code: Code }

const check: OptionChecks = optionChecks('errors')

/** `USER_NOT_FOUND` → `UserNotFoundError` */
const classNameOf = (code: string): string => {
  const words = code.split(/[^A-Za-z0-9]+/).filter((word) => word !== '' && word !== 'ERR')
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase()).join('')
  return name.endsWith('Error') ? name : `${name}Error`
}

/**
 * Makes an error class for a code of the app.
 *
 * @example
 * const OrderLocked = defineError('ORDER_LOCKED', {
 *   statusCode: 409,
 *   message: (id: string) => `Order ${id} is being packed`
 * })
 * throw new OrderLocked('7')
 * @throws RangeError with the code `INVALID_OPTION` for a code or status that cannot be sent.
 */
export function defineError<Args extends unknown[] = [], const Code extends string = string>(
  code: Code,
  definition: ErrorDefinition<Args> = {}
): DefinedError<Args, Code> {
  const { message, name = classNameOf(code), statusCode = 500, ...options } = definition
  if (!isCode(code)) check.fail('defineError code', '1 to 64 letters, digits, "_", "." or "-"', code)
  if (!isErrorStatus(statusCode)) {
    check.fail('defineError statusCode', 'a whole number from 400 to 599', statusCode)
  }
  const argumentCount = typeof message === 'function' ? message.length : 0

  class Defined extends AppError {
    static {
      nameErrorClass(this, name)
    }

    constructor(...args: [...Args, options?: AppErrorOptions]) {
      const text = typeof message === 'function' ? message(...(args as unknown as Args)) : message
      const instanceOptions = args[argumentCount] as AppErrorOptions | undefined
      super(text ?? titleOf(statusCode), { code, statusCode, ...options, ...instanceOptions })
    }
  }
  Object.defineProperty(Defined, 'name', { value: name })
  // As a written constructor would have it: the arguments that the message needs.
  Object.defineProperty(Defined, 'length', { value: argumentCount })
  return Defined as unknown as DefinedError<Args, Code>
}
