import type { HelmetOptions } from 'helmet'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** The values of one directive of a policy. Functions are called for each request. */
export type PolicyValues = Iterable<string | ((request: IncomingMessage, response: ServerResponse) => string)>

/** A policy. `null` leaves a directive out. */
export type PolicyOptions<Values> = { reportOnly?: boolean } & (
  | { useDefaults?: true; directives?: Record<string, Values | null> }
  | { useDefaults: false; directives: Record<string, Values | null> }
)

/**
 * All of helmet's options. Helmet's own type is a union of the 256 ways to choose between its older and newer names;
 * joined with another of its kind, it would keep a compiler busy for half a minute. Its symbol for a policy without
 * `default-src` differs in each copy of helmet's declarations, so any symbol is accepted.
 *
 * @example
 * const options: HelmetHeaders = { frameguard: { action: 'deny' } }
 * await app.register(headers, options)
 */
export type HelmetHeaders = Omit<HelmetOptions, 'contentSecurityPolicy'> & {
  contentSecurityPolicy?: PolicyOptions<PolicyValues | symbol> | boolean
}
