import { optionChecks } from '@seaworthy/internal'
import type { Fallback } from '../strategies/fallback.ts'
import type { LastGoodOptions } from '../strategies/last-good.ts'
import { type Policy, type PolicyOptions, policyKeys, resolvePolicy } from './policy-options.ts'

/** Options of a breaker: those of a policy, and what needs the function's arguments. */
export interface BreakerOptions<Args extends unknown[] = unknown[], T = unknown> extends PolicyOptions {
  /** The name of a policy; options given here win over it. */
  policy?: string

  /** Answers a failed call in its place. The answer is marked as degraded. Throw to fail all the same. */
  fallback?: Fallback<Args, T>

  /**
   * Answers a failed call with the last value that succeeded for the same key; before `fallback`. It is the value
   * itself, not a copy: do not change what a call gives you.
   */
  lastGood?: LastGoodOptions<Args>

  /** Calls with the same key that are in flight at the same time become one. `undefined` stays alone. */
  coalesce?: (...args: Args) => string | undefined

  /**
   * Gives each key (a host, a shard) a breaker and a bulkhead of its own. The key is in log lines and on the
   * management listener, never in a metric's label.
   */
  key?: (...args: Args) => string

  /** Whether a call may safely happen twice; asked before `retry` and `hedge`. Unset, all calls may. */
  idempotent?: (...args: Args) => boolean
}

export interface BreakerPolicy<Args extends unknown[], T> extends Policy {
  fallback: Fallback<Args, T> | undefined
  lastGood: Required<LastGoodOptions<Args>> | undefined
  coalesce: ((...args: Args) => string | undefined) | undefined
  key: ((...args: Args) => string) | undefined
  idempotent: ((...args: Args) => boolean) | undefined
  /** Which calls `hedge` may double; as `idempotent` where it isn't set. */
  hedgeable?: (...args: Args) => boolean
}

const check = optionChecks('resilience')
const functions = ['fallback', 'coalesce', 'key', 'idempotent'] as const
const keys: readonly string[] = [...policyKeys, ...functions, 'policy', 'lastGood']

/** Fills in the defaults and refuses what cannot work. */
export function resolveBreaker<Args extends unknown[], T>(
  name: string,
  options: BreakerOptions<Args, T>
): BreakerPolicy<Args, T> {
  const at = `${name}.`
  check.keys(name, options, keys)
  for (const option of functions) {
    if (options[option] !== undefined) check.fn(`${at}${option}`, options[option])
  }
  return {
    ...resolvePolicy(at, options),
    fallback: options.fallback,
    coalesce: options.coalesce,
    key: options.key,
    idempotent: options.idempotent,
    lastGood: options.lastGood && resolveLastGood(`${at}lastGood`, options.lastGood)
  }
}

function resolveLastGood<Args extends unknown[]>(
  at: string,
  { maxAge, key, maxEntries = 1000, ...others }: LastGoodOptions<Args>
): Required<LastGoodOptions<Args>> {
  check.keys(at, others, ['maxAge', 'key', 'maxEntries'])
  check.fn(`${at}.key`, key)
  return {
    maxAge: check.number(`${at}.maxAge`, maxAge, { min: 1, unit: 'milliseconds' }),
    maxEntries: check.integer(`${at}.maxEntries`, maxEntries, { min: 1 }),
    key
  }
}
