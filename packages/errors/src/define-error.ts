import { AppError, named, type AppErrorOptions } from './app-error.ts'
import { isCode, isErrorStatus, titleOf } from './status.ts'

/** What a defined error always says. */
export interface ErrorDefinition<Args extends unknown[]> extends Omit<
  AppErrorOptions,
  'code' | 'cause' | 'details'
> {
  /**
   * The message, or what makes it from the constructor's arguments.
   *
   * @defaultValue The status in words
   */
  message?: string | ((...args: Args) => string) | undefined
  /**
   * The class's name in logs and error trackers.
   *
   * @defaultValue From the code: `USER_NOT_FOUND` is `UserNotFoundError`
   */
  name?: string | undefined
}

/** The class that {@link defineError} makes: the message's arguments, then options of this one error. */
export type DefinedError<Args extends unknown[], Code extends string = string> = new (
  ...args: [...Args, options?: AppErrorOptions]
) => AppError & { readonly code: Code }

const nameOf = (code: string): string => {
  const words = code.split(/[^A-Za-z0-9]+/).filter((word) => word !== '' && word !== 'ERR')
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase()).join('')
  return name.endsWith('Error') ? name : `${name}Error`
}

/**
 * Makes an error class for a code of your own.
 *
 * @example
 * const UserNotFound = defineError('USER_NOT_FOUND', {
 *   statusCode: 404,
 *   message: (id: string) => `There is no user ${id}`
 * })
 * throw new UserNotFound('42', { cause })
 * @throws RangeError for a code or status that could not be sent.
 */
export function defineError<Args extends unknown[] = [], const Code extends string = string>(
  code: Code,
  definition: ErrorDefinition<Args> = {}
): DefinedError<Args, Code> {
  const { message, name = nameOf(code), statusCode = 500, ...defaults } = definition
  if (!isCode(code)) {
    throw new RangeError(
      `defineError: "code" must be 1 to 64 letters, digits, "_", "." or "-", got ${JSON.stringify(code)}`
    )
  }
  if (!isErrorStatus(statusCode)) {
    throw new RangeError(
      `defineError: "statusCode" must be a whole number from 400 to 599, got ${String(statusCode)}`
    )
  }
  const arity = typeof message === 'function' ? message.length : 0

  class Defined extends AppError {
    static {
      named(this, name)
    }

    constructor(...args: [...Args, options?: AppErrorOptions]) {
      const text = typeof message === 'function' ? message(...(args as unknown as Args)) : message
      const own = args[arity] as AppErrorOptions | undefined
      super(text ?? titleOf(statusCode), { code, statusCode, ...defaults, ...own })
    }
  }
  Object.defineProperty(Defined, 'name', { value: name })
  return Defined as unknown as DefinedError<Args, Code>
}
