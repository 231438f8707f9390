import { errorJson, type ErrorJson } from './bounded-json.ts'

/**
 * An error for a line, the same whichever logger writes it: bounded and without secrets. pino's serializer of errors takes
 * an object with a message for an error, and names it after its constructor.
 */
export const safeError = (error: unknown): ErrorJson => named(errorJson(error))

/** Has pino's serializer name an error as the error's class is called. */
export const named = (err: ErrorJson): ErrorJson =>
  Object.defineProperties(err, { name: { value: err.type }, constructor: { value: undefined } })
