/**
 * Why an issuer or provider couldn't be used, for the log: in words, never the error itself, whose fields may repeat
 * what was sent or answered.
 */
export function reasonOf(error: unknown): string {
  // `error`: the code by which OAuth names a refusal (`invalid_client`).
  const { message, cause, error: code } = error as Error & { error?: unknown }
  const detail = typeof code === 'string' ? code : cause instanceof Error ? cause.message : undefined
  return detail === undefined ? message : `${message}: ${detail}`
}
