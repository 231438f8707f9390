import type { OptionChecks } from '@seaworthy/internal'

/** How a failed call is tried again. */
export interface RetryOptions {
  /**
   * How many tries may follow the first one, from 1 to 10.
   *
   * @defaultValue 2
   */
  limit?: number

  /**
   * The longest wait before the first retry, in milliseconds; it doubles each time. The wait itself is any time up to
   * that, by chance.
   *
   * @defaultValue 100
   */
  delay?: number

  /**
   * The longest wait between two tries, in milliseconds. What the service asks for with `Retry-After` may be longer.
   *
   * @defaultValue 2000
   */
  maxDelay?: number

  /**
   * How many retries there may be for each call, over time, from 0 to 1.
   *
   * @defaultValue 0.2
   */
  budget?: number

  /**
   * How many retries a second there may be beyond the budget.
   *
   * @defaultValue 10
   */
  floor?: number
}

/** A second try while the first one is still at work; the first answer wins. */
export interface HedgeOptions {
  /** How long the first try may take before the second one starts, in milliseconds. At least 1. */
  delay: number
}

export type RetryPolicy = Required<RetryOptions>

const milliseconds = { min: 0, max: 2 ** 31 - 1, unit: 'milliseconds' }

/** Fills in the defaults and refuses what cannot work. */
export function resolveRetry(
  at: string,
  given: boolean | number | RetryOptions,
  check: OptionChecks
): RetryPolicy | undefined {
  if (given === false || given === 0) return undefined
  const options = typeof given === 'number' ? { limit: given } : given === true ? {} : given
  if (typeof options !== 'object' || options === null)
    return check.fail(at, 'true, false, a number or options', given)
  const { limit = 2, delay = 100, maxDelay = 2000, budget = 0.2, floor = 10, ...others } = options
  check.keys(at, others, ['limit', 'delay', 'maxDelay', 'budget', 'floor'])
  return {
    limit: check.integer(typeof given === 'number' ? at : `${at}.limit`, limit, { min: 1, max: 10 }),
    delay: check.number(`${at}.delay`, delay, milliseconds),
    maxDelay: check.number(`${at}.maxDelay`, maxDelay, milliseconds),
    budget: check.number(`${at}.budget`, budget, { min: 0, max: 1 }),
    floor: check.number(`${at}.floor`, floor, { min: 0, max: 10_000 })
  }
}

export function resolveHedge(
  at: string,
  given: false | HedgeOptions,
  check: OptionChecks
): HedgeOptions | undefined {
  if (given === false) return undefined
  if (typeof given !== 'object' || given === null) return check.fail(at, 'false or options', given)
  const { delay, ...others } = given
  check.keys(at, others, ['delay'])
  return { delay: check.number(`${at}.delay`, delay, { ...milliseconds, min: 1 }) }
}
