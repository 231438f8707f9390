import type { ReadinessCheckOptions } from '@seaworthy/contract'
import { type Complete, optionChecks, type OptionChecks } from '@seaworthy/internal'

/**
 * The outcome of a check.
 *
 * @example
 * const status: CheckOutcome = 'degraded'
 * app.health.addCheck('replicas', () => ({ status }))
 */
export type CheckOutcome = 'pass' | 'degraded' | 'fail'

/**
 * The return value of a check with details.
 *
 * @example
 * app.health.addCheck('replicas', (): CheckResult => ({ status: 'degraded', detail: { running: 1, wanted: 2 } }))
 */
export interface CheckResult {
  status: CheckOutcome
  /** Shown to operators only, never on public probes. It must hold no secrets. */
  detail?: Record<string, string | number | boolean>
}

/**
 * Checks one dependency. It fails if it throws, rejects, or returns `false`, an error or anything else that states a
 * failure: `'down'`, `{ status: 'fail' }`, `{ ok: false }`, `{ database: { status: 'down' } }`. It also fails if it
 * returns a text or a status that is not understood. It may return `'degraded'` or a {@link CheckResult}. Anything else
 * passes. `signal` is aborted when the check's time is over: pass it to the calls that take one.
 *
 * @example
 * const check: CheckFunction = async (signal) => (await fetch('http://payments.internal/', { signal })).ok
 * app.health.addCheck('payments', check)
 */
export type CheckFunction = (signal: AbortSignal) => unknown

/**
 * Options of a check. Every option may be left out.
 *
 * @example
 * const options: CheckOptions = { critical: false, interval: 5000, failureThreshold: 3 }
 * app.health.addCheck('queue', async () => true, options)
 */
export interface CheckOptions extends ReadinessCheckOptions {
  /**
   * Whether readiness fails if the check fails. If an optional check fails, the service becomes `degraded` and still
   * gets traffic. That is right for a dependency that all replicas share and can do without.
   *
   * @defaultValue true
   */
  critical?: boolean | undefined

  /**
   * Milliseconds after which the check has failed, even if it ignores its signal, 1 to 60000.
   *
   * @defaultValue the plugin's `timeout`
   */
  timeout?: number | undefined

  /**
   * Milliseconds for which a result is cached before a probe runs the check again, 0 to 3600000.
   *
   * @defaultValue the plugin's `cacheFor`
   * @throws RangeError together with `interval`.
   */
  cacheFor?: number | undefined

  /**
   * Milliseconds between runs in the background, 10 to 3600000. Probes then never wait for the check. 0 runs it when a
   * probe arrives.
   *
   * @defaultValue 0
   */
  interval?: number | undefined

  /**
   * With `interval`: milliseconds after which a result is stale, 1 to 14400000. A probe then waits for a new run, and
   * the check fails if there is none.
   *
   * @defaultValue three times `interval` plus `timeout`
   */
  staleAfter?: number | undefined

  /**
   * Number of failures in a row until a passing check counts as failed, 1 to 1000. The very first result counts at once.
   *
   * @defaultValue 1
   */
  failureThreshold?: number | undefined

  /**
   * Number of passes in a row until a failed check counts as passing, 1 to 1000.
   *
   * @defaultValue 1
   */
  successThreshold?: number | undefined

  /**
   * Milliseconds above which a run is logged as slow, 0 to 3600000. It is logged once until a run is fast again. 0 turns
   * it off.
   *
   * @defaultValue half the `timeout`
   */
  slowAfter?: number | undefined

  /**
   * Milliseconds after which readiness ignores the critical check if it fails and has passed before, 0 to 86400000. It
   * prevents a shared dependency from taking all replicas out of traffic at once. 0 means never.
   *
   * @defaultValue the plugin's `maxUnready`
   */
  maxUnready?: number | undefined

  /**
   * The groups of the check. `/health/ready` runs the group `ready`; any other group has a probe at
   * `/health/group/<name>`.
   *
   * @defaultValue ['ready']
   * @throws RangeError for the group `live`, and for names with characters other than letters, digits, `.`, `_`, `-`.
   */
  groups?: readonly string[] | undefined
}

/**
 * A check and its options in one object.
 *
 * @example
 * const queue: CheckDefinition = { check: async () => true, critical: false, timeout: 500 }
 * await app.register(health, { checks: { queue } })
 */
export interface CheckDefinition extends CheckOptions {
  /** The check itself. */
  check: CheckFunction
}

/** A check with all options. */
export type ResolvedCheck = Complete<CheckOptions> & { name: string; check: CheckFunction }

/** The plugin's options that are defaults of each check. */
export type InheritedDefaults = Pick<Complete<CheckOptions>, 'timeout' | 'cacheFor' | 'maxUnready'>

/** The defaults that do not depend on other options. */
export const checkDefaults: Pick<
  Complete<CheckOptions>,
  'critical' | 'interval' | 'failureThreshold' | 'successThreshold' | 'groups'
> = {
  critical: true,
  interval: 0,
  failureThreshold: 1,
  successThreshold: 1,
  groups: ['ready']
}

const optionNames = Object.keys({
  critical: true,
  timeout: true,
  cacheFor: true,
  interval: true,
  staleAfter: true,
  failureThreshold: true,
  successThreshold: true,
  slowAfter: true,
  maxUnready: true,
  groups: true
} satisfies Record<keyof CheckOptions, true>)

const check: OptionChecks = optionChecks('health')
const hour = 3_600_000

/**
 * Fills in a check's defaults and checks its options.
 *
 * @throws RangeError with the code `INVALID_OPTION` for a wrong option.
 */
export function resolveCheck(
  name: string,
  fn: CheckFunction,
  options: CheckOptions,
  inherited: InheritedDefaults
): ResolvedCheck {
  const path = `checks.${check.string('check name', name)}`
  check.fn(`${path}.check`, fn)
  check.keys(path, options, optionNames)
  const milliseconds = (option: keyof CheckOptions, value: number, min: number, max = hour) =>
    check.integer(`${path}.${option}`, value, { min, max, unit: 'milliseconds' })
  const threshold = (option: 'failureThreshold' | 'successThreshold') =>
    check.integer(`${path}.${option}`, options[option] ?? checkDefaults[option], { min: 1, max: 1000 })

  const timeout = milliseconds('timeout', options.timeout ?? inherited.timeout, 1, 60_000)
  const interval = options.interval ?? checkDefaults.interval
  if (interval !== 0) milliseconds('interval', interval, 10)
  if (interval !== 0 && options.cacheFor !== undefined) {
    check.fail(`${path}.cacheFor`, 'left out if "interval" is set', options.cacheFor)
  }
  return {
    name,
    check: fn,
    timeout,
    interval,
    critical: check.boolean(`${path}.critical`, options.critical ?? checkDefaults.critical),
    cacheFor: milliseconds('cacheFor', options.cacheFor ?? inherited.cacheFor, 0),
    staleAfter: milliseconds('staleAfter', options.staleAfter ?? 3 * interval + timeout, 1, 4 * hour),
    failureThreshold: threshold('failureThreshold'),
    successThreshold: threshold('successThreshold'),
    slowAfter: milliseconds('slowAfter', options.slowAfter ?? Math.ceil(timeout / 2), 0),
    maxUnready: milliseconds('maxUnready', options.maxUnready ?? inherited.maxUnready, 0, 24 * hour),
    groups: checkGroups(`${path}.groups`, options.groups ?? checkDefaults.groups)
  }
}

function checkGroups(option: string, groups: unknown): readonly string[] {
  if (!Array.isArray(groups) || groups.length === 0) return check.fail(option, 'a list of names', groups)
  for (const group of groups as unknown[]) {
    // A liveness probe that checks a dependency restarts healthy processes while the dependency is down.
    if (group === 'live') check.fail(option, `groups other than 'live', which checks no dependency`, group)
    if (typeof group !== 'string' || !/^[\w.-]+$/.test(group)) {
      check.fail(option, 'names of letters, digits, ".", "_" and "-"', group)
    }
  }
  return [...(groups as string[])]
}
