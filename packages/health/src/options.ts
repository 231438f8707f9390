import { optionChecks } from '@seaworthy/internal'
import type { CheckDefinition, CheckFunction } from './check-options.ts'
import type { StartupTask } from './gates.ts'

/** Options of the health plugin. Every one may be left out. */
export interface HealthOptions {
  /**
   * Where the probes are: `/health/live`, `/health/ready`, `/health/startup`, `/health/group/<name>`. It starts
   * with `/` and does not end with it; the empty string puts them at the root.
   *
   * @defaultValue '/health'
   */
  prefix?: string

  /**
   * The checks by name, each a function or `{ check, timeout, critical, … }`. More come with `app.health.addCheck`.
   *
   * @defaultValue {}
   */
  checks?: Readonly<Record<string, CheckFunction | CheckDefinition>>

  /**
   * What must be done before the service is ready: cache warming, migrations. They start together once the app has
   * loaded, without delaying its listening; startup and readiness answer 503 until all have succeeded.
   *
   * @defaultValue {}
   */
  startupTasks?: Readonly<Record<string, StartupTask>>

  /**
   * Milliseconds that a check may take, 1 to 60000. Keep it below the prober's own timeout.
   *
   * @defaultValue 1500
   */
  timeout?: number

  /**
   * Milliseconds for which a check's result is served again, 0 to 3600000.
   *
   * @defaultValue 1000
   */
  cacheFor?: number

  /**
   * Milliseconds after which a critical check that used to pass no longer holds back readiness, up to a day.
   * See the check's option of this name. 0 never gives in.
   *
   * @defaultValue 0
   */
  maxUnready?: number

  /**
   * Whether the public answers name the checks. `false` leaves the status alone. Durations, errors and history are
   * never public.
   *
   * @defaultValue true
   */
  expose?: boolean

  /**
   * The HTTP status while an optional check fails, 200 to 599.
   *
   * @defaultValue 200
   */
  degradedStatus?: number

  /**
   * The HTTP status while the service must get no traffic, 400 to 599.
   *
   * @defaultValue 503
   */
  notReadyStatus?: number
}

const rules = optionChecks('health')
const keys = [
  'prefix',
  'checks',
  'startupTasks',
  'timeout',
  'cacheFor',
  'maxUnready',
  'expose',
  'degradedStatus',
  'notReadyStatus'
]

/** Fills in the defaults and refuses what cannot work. The checks themselves are looked at one by one, when added. */
export function resolveOptions(options: HealthOptions): Required<HealthOptions> {
  rules.keys('', options, keys)
  const hour = 3_600_000
  const { prefix = '/health', expose = true, checks = {}, startupTasks = {} } = options
  const {
    timeout = 1500,
    cacheFor = 1000,
    maxUnready = 0,
    degradedStatus = 200,
    notReadyStatus = 503
  } = options
  const milliseconds = (option: string, value: number, min: number, max: number) =>
    rules.integer(option, value, { min, max, unit: 'milliseconds' })

  if (typeof prefix !== 'string' || !/^(\/[\w.~-]+)*$/.test(prefix)) {
    rules.fail('prefix', `a path like '/health', without a slash at its end`, prefix)
  }
  return {
    prefix,
    checks: record('checks', checks),
    startupTasks: record('startupTasks', startupTasks),
    timeout: milliseconds('timeout', timeout, 1, 60_000),
    cacheFor: milliseconds('cacheFor', cacheFor, 0, hour),
    maxUnready: milliseconds('maxUnready', maxUnready, 0, 24 * hour),
    expose: rules.boolean('expose', expose),
    degradedStatus: rules.integer('degradedStatus', degradedStatus, { min: 200, max: 599 }),
    notReadyStatus: rules.integer('notReadyStatus', notReadyStatus, { min: 400, max: 599 })
  }
}

function record<T extends object>(option: string, value: T): T {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? value
    : rules.fail(option, 'an object with a name for each', value)
}
