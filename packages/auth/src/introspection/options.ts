import { optionChecks, reveal, type Secret } from '@seaworthy/internal'
import { safeUrl } from '../core/option-checks.ts'

/** How an issuer is asked about its opaque tokens (RFC 7662). */
export interface IntrospectionOptions {
  /** Where it is asked: https, or http on loopback. No redirect is followed. */
  endpoint: string

  /** What the issuer calls this service. */
  clientId: string

  /** What the issuer knows this service by. Sent with HTTP Basic authentication. */
  clientSecret: string | Secret

  /**
   * How long an answer holds, in **milliseconds**: so long a token that the issuer has ended is still taken. Never
   * beyond the token's `exp`; that a token does not hold is remembered for 5 seconds at most. 0 asks with every
   * request. 0 to 3600000 (an hour).
   *
   * @defaultValue 60000
   */
  cacheFor?: number

  /**
   * How long the issuer may take for one answer, in **milliseconds**. Afterwards the request gets 503. 1 to 60000.
   *
   * @defaultValue 3000
   */
  timeout?: number
}

export interface ResolvedIntrospection {
  readonly endpoint: string
  readonly clientId: string
  readonly secret: string
  readonly cacheFor: number
  readonly timeout: number
}

const check = optionChecks('auth')
const names = ['endpoint', 'clientId', 'clientSecret', 'cacheFor', 'timeout']

export function resolveIntrospection(at: string, options: IntrospectionOptions): ResolvedIntrospection {
  if (typeof options !== 'object' || options === null) check.fail(at, 'an object', options)
  check.keys(at, options, names)
  const { endpoint, clientId, clientSecret, cacheFor = 60_000, timeout = 3000 } = options
  const url = safeUrl(`${at}.endpoint`, endpoint)
  const secret: unknown = clientSecret === undefined ? undefined : reveal(clientSecret)
  if (typeof secret !== 'string' || secret === '')
    check.fail(`${at}.clientSecret`, 'the secret that the issuer gave', typeof secret)
  return {
    endpoint: url.href,
    clientId: check.string(`${at}.clientId`, clientId),
    secret: secret as string,
    cacheFor: check.integer(`${at}.cacheFor`, cacheFor, { min: 0, max: 3_600_000, unit: 'milliseconds' }),
    timeout: check.integer(`${at}.timeout`, timeout, { min: 1, max: 60_000, unit: 'milliseconds' })
  }
}
