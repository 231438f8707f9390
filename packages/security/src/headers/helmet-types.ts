import type { IncomingMessage, ServerResponse } from 'node:http'

/** The values of one directive of a policy. Functions are called for each request. */
export type PolicyValues = Iterable<string | ((request: IncomingMessage, response: ServerResponse) => string)>

/** A policy. `null` leaves a directive out. */
export type PolicyOptions<Values> = { reportOnly?: boolean } & (
  | { useDefaults?: true; directives?: Record<string, Values | null> }
  | { useDefaults: false; directives: Record<string, Values | null> }
)

/** A policy about the referrer. */
export type ReferrerToken =
  | 'no-referrer'
  | 'no-referrer-when-downgrade'
  | 'same-origin'
  | 'origin'
  | 'strict-origin'
  | 'origin-when-cross-origin'
  | 'strict-origin-when-cross-origin'
  | 'unsafe-url'
  | ''

/** Options of `Strict-Transport-Security`; `maxAge` in seconds. */
export type TransportSecurity = { maxAge?: number; includeSubDomains?: boolean; preload?: boolean }

/**
 * All of helmet's options, declared here: helmet's own type is a union of the 256 ways to choose between its older and
 * newer names, which would keep a compiler busy for half a minute, and the declarations of `@fastify/helmet` add members
 * to Fastify's types that would not give way to the app's. `false` leaves a header out. Helmet's symbol for a policy
 * without `default-src` differs in each copy of it, so any symbol is accepted.
 *
 * @example
 * const options: HelmetHeaders = { frameguard: { action: 'deny' } }
 * await app.register(headers, options)
 */
export interface HelmetHeaders {
  /**
   * The `Content-Security-Policy` header: `directives`, on top of helmet's unless `useDefaults` is `false`.
   *
   * @defaultValue the profile's
   */
  contentSecurityPolicy?: PolicyOptions<PolicyValues | symbol> | boolean
  /**
   * The `Cross-Origin-Embedder-Policy` header.
   *
   * @defaultValue false
   */
  crossOriginEmbedderPolicy?: { policy?: 'require-corp' | 'credentialless' | 'unsafe-none' } | boolean
  /**
   * The `Cross-Origin-Opener-Policy` header.
   *
   * @defaultValue `{ policy: 'same-origin' }`
   */
  crossOriginOpenerPolicy?:
    | { policy?: 'same-origin' | 'same-origin-allow-popups' | 'noopener-allow-popups' | 'unsafe-none' }
    | boolean
  /**
   * The `Cross-Origin-Resource-Policy` header.
   *
   * @defaultValue `{ policy: 'same-origin' }`
   */
  crossOriginResourcePolicy?: { policy?: 'same-origin' | 'same-site' | 'cross-origin' } | boolean
  /**
   * The `Origin-Agent-Cluster` header.
   *
   * @defaultValue true
   */
  originAgentCluster?: boolean
  /**
   * The `Referrer-Policy` header.
   *
   * @defaultValue the profile's
   */
  referrerPolicy?: { policy?: ReferrerToken | ReferrerToken[] } | boolean
  /**
   * The `Strict-Transport-Security` header.
   *
   * @defaultValue `{ maxAge: 31536000, includeSubDomains: true }`
   */
  strictTransportSecurity?: TransportSecurity | boolean
  /**
   * The older name of `strictTransportSecurity`.
   *
   * @defaultValue none
   */
  hsts?: TransportSecurity | boolean
  /**
   * The `X-Content-Type-Options` header.
   *
   * @defaultValue true
   */
  xContentTypeOptions?: boolean
  /**
   * The older name of `xContentTypeOptions`.
   *
   * @defaultValue none
   */
  noSniff?: boolean
  /**
   * The `X-DNS-Prefetch-Control` header.
   *
   * @defaultValue `{ allow: false }`
   */
  xDnsPrefetchControl?: { allow?: boolean } | boolean
  /**
   * The older name of `xDnsPrefetchControl`.
   *
   * @defaultValue none
   */
  dnsPrefetchControl?: { allow?: boolean } | boolean
  /**
   * The `X-Download-Options` header.
   *
   * @defaultValue true
   */
  xDownloadOptions?: boolean
  /**
   * The older name of `xDownloadOptions`.
   *
   * @defaultValue none
   */
  ieNoOpen?: boolean
  /**
   * The `X-Frame-Options` header.
   *
   * @defaultValue the profile's
   */
  xFrameOptions?: { action?: 'deny' | 'sameorigin' } | boolean
  /**
   * The older name of `xFrameOptions`.
   *
   * @defaultValue none
   */
  frameguard?: { action?: 'deny' | 'sameorigin' } | boolean
  /**
   * The `X-Permitted-Cross-Domain-Policies` header.
   *
   * @defaultValue `{ permittedPolicies: 'none' }`
   */
  xPermittedCrossDomainPolicies?:
    | { permittedPolicies?: 'none' | 'master-only' | 'by-content-type' | 'all' }
    | boolean
  /**
   * The older name of `xPermittedCrossDomainPolicies`.
   *
   * @defaultValue none
   */
  permittedCrossDomainPolicies?:
    | { permittedPolicies?: 'none' | 'master-only' | 'by-content-type' | 'all' }
    | boolean
  /**
   * Whether an `X-Powered-By` header is removed.
   *
   * @defaultValue true
   */
  xPoweredBy?: boolean
  /**
   * The older name of `xPoweredBy`.
   *
   * @defaultValue none
   */
  hidePoweredBy?: boolean
  /**
   * The `X-XSS-Protection` header.
   *
   * @defaultValue true
   */
  xXssProtection?: boolean
  /**
   * The older name of `xXssProtection`.
   *
   * @defaultValue none
   */
  xssFilter?: boolean
}
