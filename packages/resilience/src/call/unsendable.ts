/**
 * Codes by which undici, Node and axios say that a request cannot be sent as it is: a header that they do not take, a body
 * of another length than its header says, a URL that is none.
 */
const codes: ReadonlySet<unknown> = new Set([
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
  'ERR_INVALID_ARG_TYPE',
  'ERR_INVALID_ARG_VALUE',
  'ERR_INVALID_CHAR',
  'ERR_INVALID_HTTP_TOKEN',
  'ERR_INVALID_PROTOCOL',
  'ERR_INVALID_URL',
  'ERR_HTTP_INVALID_HEADER_VALUE',
  'ERR_UNESCAPED_CHARACTERS',
  'ERR_BAD_OPTION',
  'ERR_BAD_OPTION_VALUE'
])

/** Whether an error says that the request was wrong before it was sent: fetch has that as the cause of its `fetch failed`. */
export function isUnsendable(error: unknown): boolean {
  try {
    const { code, cause } = (error ?? {}) as { code?: unknown; cause?: { code?: unknown } | null }
    return codes.has(code) || codes.has(cause?.code)
  } catch {
    // A getter of the error has thrown.
    return false
  }
}
