/** Marks an error as made for clients. All copies of a package share it, because the symbol is registered globally. */
export const clientErrorBrand: unique symbol = Symbol.for('seaworthy.error.v1')

/**
 * An error whose status, code and headers go to the client, and whose message does too below 500 or with `expose`.
 * The error handler trusts these members only if the error carries the brand, or is made by Fastify or http-errors.
 */
export interface ClientError extends Error {
  readonly [clientErrorBrand]: true
  /** A whole number from 400 to 599. */
  readonly statusCode: number
  /** Stable, for programs: `BREAKER_OPEN`. */
  readonly code: string
  /** Response headers: `retry-after`, `www-authenticate`, `allow`. */
  readonly headers?: Readonly<Record<string, string | number | readonly string[]>> | undefined
  /** Details of the error. They are sent unchanged, so they hold no secret and no submitted value. */
  readonly details?: unknown
  /** Whether the message is sent. The default is `true` below 500. */
  readonly expose?: boolean | undefined
  /** Whether the error rejects a request on purpose, so that there is no bug to report. */
  readonly isRejection?: boolean | undefined
}

/**
 * Whether an error rejects a request on purpose: a limit, an open breaker, shed load, a deadline. Such errors are counted
 * and their code is logged, but they are no bugs, and there may be thousands a second. Errors without the member
 * `isRejection` are recognised by the statuses 429 and 503.
 */
export function isRejection(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  try {
    const { [clientErrorBrand]: brand, statusCode, isRejection: onPurpose } = error as Partial<ClientError>
    return brand === true && (onPurpose ?? (statusCode === 429 || statusCode === 503))
  } catch {
    // A getter or a proxy threw.
    return false
  }
}
