import type { OptionChecks } from '@seaworthy/internal'

/** How many calls may be at work at the same time. */
export interface BulkheadOptions {
  /**
   * Calls at work at the same time, at least 1. With `adaptive` it is what it starts from.
   *
   * @defaultValue 10
   */
  limit?: number

  /**
   * Calls that may wait for a free place. A call that would wait longer than it has time is turned away at once.
   *
   * @defaultValue 0
   */
  queue?: number

  /**
   * Finds the limit by itself: it shrinks while calls take longer than they usually do, and grows while they don't.
   *
   * @defaultValue false
   */
  adaptive?: boolean

  /**
   * The least that `adaptive` may come to, at least 1.
   *
   * @defaultValue 1
   */
  minLimit?: number

  /**
   * The most that `adaptive` may come to.
   *
   * @defaultValue 200
   */
  maxLimit?: number
}

export type BulkheadPolicy = Required<BulkheadOptions>

/** Fills in the defaults and refuses what cannot work. */
export function resolveBulkhead(
  at: string,
  given: false | number | BulkheadOptions,
  check: OptionChecks
): BulkheadPolicy | undefined {
  if (given === false) return undefined
  const options = typeof given === 'number' ? { limit: given } : given
  if (typeof options !== 'object' || options === null)
    return check.fail(at, 'false, a number or options', given)
  const { limit = 10, queue = 0, adaptive = false, minLimit = 1, maxLimit = 200, ...others } = options
  check.keys(at, others, ['limit', 'queue', 'adaptive', 'minLimit', 'maxLimit'])
  return {
    limit: check.integer(typeof given === 'number' ? at : `${at}.limit`, limit, { min: 1 }),
    queue: check.integer(`${at}.queue`, queue, { min: 0 }),
    adaptive: check.boolean(`${at}.adaptive`, adaptive),
    minLimit: check.integer(`${at}.minLimit`, minLimit, { min: 1 }),
    maxLimit: check.integer(`${at}.maxLimit`, maxLimit, { min: minLimit })
  }
}
