import { type Complete, optionChecks } from '@seaworthy/internal'
import { type PolicyOptions, policyKeys, resolvePolicy } from './breaker/policy-options.ts'
import { renamedOptions } from './breaker/renamed-options.ts'
import { type Clock, systemClock } from './clock.ts'
import { type DeadlineOptions, type DeadlinePolicy, resolveDeadline } from './deadline/options.ts'
import { withDefaults } from './merge-options.ts'
import { resolveShedding, type SheddingOptions, type SheddingPolicy } from './shedding/options.ts'

/**
 * Options of the resilience plugin.
 *
 * @example
 * const options: ResilienceOptions = { defaults: { timeout: 3000 }, shedding: { maxDelay: 500 } }
 * await app.register(resilience, options)
 */
export interface ResilienceOptions {
  /**
   * The policy of all breakers and of `fetch`, unless they override it.
   *
   * @defaultValue {}
   * @throws RangeError for a wrong option.
   */
  defaults?: PolicyOptions | undefined

  /**
   * Named policies, for the option `policy` of breakers and of `fetch`.
   *
   * @defaultValue {}
   * @throws RangeError for a wrong option.
   */
  policies?: Record<string, PolicyOptions> | undefined

  /**
   * The time limit of requests.
   *
   * @defaultValue {}
   */
  deadline?: DeadlineOptions | undefined

  /**
   * Rejects requests while the service is overloaded: `true`, `false` or options.
   *
   * @defaultValue true
   */
  shedding?: boolean | SheddingOptions | undefined

  /**
   * The header of responses that contain a last good value or a fallback. Its value is `true`. `false` turns it off.
   *
   * @defaultValue 'x-degraded'
   * @throws RangeError for an empty name.
   */
  degradedHeader?: string | false | undefined

  /**
   * Whether tests may make calls fail by `breaker.inject`.
   *
   * @defaultValue false
   */
  faults?: boolean | undefined

  /**
   * The function that `resilience.fetch` calls.
   *
   * @defaultValue globalThis.fetch
   */
  fetch?: typeof globalThis.fetch | undefined

  /**
   * The source of time, for tests.
   *
   * @defaultValue performance.now, setTimeout, clearTimeout
   */
  clock?: Clock | undefined

  /**
   * The source of random numbers from 0 to 1, for tests.
   *
   * @defaultValue Math.random
   */
  random?: (() => number) | undefined
}

export interface ResolvedOptions extends Complete<Omit<ResilienceOptions, 'deadline' | 'shedding'>> {
  deadline: DeadlinePolicy
  shedding: SheddingPolicy | undefined
}

export const resilienceDefaults: Complete<ResilienceOptions> = {
  defaults: {},
  policies: {},
  deadline: {},
  shedding: true,
  degradedHeader: 'x-degraded',
  faults: false,
  // Read at each call, because tools replace it after the start.
  fetch: (...args) => globalThis.fetch(...args),
  clock: systemClock,
  random: Math.random
}

const check = optionChecks('resilience')

/** Applies the defaults and checks the values. */
export function resolveOptions(options: ResilienceOptions): ResolvedOptions {
  check.keys('', options, Object.keys(resilienceDefaults))
  const values = withDefaults(resilienceDefaults, options)
  const { defaults, policies, deadline, shedding, degradedHeader, faults, fetch, clock, random } = values
  checkPolicy('defaults', defaults)
  for (const [name, policy] of Object.entries(policies)) checkPolicy(`policies.${name}`, policy)
  if (degradedHeader !== false) check.string('degradedHeader', degradedHeader)
  check.fn('fetch', fetch)
  check.fn('random', random)
  for (const name of ['now', 'setTimeout', 'clearTimeout'] as const) check.fn(`clock.${name}`, clock[name])

  return {
    defaults,
    policies,
    deadline: resolveDeadline(deadline, check),
    shedding: resolveShedding(shedding, check),
    degradedHeader,
    faults: check.boolean('faults', faults),
    fetch,
    clock,
    random
  }
}

function checkPolicy(at: string, policy: PolicyOptions): void {
  if (typeof policy !== 'object' || policy === null) check.fail(at, 'an object', policy)
  check.keys(at, policy, policyKeys, renamedOptions)
  resolvePolicy(`${at}.`, policy)
}
