/** Marks an error as made for clients. Copies of a package meet, because the symbol is registered globally. */
export const clientErrorBrand: unique symbol = Symbol.for('seaworthy.error.v1')

/**
 * An error whose status, code and headers go to the client, and whose message does too below 500 or with `expose`.
 * The error handler takes an error's word only where it carries the brand (or is Fastify's or http-errors' own).
 */
export interface ClientError extends Error {
  readonly [clientErrorBrand]: true
  /** A whole number from 400 to 599. */
  readonly statusCode: number
  /** Stable, for programs: `CIRCUIT_OPEN`. */
  readonly code: string
  /** Response headers: `retry-after`, `www-authenticate`, `allow`. */
  readonly headers?: Readonly<Record<string, string | number | readonly string[]>> | undefined
  /** What was wrong in detail. Sent as it is: no secret, no submitted value. */
  readonly details?: unknown
  /** Whether the message may be shown. Without it: below 500. */
  readonly expose?: boolean | undefined
}
