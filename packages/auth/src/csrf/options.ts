import { assertNoMovedOptions, movedFromCsrfProtection } from '../core/moved-options.ts'
import { check } from '../core/option-checks.ts'

/**
 * Options of the protection against cross-site requests.
 *
 * @example
 * const csrf: CsrfOptions = { trustedOrigins: ['https://app.example.com'] }
 * await app.register(auth, { csrf })
 */
export interface CsrfOptions {
  /**
   * Other origins that may write: `https://app.example.com`.
   *
   * @defaultValue none: only the service's own origin
   * @throws RangeError for an entry that is not an origin.
   */
  trustedOrigins?: readonly string[]

  /**
   * The rule for writes with neither `Sec-Fetch-Site` nor `Origin`: programs, and browsers older than 2020. `allow`
   * accepts them, `token` requires `x-csrf-token` with the value of `app.auth.csrfToken(request)`.
   *
   * @defaultValue 'allow'
   */
  unknownOrigin?: 'allow' | 'token'
}

export interface ResolvedCsrf {
  readonly trustedOrigins: ReadonlySet<string>
  readonly unknownOrigin: 'allow' | 'token'
}

export const csrfDefaults = {
  trustedOrigins: [],
  unknownOrigin: 'allow'
} as const satisfies Required<CsrfOptions>

export function resolveCsrf({
  trustedOrigins = csrfDefaults.trustedOrigins,
  unknownOrigin = csrfDefaults.unknownOrigin,
  ...unknown
}: CsrfOptions): ResolvedCsrf {
  assertNoMovedOptions('csrf', unknown, '@fastify/csrf-protection', movedFromCsrfProtection)
  check.keys('csrf', unknown, Object.keys(csrfDefaults))
  const rule = 'a list of origins like https://app.example.com'
  if (!Array.isArray(trustedOrigins)) check.fail('csrf.trustedOrigins', rule, trustedOrigins)
  for (const entry of trustedOrigins)
    if (!URL.canParse(entry) || new URL(entry).origin !== entry)
      check.fail('csrf.trustedOrigins', rule, entry)
  return {
    trustedOrigins: new Set(trustedOrigins),
    unknownOrigin: check.oneOf('csrf.unknownOrigin', unknownOrigin, ['allow', 'token'])
  }
}
