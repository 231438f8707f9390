import { type Complete, isObject, omitUndefined, optionChecks, type OptionChecks } from '@seaworthy/internal'
import type { CheckDefinition, CheckFunction } from './checks/options.ts'
import { brokenDefaults, resolveBroken, type BrokenOptions } from './readiness/liveness.ts'
import type { StartupTask, StartupTaskDefinition } from './readiness/startup-options.ts'

/**
 * Options of the health plugin. Every option may be left out.
 *
 * @example
 * const options: HealthOptions = { prefix: '/healthz', cacheFor: 2000, checks: { database: async () => true } }
 * await app.register(health, options)
 */
export interface HealthOptions {
  /**
   * The path of the probes: `/health/live`, `/health/ready`, `/health/startup`, `/health/group/<name>`. It starts with
   * `/` and does not end with `/`. The empty string puts the probes at the root.
   *
   * @defaultValue '/health'
   * @throws RangeError for any other text.
   */
  prefix?: string

  /**
   * The checks by name, each a function or `{ check, timeout, critical, … }`. `app.health.addCheck` adds more.
   *
   * @defaultValue {}
   * @throws RangeError for a check that is no function, and for a wrong option of a check.
   */
  checks?: Readonly<Record<string, CheckFunction | CheckDefinition>> | undefined

  /**
   * Work that must succeed before the service is ready: cache warming, migrations. All tasks start together once the
   * app has loaded, and do not delay its listening. Startup and readiness respond with 503 until all have succeeded. A
   * task that fails is run again within a second, later within up to a minute, until it succeeds; `{ task, retries,
   * delay, maxDelay, timeout }` changes that.
   *
   * @defaultValue {}
   * @throws RangeError for a task that is no function, and for a wrong option of a task.
   */
  startupTasks?: Readonly<Record<string, StartupTask | StartupTaskDefinition>> | undefined

  /**
   * Milliseconds that a startup task may take, 1 to 86400000 (a day). Then its signal is aborted and it has failed.
   *
   * @defaultValue 600000
   */
  startupTimeout?: number | undefined

  /**
   * Milliseconds that a check may take, 1 to 60000. The default fits Kubernetes' probes, which give up after a second.
   * A probe responds within that second in any case; of a check that takes longer it shows the result before.
   *
   * @defaultValue 800
   */
  timeout?: number | undefined

  /**
   * Milliseconds for which the result of a check is cached, 0 to 3600000.
   *
   * @defaultValue 1000
   */
  cacheFor?: number | undefined

  /**
   * Milliseconds after which readiness ignores a failing critical check that has passed before, 0 to 86400000 (a day).
   * 0 means never. See the option of the same name of a check.
   *
   * @defaultValue 0
   */
  maxUnready?: number | undefined

  /**
   * When liveness fails after `app.health.broken(reason)`: not before the process has lived for `minUptime`, and up to
   * `spread` later at random, so that a fault of all replicas does not restart them in a loop, or all at once.
   *
   * @defaultValue { minUptime: 60000, spread: 30000 }
   * @throws RangeError for a number outside 0 to 3600000.
   */
  broken?: BrokenOptions | undefined

  /**
   * Whether public responses name the checks. With `false` they have only the status. Durations, errors and history are
   * never public.
   *
   * @defaultValue true
   */
  expose?: boolean | undefined

  /**
   * The HTTP status while an optional check fails, 200 to 599.
   *
   * @defaultValue 200
   */
  degradedStatus?: number | undefined

  /**
   * The HTTP status while the service must get no traffic, 400 to 599.
   *
   * @defaultValue 503
   */
  notReadyStatus?: number | undefined
}

/** The options with all defaults filled in. */
export type ResolvedHealthOptions = Complete<HealthOptions> & { broken: Complete<BrokenOptions> }

/** The defaults, and with them the names of all options. */
export const defaults: ResolvedHealthOptions = {
  prefix: '/health',
  checks: {},
  startupTasks: {},
  startupTimeout: 600_000,
  timeout: 800,
  cacheFor: 1000,
  maxUnready: 0,
  broken: brokenDefaults,
  expose: true,
  degradedStatus: 200,
  notReadyStatus: 503
}

const check: OptionChecks = optionChecks('health')
const hour = 3_600_000

/**
 * Fills in the defaults and checks the options. Each check and task is checked when it is added.
 *
 * @throws RangeError with the code `INVALID_OPTION` for a wrong option.
 */
export function resolveOptions(options: HealthOptions): ResolvedHealthOptions {
  check.keys('', options, Object.keys(defaults))
  const merged: Complete<HealthOptions> = { ...defaults, ...omitUndefined(options) }
  const milliseconds = (
    option: 'startupTimeout' | 'timeout' | 'cacheFor' | 'maxUnready',
    min: number,
    max: number
  ) => check.integer(option, merged[option], { min, max, unit: 'milliseconds' })

  if (typeof merged.prefix !== 'string' || !/^(\/[\w.~-]+)*$/.test(merged.prefix)) {
    check.fail('prefix', `a path like '/health', without a slash at its end`, merged.prefix)
  }
  return {
    prefix: merged.prefix,
    checks: checkRecord('checks', merged.checks),
    startupTasks: checkRecord('startupTasks', merged.startupTasks),
    startupTimeout: milliseconds('startupTimeout', 1, 24 * hour),
    timeout: milliseconds('timeout', 1, 60_000),
    cacheFor: milliseconds('cacheFor', 0, hour),
    maxUnready: milliseconds('maxUnready', 0, 24 * hour),
    broken: resolveBroken(merged.broken),
    expose: check.boolean('expose', merged.expose),
    degradedStatus: check.integer('degradedStatus', merged.degradedStatus, { min: 200, max: 599 }),
    notReadyStatus: check.integer('notReadyStatus', merged.notReadyStatus, { min: 400, max: 599 })
  }
}

function checkRecord<T extends object>(option: string, value: T): T {
  return isObject(value) ? value : check.fail(option, 'an object with a name for each', value)
}
