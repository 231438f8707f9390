import { types } from 'node:util'

/** Whether a value is an error, also one of another realm (`vm`, Jest), whose `Error` is another class. Never throws. */
export function isError(value: unknown): value is Error {
  try {
    return types.isNativeError(value) || value instanceof Error
  } catch {
    // A proxy threw.
    return false
  }
}

/** The `code` of whatever was thrown. `undefined` where it cannot be read. */
export function codeOf(thrown: unknown): unknown {
  try {
    return (thrown as { code?: unknown } | null | undefined)?.code
  } catch {
    return undefined
  }
}
