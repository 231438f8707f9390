import type { Complete, OptionChecks } from '@seaworthy/internal'
import { withDefaults } from '../merge-options.ts'

/**
 * The limit of concurrent calls.
 *
 * @example
 * const bulkhead: BulkheadOptions = { limit: 12, queue: 4 }
 * app.resilience.breaker('database', async () => 42, { bulkhead })
 */
export interface BulkheadOptions {
  /**
   * The number of concurrent calls, at least 1. With `adaptive` it is the initial limit.
   *
   * @defaultValue 10
   * @throws RangeError below 1.
   */
  limit?: number | undefined

  /**
   * The number of calls that may wait for a slot, at least 0. A call whose expected wait is longer than its remaining
   * time is rejected at once.
   *
   * @defaultValue 0
   * @throws RangeError below 0.
   */
  queue?: number | undefined

  /**
   * Adapts the limit: it shrinks while calls take one and a half times as long as without a queue, and grows while they
   * do not.
   *
   * @defaultValue false
   */
  adaptive?: boolean | undefined

  /**
   * The lowest limit of `adaptive`, in calls, at least 1.
   *
   * @defaultValue 1
   * @throws RangeError below 1.
   */
  minLimit?: number | undefined

  /**
   * The highest limit of `adaptive`, in calls, at least `minLimit`.
   *
   * @defaultValue 200
   * @throws RangeError below `minLimit`.
   */
  maxLimit?: number | undefined
}

export type BulkheadPolicy = Complete<BulkheadOptions>

export const bulkheadDefaults: BulkheadPolicy = {
  limit: 10,
  queue: 0,
  adaptive: false,
  minLimit: 1,
  maxLimit: 200
}

/** The names that Polly, Resilience4j and p-limit have for the options. */
const renamedOptions: Readonly<Record<string, string>> = {
  maxConcurrent: 'limit',
  maxConcurrentCalls: 'limit',
  concurrency: 'limit',
  permitLimit: 'limit',
  maxQueue: 'queue',
  queueLimit: 'queue',
  queueSize: 'queue'
}

/** Applies the defaults and checks the values. `undefined`: no bulkhead. */
export function resolveBulkhead(
  at: string,
  value: false | number | BulkheadOptions,
  check: OptionChecks
): BulkheadPolicy | undefined {
  if (value === false) return undefined
  const options = typeof value === 'number' ? { limit: value } : value
  if (typeof options !== 'object' || options === null)
    return check.fail(at, 'false, a number or options', value)
  check.keys(at, options, Object.keys(bulkheadDefaults), renamedOptions)
  const { limit, queue, adaptive, minLimit, maxLimit } = withDefaults(bulkheadDefaults, options)
  return {
    limit: check.integer(typeof value === 'number' ? at : `${at}.limit`, limit, { min: 1 }),
    queue: check.integer(`${at}.queue`, queue, { min: 0 }),
    adaptive: check.boolean(`${at}.adaptive`, adaptive),
    minLimit: check.integer(`${at}.minLimit`, minLimit, { min: 1 }),
    maxLimit: check.integer(`${at}.maxLimit`, maxLimit, { min: minLimit })
  }
}
