import { check, milliseconds } from '../core/option-checks.ts'

/**
 * Options of revocation.
 *
 * @example
 * const revocation: RevocationOptions = { onStoreError: 'closed', retention: '30 days' }
 * await app.register(auth, { revocation })
 */
export interface RevocationOptions {
  /**
   * How tokens are treated once Redis has not answered for `maxStaleness`: `local` continues with the revocations that
   * this process has, `closed` answers 503 to requests with a token.
   *
   * @defaultValue 'local'
   */
  onStoreError?: 'local' | 'closed'

  /**
   * The interval at which each process reads new revocations from Redis, besides being notified of each at once.
   * Milliseconds, 50 to 1000.
   *
   * @defaultValue 500
   */
  pollInterval?: number

  /**
   * The age of the list of revocations from which `onStoreError` applies. Milliseconds, at least 100.
   *
   * @defaultValue 2000
   */
  maxStaleness?: number

  /**
   * How long revocations are kept: at least as long as the longest token of any issuer is valid. **Milliseconds**, or a
   * text with a unit (`'2 days'`). From 1 minute to 366 days.
   *
   * @defaultValue '1 day'
   */
  retention?: number | string
}

export interface ResolvedRevocation extends Required<RevocationOptions> {
  readonly retention: number
}

export const revocationDefaults = {
  onStoreError: 'local',
  pollInterval: 500,
  maxStaleness: 2000,
  retention: '1 day'
} as const satisfies Required<RevocationOptions>

export function resolveRevocation({
  onStoreError = revocationDefaults.onStoreError,
  pollInterval = revocationDefaults.pollInterval,
  maxStaleness = revocationDefaults.maxStaleness,
  retention = revocationDefaults.retention,
  ...unknown
}: RevocationOptions): ResolvedRevocation {
  check.keys('revocation', unknown, Object.keys(revocationDefaults))
  const unit = 'milliseconds'
  return {
    onStoreError: check.oneOf('revocation.onStoreError', onStoreError, ['local', 'closed']),
    pollInterval: check.integer('revocation.pollInterval', pollInterval, { min: 50, max: 1000, unit }),
    maxStaleness: check.integer('revocation.maxStaleness', maxStaleness, { min: 100, unit }),
    retention: milliseconds('revocation.retention', retention, 60_000, 366 * 86_400_000)
  }
}
