const names = new Set<unknown>(['AbortError', 'CanceledError'])
/** Of Node, a closed connection, axios, got and superagent. */
const codes = new Set<unknown>(['ABORT_ERR', 'ECONNRESET', 'ERR_CANCELED', 'ERR_ABORTED', 'ABORTED'])

/** Whether an error is the end of work whose signal was aborted, or whose connection was closed. */
export function isAbort(error: object): boolean {
  const { name, code } = error as { name?: unknown; code?: unknown }
  return names.has(name) || codes.has(code)
}
