/**
 * Why a call to an issuer or provider failed, in words for the log. Never log the error itself: its fields may repeat
 * the request or the response.
 */
export function failureReason(error: unknown): string {
  // `error` is the code by which OAuth names a rejection: `invalid_client`.
  const { message, cause, error: code } = error as Error & { error?: unknown }
  const detail = typeof code === 'string' ? code : cause instanceof Error ? cause.message : undefined
  return detail === undefined ? message : `${message}: ${detail}`
}
