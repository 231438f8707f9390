/**
 * Whether something did not close because it has closed before: this package stops the listeners first, and a library that
 * closes the server too (http-terminator, stoppable) finds it closed.
 */
export const isClosed = (error: unknown): boolean =>
  (error as { code?: unknown } | null | undefined)?.code === 'ERR_SERVER_NOT_RUNNING'
