import { scrubText } from '../scrub/scrub-text.ts'

/**
 * An error of a Redis client that may be logged. ioredis attaches the command that failed: of a login that is `AUTH` with
 * its password.
 */
export function withoutCommand(error: Error): Error {
  // An error for a host name with several addresses has no message, but one error for each.
  const { errors = [] } = error as { errors?: Error[] }
  const message = error.message || errors.map(({ message }) => message).join(', ') || error.name
  const copy = new Error(scrubText(message))
  copy.name = error.name
  if (error.stack !== undefined) copy.stack = scrubText(error.stack)
  const { code } = error as NodeJS.ErrnoException
  return code === undefined ? copy : Object.assign(copy, { code })
}
