import { type Complete, MAX_DELAY, omitUndefined, optionChecks, type OptionChecks } from '@seaworthy/internal'

/**
 * Work that must succeed before the service is ready. `signal` is aborted when its time is over and when the app closes.
 * It may run several times, until it succeeds.
 *
 * @example
 * const warm: StartupTask = async (signal) => (await fetch('http://prices.internal/all', { signal })).json()
 * await app.register(health, { startupTasks: { warm } })
 */
export type StartupTask = (signal: AbortSignal) => unknown

/**
 * How a start-up task is run again after it has failed.
 *
 * @example
 * const options: StartupTaskOptions = { retries: 10, delay: 500, timeout: 5000 }
 * app.health.startupTask('prices', async (signal) => fetch('http://prices.internal/all', { signal }), options)
 */
export interface StartupTaskOptions {
  /**
   * The number of runs after the first one, 0 to 1000000. After the last one the app is broken: liveness fails as the option `broken`
   * of the plugin says, so that the platform restarts the process.
   *
   * @defaultValue none: it is run until it succeeds
   */
  retries?: number | undefined

  /**
   * The longest wait before the first retry; doubled before each further one. The wait is random, between half of it and
   * all of it, so that replicas do not call a dependency at the same time. Milliseconds, 0 to 3600000.
   *
   * @defaultValue 1000
   */
  delay?: number | undefined

  /**
   * The longest wait before any retry. Milliseconds, 0 to 3600000.
   *
   * @defaultValue 60000
   */
  maxDelay?: number | undefined

  /**
   * The time that one run may take. Milliseconds, 1 to 86400000.
   *
   * @defaultValue `startupTimeout` of the plugin
   */
  timeout?: number | undefined
}

/**
 * A start-up task with its options.
 *
 * @example
 * const prices: StartupTaskDefinition = {
 *   task: async (signal) => fetch('http://prices.internal/all', { signal }),
 *   retries: 10
 * }
 * await app.register(health, { startupTasks: { prices } })
 */
export interface StartupTaskDefinition extends StartupTaskOptions {
  task: StartupTask
}

const check: OptionChecks = optionChecks('health')
const hour = 3_600_000
const names = ['retries', 'delay', 'maxDelay', 'timeout']

/** Fills in the defaults and checks the options of one task. */
export function resolveStartupTask(
  name: string,
  options: StartupTaskOptions,
  startupTimeout: number
): Complete<StartupTaskOptions> {
  const at = `startupTasks.${name}`
  check.keys(at, options, names)
  const values = {
    retries: Infinity,
    delay: 1000,
    maxDelay: 60_000,
    timeout: startupTimeout,
    ...omitUndefined(options)
  }
  const milliseconds = { min: 0, max: hour, unit: 'milliseconds' }
  return {
    retries:
      values.retries === Infinity
        ? Infinity
        : check.integer(`${at}.retries`, values.retries, { min: 0, max: 1_000_000 }),
    delay: check.integer(`${at}.delay`, values.delay, milliseconds),
    maxDelay: check.integer(`${at}.maxDelay`, values.maxDelay, milliseconds),
    timeout: check.integer(`${at}.timeout`, values.timeout, {
      min: 1,
      max: Math.min(24 * hour, MAX_DELAY),
      unit: 'milliseconds'
    })
  }
}
