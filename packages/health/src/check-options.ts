import type { ReadinessCheckOptions } from '@seaworthy/contract'
import { optionChecks } from '@seaworthy/internal'

/** What a check says: `true`, nothing or any other value is a pass; `false` and an error are a failure. */
export type CheckOutcome = 'pass' | 'degraded' | 'fail'

/** The long form of what a check may return, where there is something to say beside it. */
export interface Finding {
  status: CheckOutcome
  /** Shown to operators only: never on the public probes. No secrets. */
  detail?: Record<string, string | number | boolean>
}

/**
 * Looks at one dependency. It passes unless it throws, rejects, or gives `false`. `'degraded'` or a {@link Finding}
 * say more. `signal` is aborted when its time is up: hand it on to whatever takes one.
 */
export type CheckFunction = (signal: AbortSignal) => unknown

/** How a check is run and what its failure means. Every one may be left out. */
export interface CheckOptions extends ReadinessCheckOptions {
  /**
   * Whether readiness fails with it. An optional check that fails makes the service `degraded`, which still takes
   * traffic: right for whatever all replicas share and can do without.
   *
   * @defaultValue true
   */
  critical?: boolean

  /**
   * Milliseconds after which the check has failed, even if it ignores its signal. 1 to 60000.
   *
   * @defaultValue the plugin's `timeout`
   */
  timeout?: number

  /**
   * Milliseconds for which a result is served again, before a probe runs the check anew. 0 to 3600000.
   *
   * @defaultValue the plugin's `cacheFor`
   * @throws RangeError when `interval` is given too.
   */
  cacheFor?: number

  /**
   * Runs the check in the background every so many milliseconds, 10 to 3600000; probes then never wait for it.
   * 0 runs it when a probe asks.
   *
   * @defaultValue 0
   */
  interval?: number

  /**
   * With `interval`: milliseconds after which a result has become too old to be believed. A probe then waits for a
   * new run, and the check fails where none comes.
   *
   * @defaultValue three intervals and one `timeout`
   */
  staleAfter?: number

  /**
   * Failures in a row before a passing check counts as failed. 1 to 1000. The first result ever counts at once.
   *
   * @defaultValue 1
   */
  failureThreshold?: number

  /**
   * Passes in a row before a failed check counts as passing again. 1 to 1000.
   *
   * @defaultValue 1
   */
  successThreshold?: number

  /**
   * Milliseconds above which a run is reported as slow, once until one is fast again. 0 switches it off.
   *
   * @defaultValue half the `timeout`
   */
  slowAfter?: number

  /**
   * Milliseconds after which a critical check that used to pass, and now fails, no longer holds back readiness.
   * It is the guard against a shared dependency that takes every replica out at once. 0 never gives in.
   *
   * @defaultValue the plugin's `maxUnready`
   */
  maxUnready?: number

  /**
   * The groups it belongs to. `ready` is what `/health/ready` asks; every other name gets a probe of its own at
   * `/health/group/<name>`.
   *
   * @defaultValue ['ready']
   */
  groups?: readonly string[]
}

/** A check and its options in one object. */
export interface CheckDefinition extends CheckOptions {
  /** The check itself. */
  check: CheckFunction
}

export type ResolvedCheck = Required<CheckOptions> & { name: string; check: CheckFunction }

/** What the plugin's own options give to each check. */
export type CheckDefaults = Pick<Required<CheckOptions>, 'timeout' | 'cacheFor' | 'maxUnready'>

const rules = optionChecks('health')
const hour = 3_600_000
const keys = [
  'critical',
  'timeout',
  'cacheFor',
  'interval',
  'staleAfter',
  'failureThreshold',
  'successThreshold',
  'slowAfter',
  'maxUnready',
  'groups'
]

/** Fills in a check's defaults and refuses what cannot work. */
export function resolveCheck(
  name: string,
  check: CheckFunction,
  options: CheckOptions,
  defaults: CheckDefaults
): ResolvedCheck {
  const at = `checks.${rules.string('check name', name)}`
  rules.fn(`${at}.check`, check)
  rules.keys(at, options, keys)
  const milliseconds = (key: string, value: number, min: number, max = hour) =>
    rules.integer(`${at}.${key}`, value, { min, max, unit: 'milliseconds' })
  const times = (key: string, value: number) => rules.integer(`${at}.${key}`, value, { min: 1, max: 1000 })

  const timeout = milliseconds('timeout', options.timeout ?? defaults.timeout, 1, 60_000)
  const interval = options.interval ?? 0
  if (interval !== 0) milliseconds('interval', interval, 10)
  if (interval !== 0 && options.cacheFor !== undefined) {
    rules.fail(`${at}.cacheFor`, 'left out where "interval" is given', options.cacheFor)
  }
  return {
    name,
    check,
    timeout,
    interval,
    critical: rules.boolean(`${at}.critical`, options.critical ?? true),
    cacheFor: milliseconds('cacheFor', options.cacheFor ?? defaults.cacheFor, 0),
    staleAfter: milliseconds('staleAfter', options.staleAfter ?? 3 * interval + timeout, 1, 4 * hour),
    failureThreshold: times('failureThreshold', options.failureThreshold ?? 1),
    successThreshold: times('successThreshold', options.successThreshold ?? 1),
    slowAfter: milliseconds('slowAfter', options.slowAfter ?? Math.ceil(timeout / 2), 0),
    maxUnready: milliseconds('maxUnready', options.maxUnready ?? defaults.maxUnready, 0, 24 * hour),
    groups: groupNames(`${at}.groups`, options.groups ?? ['ready'])
  }
}

function groupNames(option: string, groups: unknown): readonly string[] {
  if (!Array.isArray(groups) || groups.length === 0) return rules.fail(option, 'a list of names', groups)
  for (const group of groups as unknown[]) {
    // Liveness that asks a dependency restarts healthy processes during that dependency's outage.
    if (group === 'live') rules.fail(option, `any groups but 'live', which asks no dependency`, group)
    if (typeof group !== 'string' || !/^[\w.-]+$/.test(group)) {
      rules.fail(option, 'names of letters, digits, ".", "_" and "-"', group)
    }
  }
  return [...(groups as string[])]
}
