/** The error of a wrong option, by which the start stops. */
export type InvalidOptionError = RangeError & { readonly code: 'INVALID_OPTION' }

/** Makes the error of a wrong option. The message names the package, the option, its rule and the value. */
export function invalidOption(message: string, cause?: unknown): InvalidOptionError {
  const error = new RangeError(message, cause === undefined ? undefined : { cause })
  return Object.assign(error, { code: 'INVALID_OPTION' as const })
}
