import type { OptionChecks } from '@seaworthy/internal'

/** When requests are turned away because there is too much to do. */
export interface SheddingOptions {
  /**
   * The share of an interval, from 0.1 to 1, for which the event loop may be busy.
   *
   * @defaultValue 0.98
   */
  maxUtilization?: number

  /**
   * How late the event loop may be, in milliseconds. Busy alone is no overload: both must be exceeded.
   *
   * @defaultValue 200
   */
  maxDelay?: number

  /**
   * How often both are measured, in milliseconds. Shedding starts with the second interval in a row.
   *
   * @defaultValue 500
   */
  interval?: number

  /**
   * How many requests may be at work at the same time: a limit that finds itself, `false`, or its bounds. Low
   * priority gets four fifths of it, normal nine tenths.
   *
   * @defaultValue false
   */
  concurrency?: false | true | { initial?: number; min?: number; max?: number }

  /**
   * What `Retry-After` says, in seconds. From 1 to 3600.
   *
   * @defaultValue 2
   */
  retryAfter?: number
}

export interface SheddingPolicy {
  maxUtilization: number
  maxDelay: number
  interval: number
  concurrency: { limit: number; minLimit: number; maxLimit: number } | undefined
  retryAfter: number
}

/** Fills in the defaults and refuses what cannot work. */
export function resolveShedding(
  given: boolean | SheddingOptions,
  check: OptionChecks
): SheddingPolicy | undefined {
  if (given === false) return undefined
  if (given !== true && (typeof given !== 'object' || given === null))
    return check.fail('shedding', 'true, false or options', given)
  const options = given === true ? {} : given
  const {
    maxUtilization = 0.98,
    maxDelay = 200,
    interval = 500,
    concurrency = false,
    retryAfter = 2
  } = options
  check.keys('shedding', options, ['maxUtilization', 'maxDelay', 'interval', 'concurrency', 'retryAfter'])
  return {
    maxUtilization: check.number('shedding.maxUtilization', maxUtilization, { min: 0.1, max: 1 }),
    maxDelay: check.number('shedding.maxDelay', maxDelay, { min: 1, unit: 'milliseconds' }),
    interval: check.number('shedding.interval', interval, { min: 50, max: 60_000, unit: 'milliseconds' }),
    concurrency: concurrency === false ? undefined : bounds(concurrency === true ? {} : concurrency, check),
    retryAfter: check.integer('shedding.retryAfter', retryAfter, { min: 1, max: 3600, unit: 'seconds' })
  }
}

function bounds(
  given: { initial?: number; min?: number; max?: number },
  check: OptionChecks
): { limit: number; minLimit: number; maxLimit: number } {
  if (typeof given !== 'object' || given === null)
    return check.fail('shedding.concurrency', 'true, false or options', given)
  const { initial = 100, min = 10, max = 1000, ...others } = given
  check.keys('shedding.concurrency', others, ['initial', 'min', 'max'])
  return {
    limit: check.integer('shedding.concurrency.initial', initial, { min: 1 }),
    minLimit: check.integer('shedding.concurrency.min', min, { min: 1 }),
    maxLimit: check.integer('shedding.concurrency.max', max, { min })
  }
}
