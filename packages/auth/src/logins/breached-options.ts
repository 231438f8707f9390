import { check, safeUrl } from '../core/option-checks.ts'

/**
 * Options of the list of leaked passwords.
 *
 * @example
 * const breached: BreachedOptions = { url: 'https://api.pwnedpasswords.com/range/', timeout: 500 }
 * console.log(breached.url)
 */
export interface BreachedOptions {
  /**
   * The URL of ranges of SHA-1 hashes, to which the first five letters of a hash are added: https, or http on loopback.
   * That of Have I Been Pwned is `https://api.pwnedpasswords.com/range/`.
   *
   * @defaultValue none: required
   * @throws RangeError for plain http, and for credentials in the URL.
   */
  url: string

  /**
   * The timeout of a call, after which a password counts as not leaked. Milliseconds, 1 to 60000.
   *
   * @defaultValue 1000
   */
  timeout?: number
}

export type ResolvedBreached = Required<BreachedOptions>

export function resolveBreached(options: BreachedOptions | undefined): ResolvedBreached | undefined {
  if (options === undefined) return undefined
  check.object('login.breached', options)
  check.keys('login.breached', options, ['url', 'timeout'])
  return {
    url: safeUrl('login.breached.url', options.url).href,
    timeout: check.integer('login.breached.timeout', options.timeout ?? 1000, {
      min: 1,
      max: 60_000,
      unit: 'milliseconds'
    })
  }
}
