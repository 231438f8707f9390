import { isThenable } from './is-thenable.ts'

/**
 * Calls a function of the app that only gets informed: neither its error nor its rejection reaches the caller. Types allow
 * an async function there, and an unhandled rejection would end the process.
 */
export function callListener(listener: () => unknown, onError: (error: unknown) => void): void {
  try {
    const result = listener()
    if (isThenable(result)) result.then(undefined, onError)
  } catch (error) {
    onError(error)
  }
}
