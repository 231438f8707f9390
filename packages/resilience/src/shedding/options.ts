import type { Complete, OptionChecks } from '@seaworthy/internal'
import { withDefaults } from '../merge-options.ts'

/**
 * When the service is overloaded, and which requests it rejects then.
 *
 * @example
 * const shedding: SheddingOptions = { maxDelay: 500, maxUtilization: 0.95 }
 * await app.register(resilience, { shedding })
 */
export interface SheddingOptions {
  /**
   * The share of an interval for which the event loop may be busy. A ratio, 0.1 to 1.
   *
   * @defaultValue 0.98
   * @throws RangeError outside that range.
   */
  maxUtilization?: number | undefined

  /**
   * The acceptable delay of the event loop. The service is overloaded only if this and `maxUtilization` are both exceeded;
   * then requests are rejected until the delay is below a quarter of it. On Linux the wait of new connections counts too,
   * for requests of low priority (not in a cluster whose primary process distributes them); under overload the first
   * request of a connection that has waited longer is rejected, of high priority after four times that, of critical
   * never. Milliseconds, at least 1.
   *
   * @defaultValue 200
   * @throws RangeError below 1.
   */
  maxDelay?: number | undefined

  /**
   * The interval in which both are measured. Shedding starts after ten overloaded intervals, a second by default, and
   * changes with each interval from then on; an overload that comes back within fifty intervals is shed at
   * once. Milliseconds, 50 to 60000.
   *
   * @defaultValue 100
   * @throws RangeError outside that range.
   */
  interval?: number | undefined

  /**
   * Limits the concurrent requests: `true` or options for a limit that adapts, `false` for none. Requests of low
   * priority are admitted up to 80 % of it, of normal priority up to 90 %, of high priority up to all of it.
   *
   * @defaultValue false
   */
  concurrency?: boolean | ConcurrencyOptions | undefined

  /**
   * The `Retry-After` header of rejected requests. Seconds, 1 to 3600.
   *
   * @defaultValue 2
   * @throws RangeError outside that range.
   */
  retryAfter?: number | undefined

  /**
   * The header with the priority of a request (`low`, `normal`, `high`, `critical`). From the peers that
   * `deadline.trust` names it lowers the priority that the route has, never raises it. `resilience.fetch` sends it with
   * requests that are not of normal priority. `false` turns the header off.
   *
   * @defaultValue 'x-request-priority'
   * @throws RangeError for an empty name.
   */
  priorityHeader?: string | false | undefined
}

/**
 * The limit of concurrent requests, which adapts to how long they take: about one and a half times as long as without a
 * queue, here or in what they wait for.
 *
 * @example
 * const concurrency: ConcurrencyOptions = { initial: 20, max: 200 }
 * await app.register(resilience, { shedding: { concurrency } })
 */
export interface ConcurrencyOptions {
  /**
   * The limit at start. A number of requests, at least 1.
   *
   * @defaultValue 100
   * @throws RangeError below 1.
   */
  initial?: number | undefined

  /**
   * The lowest limit. A number of requests, at least 1.
   *
   * @defaultValue 10
   * @throws RangeError below 1.
   */
  min?: number | undefined

  /**
   * The highest limit. A number of requests, at least `min`.
   *
   * @defaultValue 1000
   * @throws RangeError below `min`.
   */
  max?: number | undefined
}

export interface SheddingPolicy {
  maxUtilization: number
  maxDelay: number
  interval: number
  concurrency: { limit: number; minLimit: number; maxLimit: number } | undefined
  retryAfter: number
  priorityHeader: string | false
}

export const sheddingDefaults: Complete<SheddingOptions> = {
  maxUtilization: 0.98,
  maxDelay: 200,
  interval: 100,
  concurrency: false,
  retryAfter: 2,
  priorityHeader: 'x-request-priority'
}

export const concurrencyDefaults: Complete<ConcurrencyOptions> = { initial: 100, min: 10, max: 1000 }

/** Applies the defaults and checks the values. `undefined`: no shedding. */
export function resolveShedding(
  value: boolean | SheddingOptions,
  check: OptionChecks
): SheddingPolicy | undefined {
  if (value === false) return undefined
  const options = value === true ? {} : value
  if (typeof options !== 'object' || options === null)
    return check.fail('shedding', 'true, false or options', value)
  check.keys('shedding', options, Object.keys(sheddingDefaults))
  const values = withDefaults(sheddingDefaults, options)
  const { maxUtilization, maxDelay, interval, concurrency, retryAfter, priorityHeader } = values
  if (priorityHeader !== false) check.string('shedding.priorityHeader', priorityHeader)
  return {
    maxUtilization: check.number('shedding.maxUtilization', maxUtilization, { min: 0.1, max: 1 }),
    maxDelay: check.number('shedding.maxDelay', maxDelay, { min: 1, unit: 'milliseconds' }),
    interval: check.number('shedding.interval', interval, { min: 50, max: 60_000, unit: 'milliseconds' }),
    concurrency: resolveConcurrency(concurrency, check),
    retryAfter: check.integer('shedding.retryAfter', retryAfter, { min: 1, max: 3600, unit: 'seconds' }),
    priorityHeader: priorityHeader === false ? false : priorityHeader.toLowerCase()
  }
}

function resolveConcurrency(
  value: boolean | ConcurrencyOptions,
  check: OptionChecks
): SheddingPolicy['concurrency'] {
  if (value === false) return undefined
  const options = value === true ? {} : value
  if (typeof options !== 'object' || options === null)
    return check.fail('shedding.concurrency', 'true, false or options', value)
  check.keys('shedding.concurrency', options, Object.keys(concurrencyDefaults))
  const { initial, min, max } = withDefaults(concurrencyDefaults, options)
  return {
    limit: check.integer('shedding.concurrency.initial', initial, { min: 1 }),
    minLimit: check.integer('shedding.concurrency.min', min, { min: 1 }),
    maxLimit: check.integer('shedding.concurrency.max', max, { min })
  }
}
