import { type Complete, optionChecks } from '@seaworthy/internal'
import { withDefaults } from '../merge-options.ts'
import type { Fallback } from '../strategies/fallback.ts'
import { lastGoodDefaults, type LastGoodOptions } from '../strategies/last-good.ts'
import { Callbacks } from './callbacks.ts'
import { type Policy, type PolicyOptions, policyKeys, resolvePolicy } from './policy-options.ts'
import { renamedOptions } from './renamed-options.ts'

/**
 * Options of a breaker: those of a policy, and those that depend on the guarded function.
 *
 * @example
 * const options: BreakerOptions<[item: string], number> = { timeout: 3000, fallback: () => 0, key: (item) => item }
 * const prices = app.resilience.breaker('prices', async (_context: CallContext, _item: string) => 42, options)
 * app.get('/', (request) => prices.call(request, 'book'))
 */
export interface BreakerOptions<Args extends unknown[] = unknown[], T = unknown> extends PolicyOptions {
  /**
   * The name of a policy. Options of the breaker override it.
   *
   * @defaultValue None: only the plugin's `defaults` apply
   * @throws Error if there is no policy of that name.
   */
  policy?: string | undefined

  /**
   * Provides the result of a failed call, which is marked as degraded. To let the call fail, throw.
   *
   * @defaultValue None: the call fails
   */
  fallback?: Fallback<Args, T> | undefined

  /**
   * Replaces a failed call by the latest successful result with the same key; before `fallback`. The result is not
   * copied: do not change it.
   *
   * @defaultValue None: no result is stored
   */
  lastGood?: LastGoodOptions<Args> | undefined

  /**
   * Makes one call of those that have the same key and are pending at the same time. For `undefined` the call is made
   * separately.
   *
   * @defaultValue None: each call is made
   */
  coalesce?: ((...args: Args) => string | undefined) | undefined

  /**
   * Gives each key (a host, a shard) a separate breaker and bulkhead. If the function throws, the call fails. The key is
   * in log lines and on the management listener, never in a metric's label.
   *
   * @defaultValue None: one breaker for all calls
   */
  key?: ((...args: Args) => string) | undefined

  /**
   * Whether a call may safely happen twice. Evaluated before `retry` and `hedge`.
   *
   * @defaultValue None: every call may
   */
  idempotent?: ((...args: Args) => boolean) | undefined
}

export interface BreakerPolicy<Args extends unknown[], T> extends Policy {
  fallback: Fallback<Args, T> | undefined
  lastGood: Complete<LastGoodOptions<Args>> | undefined
  coalesce: ((...args: Args) => string | undefined) | undefined
  key: ((...args: Args) => string) | undefined
  idempotent: ((...args: Args) => boolean) | undefined
  /** Which calls `hedge` may repeat. Without it: `idempotent`. */
  hedgeable?: (...args: Args) => boolean
}

const check = optionChecks('resilience')
const functions = ['fallback', 'coalesce', 'key', 'idempotent'] as const
const breakerOnly: Record<Exclude<keyof BreakerOptions, keyof PolicyOptions>, true> = {
  policy: true,
  fallback: true,
  lastGood: true,
  coalesce: true,
  key: true,
  idempotent: true
}
const breakerKeys: readonly string[] = [...policyKeys, ...Object.keys(breakerOnly)]

/** Applies the defaults and checks the values. */
export function resolveBreaker<Args extends unknown[], T>(
  name: string,
  options: BreakerOptions<Args, T>
): BreakerPolicy<Args, T> {
  check.keys(name, options, breakerKeys, renamedOptions)
  for (const option of functions) {
    if (options[option] !== undefined) check.fn(`${name}.${option}`, options[option])
  }
  const { fallback, coalesce, key, idempotent, lastGood } = options
  const callbacks = new Callbacks(name)
  const policy = resolvePolicy(`${name}.`, options)
  const { isFailure } = policy
  return {
    ...policy,
    isFailure: isFailure && callbacks.classifier('isFailure', isFailure),
    fallback,
    coalesce: coalesce && callbacks.key('coalesce', coalesce),
    // Calls without a key share a breaker.
    key: key && keyOrNone(callbacks.key('key', key)),
    idempotent: idempotent && callbacks.predicate('idempotent', idempotent),
    lastGood: lastGood && resolveLastGood(`${name}.lastGood`, lastGood, callbacks)
  }
}

const keyOrNone =
  <Args extends unknown[]>(keyOf: (...args: Args) => string | undefined) =>
  (...args: Args): string =>
    keyOf(...args) ?? 'undefined'

function resolveLastGood<Args extends unknown[]>(
  at: string,
  options: LastGoodOptions<Args>,
  callbacks: Callbacks
): Complete<LastGoodOptions<Args>> {
  check.keys(at, options, Object.keys(lastGoodDefaults))
  const { maxEntries } = withDefaults(lastGoodDefaults, options)
  check.fn(`${at}.key`, options.key)
  return {
    maxAge: check.number(`${at}.maxAge`, options.maxAge, { min: 1, unit: 'milliseconds' }),
    maxEntries: check.integer(`${at}.maxEntries`, maxEntries, { min: 1 }),
    key: callbacks.key('lastGood.key', options.key)
  }
}
