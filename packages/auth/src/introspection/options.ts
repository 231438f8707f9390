import type { Secret } from '@seaworthy/internal'
import { check, safeUrl } from '../core/option-checks.ts'
import { clientSecretOf } from '../core/strong-secret.ts'

/**
 * Token introspection (RFC 7662) at the issuer of opaque tokens.
 *
 * @example
 * const introspection: IntrospectionOptions = {
 *   endpoint: 'https://id.example.com/oauth2/introspect',
 *   clientId: 'orders',
 *   clientSecret: process.env['INTROSPECTION_SECRET']!
 * }
 * await app.register(auth, { jwt: { issuers: [{ issuer: 'https://id.example.com', audience: 'orders', introspection }] } })
 */
export interface IntrospectionOptions {
  /**
   * The introspection endpoint: https, or http on loopback. No redirect is followed.
   *
   * @defaultValue none: required
   * @throws RangeError for plain http, and for credentials in the URL.
   */
  endpoint: string

  /**
   * The client id that the issuer assigned to this service.
   *
   * @defaultValue none: required
   */
  clientId: string

  /**
   * The client secret that the issuer assigned to this service. Sent with HTTP Basic authentication.
   *
   * @defaultValue none: required
   */
  clientSecret: string | Secret

  /**
   * How long an introspection result is cached. A token revoked at the issuer stays valid until then. Never beyond the
   * token's `exp`; a rejection is cached for 5 seconds at most; 0 calls the issuer for each request. Milliseconds, 0 to
   * 3600000.
   *
   * @defaultValue 60000
   */
  cacheFor?: number

  /**
   * The timeout of a call. Afterwards the request gets 503. Milliseconds, 1 to 60000.
   *
   * @defaultValue 3000
   */
  timeout?: number
}

export interface ResolvedIntrospection {
  readonly endpoint: string
  readonly clientId: string
  readonly clientSecret: string
  readonly cacheFor: number
  readonly timeout: number
}

export const introspectionDefaults = {
  cacheFor: 60_000,
  timeout: 3000
} as const satisfies Partial<IntrospectionOptions>

const names = Object.keys({
  ...introspectionDefaults,
  endpoint: true,
  clientId: true,
  clientSecret: true
} satisfies Record<keyof IntrospectionOptions, unknown>)

export function resolveIntrospection(option: string, options: IntrospectionOptions): ResolvedIntrospection {
  check.object(option, options)
  check.keys(option, options, names)
  const {
    cacheFor = introspectionDefaults.cacheFor,
    timeout = introspectionDefaults.timeout,
    ...client
  } = options
  const unit = 'milliseconds'
  return {
    endpoint: safeUrl(`${option}.endpoint`, client.endpoint).href,
    clientId: check.string(`${option}.clientId`, client.clientId),
    clientSecret: clientSecretOf(`${option}.clientSecret`, client.clientSecret, 'issuer'),
    cacheFor: check.integer(`${option}.cacheFor`, cacheFor, { min: 0, max: 3_600_000, unit }),
    timeout: check.integer(`${option}.timeout`, timeout, { min: 1, max: 60_000, unit })
  }
}
