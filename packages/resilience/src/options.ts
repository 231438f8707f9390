import { optionChecks } from '@seaworthy/internal'
import { type Clock, systemClock } from './clock.ts'
import { type DeadlineOptions, type DeadlinePolicy, resolveDeadline } from './deadline/options.ts'
import { type PolicyOptions, policyKeys, resolvePolicy } from './breaker/policy-options.ts'
import { resolveShedding, type SheddingOptions, type SheddingPolicy } from './shedding/options.ts'

/** Options of the resilience plugin. Every one may be left out. */
export interface ResilienceOptions {
  /** What every breaker and every `fetch` starts from. */
  defaults?: PolicyOptions

  /** Policies by name, for a breaker's `policy` and for `fetch`. */
  policies?: Record<string, PolicyOptions>

  /** How much time a request has. */
  deadline?: DeadlineOptions

  /**
   * Turns requests away while the service has more to do than it can: `true`, `false` or options.
   *
   * @defaultValue true
   */
  shedding?: boolean | SheddingOptions

  /**
   * The header on answers that are made of a last good value or a fallback; its value is `true`. `false` for none.
   *
   * @defaultValue 'x-degraded'
   */
  degradedHeader?: string | false

  /**
   * Whether `breaker.inject` may make calls fail. For tests.
   *
   * @defaultValue false
   */
  faults?: boolean

  /**
   * What `resilience.fetch` calls.
   *
   * @defaultValue globalThis.fetch
   */
  fetch?: typeof globalThis.fetch

  /** Where time comes from, for tests: `now()` in milliseconds, `setTimeout`, `clearTimeout`. */
  clock?: Clock

  /** A number from 0 to 1, for what happens by chance; for tests. */
  random?: () => number
}

export interface ResolvedOptions {
  defaults: PolicyOptions
  policies: Record<string, PolicyOptions>
  deadline: DeadlinePolicy
  shedding: SheddingPolicy | undefined
  degradedHeader: string | false
  faults: boolean
  fetch: typeof globalThis.fetch
  clock: Clock
  random: () => number
}

const check = optionChecks('resilience')

/** Fills in the defaults and refuses what cannot work. */
export function resolveOptions({
  defaults = {},
  policies = {},
  deadline = {},
  shedding = true,
  degradedHeader = 'x-degraded',
  faults = false,
  // Looked up at each call: tools that replace it come later.
  fetch = (...args) => globalThis.fetch(...args),
  clock = systemClock,
  random = Math.random,
  ...others
}: ResilienceOptions): ResolvedOptions {
  check.keys('', others, known)
  const given = Object.entries({ defaults, ...prefixed(policies) })
  for (const [at, options] of given) {
    if (typeof options !== 'object' || options === null) check.fail(at, 'an object', options)
    check.keys(at, options, policyKeys)
    resolvePolicy(`${at}.`, options)
  }
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

const known = [
  'defaults',
  'policies',
  'deadline',
  'shedding',
  'degradedHeader',
  'faults',
  'fetch',
  'clock',
  'random'
]

const prefixed = (policies: Record<string, PolicyOptions>): Record<string, PolicyOptions> =>
  Object.fromEntries(Object.entries(policies).map(([name, options]) => [`policies.${name}`, options]))
