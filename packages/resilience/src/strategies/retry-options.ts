import { type Complete, MAX_DELAY, type OptionChecks } from '@seaworthy/internal'
import { withDefaults } from '../merge-options.ts'

/**
 * When and how often a failed call is retried.
 *
 * @example
 * const retry: RetryOptions = { limit: 3, delay: 100, maxDelay: 2000 }
 * app.resilience.breaker('prices', async () => 42, { retry })
 */
export interface RetryOptions {
  /**
   * The number of attempts after the first one, 1 to 10.
   *
   * @defaultValue 2
   * @throws RangeError outside that range.
   */
  limit?: number | undefined

  /**
   * The longest wait before the first retry; doubled before each further one. The wait itself is random, from 0 to this.
   * Milliseconds, 0 to 2147483647.
   *
   * @defaultValue 100
   * @throws RangeError outside that range.
   */
  delay?: number | undefined

  /**
   * The longest wait between two attempts. A `Retry-After` of the service may be longer. Milliseconds, 0 to 2147483647.
   *
   * @defaultValue 2000
   * @throws RangeError outside that range.
   */
  maxDelay?: number | undefined

  /**
   * The retries for each call, on average over time. A ratio, 0 to 1.
   *
   * @defaultValue 0.2
   * @throws RangeError outside that range.
   */
  budget?: number | undefined

  /**
   * The retries beyond the budget. Retries per second, 0 to 10000.
   *
   * @defaultValue 10
   * @throws RangeError outside that range.
   */
  floor?: number | undefined
}

/**
 * A second attempt while the first one is pending; the first result wins.
 *
 * @example
 * const hedge: HedgeOptions = { delay: 100 }
 * app.resilience.breaker('search', async () => [], { hedge })
 */
export interface HedgeOptions {
  /**
   * The time after which a second attempt starts. Milliseconds, 1 to 2147483647.
   *
   * @defaultValue None: it is required
   * @throws RangeError outside that range.
   */
  delay: number
}

export type RetryPolicy = Complete<RetryOptions>

export const retryDefaults: RetryPolicy = { limit: 2, delay: 100, maxDelay: 2000, budget: 0.2, floor: 10 }

const milliseconds = { min: 0, max: MAX_DELAY, unit: 'milliseconds' }

/** The names that p-retry, Polly, Resilience4j and axios-retry have for the options. */
const renamedOptions: Readonly<Record<string, string>> = {
  retries: 'limit',
  maxRetries: 'limit',
  maxRetryAttempts: 'limit',
  maxAttempts: 'limit',
  minTimeout: 'delay',
  initialDelay: 'delay',
  baseDelay: 'delay',
  waitDuration: 'delay',
  maxTimeout: 'maxDelay',
  backoffLimit: 'maxDelay'
}

/** Applies the defaults and checks the values. `undefined`: no retries. */
export function resolveRetry(
  at: string,
  value: boolean | number | RetryOptions,
  check: OptionChecks
): RetryPolicy | undefined {
  if (value === false || value === 0) return undefined
  const options = typeof value === 'number' ? { limit: value } : value === true ? {} : value
  if (typeof options !== 'object' || options === null)
    return check.fail(at, 'true, false, a number or options', value)
  check.keys(at, options, Object.keys(retryDefaults), renamedOptions)
  const { limit, delay, maxDelay, budget, floor } = withDefaults(retryDefaults, options)
  return {
    limit: check.integer(typeof value === 'number' ? at : `${at}.limit`, limit, { min: 1, max: 10 }),
    delay: check.number(`${at}.delay`, delay, milliseconds),
    maxDelay: check.number(`${at}.maxDelay`, maxDelay, milliseconds),
    budget: check.number(`${at}.budget`, budget, { min: 0, max: 1 }),
    floor: check.number(`${at}.floor`, floor, { min: 0, max: 10_000 })
  }
}

/** Checks the values. `undefined`: no hedging. */
export function resolveHedge(
  at: string,
  value: false | HedgeOptions,
  check: OptionChecks
): HedgeOptions | undefined {
  if (value === false) return undefined
  if (typeof value !== 'object' || value === null) return check.fail(at, 'false or options', value)
  const { delay, ...others } = value
  check.keys(at, others, ['delay'])
  return { delay: check.number(`${at}.delay`, delay, { ...milliseconds, min: 1 }) }
}
