import { type Complete, MAX_DELAY, optionChecks } from '@seaworthy/internal'
import type { FailureClassifier, Outcome } from '../call/outcome.ts'
import type { FailureKind } from '../errors/resilience-error.ts'
import { withDefaults } from '../merge-options.ts'
import { type BulkheadOptions, type BulkheadPolicy, resolveBulkhead } from '../strategies/bulkhead-options.ts'
import {
  type HedgeOptions,
  type RetryOptions,
  type RetryPolicy,
  resolveHedge,
  resolveRetry
} from '../strategies/retry-options.ts'
import {
  circuitDefaults,
  type CircuitOptions,
  type CircuitPolicy,
  resolveCircuit
} from '../circuit/circuit-options.ts'
import { type Health, resolveHealth } from './health.ts'

/**
 * The strategies around a call, from the outermost to the innermost, whatever their order in the options.
 *
 * @example
 * const slow: PolicyOptions = { timeout: 10_000, retry: false }
 * await app.register(resilience, { policies: { slow } })
 */
export interface PolicyOptions extends CircuitOptions {
  /**
   * The kinds of failure that the last good value or the fallback replaces.
   *
   * @defaultValue ['open', 'full', 'timeout', 'upstream']
   */
  fallbackOn?: readonly ('open' | 'full' | 'timeout' | 'upstream')[] | undefined

  /**
   * The time limit of the fallback. Milliseconds, 1 to 2147483647.
   *
   * @defaultValue The `timeout` of an attempt, at most 10000
   * @throws RangeError outside that range.
   */
  fallbackTimeout?: number | undefined

  /**
   * The time limit of all attempts together, with a body that is read by `json()`, `text()` or `formData()`; the
   * request's deadline may be earlier. Milliseconds, 1 to 2147483647. `false` is no limit.
   *
   * @defaultValue 30000
   * @throws RangeError outside that range.
   */
  totalTimeout?: number | false | undefined

  /**
   * The longest wait for the next part of a body of `fetch` that is read as a stream, or by `arrayBuffer()`, `blob()` or
   * `bytes()`: a download may take longer than `totalTimeout` and than the default deadline, as long as it flows. A
   * deadline of the route or of the caller still ends it. Milliseconds, 1 to 2147483647. `false` is no limit.
   *
   * @defaultValue `totalTimeout`
   * @throws RangeError outside that range.
   */
  bodyTimeout?: number | false | undefined

  /**
   * Retries calls that failed or timed out: `true`, a number of retries from 0 to 10, or options. Only for calls that
   * may safely happen twice.
   *
   * @defaultValue false
   */
  retry?: boolean | number | RetryOptions | undefined

  /**
   * Starts a second attempt if the first one is slow. Only for calls that may safely happen twice. It shares the budget
   * of `retry`, or has that budget's defaults without `retry`.
   *
   * @defaultValue false
   */
  hedge?: false | HedgeOptions | undefined

  /**
   * Limits the number of concurrent calls: a number, at least 1, or options.
   *
   * @defaultValue false
   */
  bulkhead?: false | number | BulkheadOptions | undefined

  /**
   * The time limit of one attempt; its signal aborts then. Milliseconds, 1 to 2147483647. `false` is no limit.
   *
   * @defaultValue 10000
   * @throws RangeError outside that range.
   */
  timeout?: number | false | undefined

  /**
   * Decides whether an error or result is a failure, a success, or is ignored. `undefined` leaves it to the default:
   * errors are failures, except bugs in the app and errors by which the service answers that the request is wrong: a
   * status from 400 to 499 other than 408 and 429, such a code of gRPC, a violated constraint of a database. If it
   * throws, the call fails and is not counted.
   *
   * @defaultValue None: the default decides
   */
  isFailure?: ((error: unknown, result: unknown) => boolean | Outcome | undefined) | undefined

  /**
   * The number of keys with a separate breaker, at least 1. A new key replaces the one that was not used for the
   * longest time.
   *
   * @defaultValue 1000
   * @throws RangeError below 1.
   */
  maxKeys?: number | undefined

  /**
   * The time after which an unused key loses its breaker. Milliseconds, 1 to 2147483647.
   *
   * @defaultValue 600000
   * @throws RangeError outside that range.
   */
  idleTimeout?: number | undefined

  /**
   * Adds the breaker to the readiness report. With `critical: true` an open breaker makes the service not ready, until
   * it is half-open. In the modes `observe` and `off` a breaker never does.
   *
   * @defaultValue None: no check
   */
  health?: { critical?: boolean } | undefined
}

export interface Policy extends CircuitPolicy {
  fallbackOn: ReadonlySet<FailureKind>
  fallbackTimeout: number
  totalTimeout: number
  bodyTimeout: number
  retry: RetryPolicy | undefined
  hedge: HedgeOptions | undefined
  bulkhead: BulkheadPolicy | undefined
  timeout: number
  isFailure: FailureClassifier | undefined
  maxKeys: number
  idleTimeout: number
  health: Health | undefined
}

const kinds = ['open', 'full', 'timeout', 'upstream'] as const
type Computed = 'fallbackTimeout' | 'bodyTimeout' | 'isFailure' | 'health'

export const policyDefaults: typeof circuitDefaults &
  Complete<Omit<PolicyOptions, Computed | keyof CircuitOptions>> &
  Record<Computed, undefined> = {
  ...circuitDefaults,
  fallbackOn: kinds,
  fallbackTimeout: undefined,
  totalTimeout: 30_000,
  bodyTimeout: undefined,
  retry: false,
  hedge: false,
  bulkhead: false,
  timeout: 10_000,
  isFailure: undefined,
  maxKeys: 1000,
  idleTimeout: 600_000,
  health: undefined
}

/** The names of all options of a policy. */
export const policyKeys: readonly string[] = Object.keys(policyDefaults)

const check = optionChecks('resilience')
const milliseconds = { min: 1, max: MAX_DELAY, unit: 'milliseconds' }

/** Applies the defaults and checks the values. `at` ends with a dot or is empty. */
export function resolvePolicy(at: string, options: PolicyOptions): Policy {
  const values = withDefaults(policyDefaults, options)
  const { fallbackOn, isFailure, health } = values
  const limit = (name: 'timeout' | 'totalTimeout' | 'bodyTimeout', value = values[name]): number => {
    return value === false ? Infinity : check.number(`${at}${name}`, value, milliseconds)
  }
  if (!Array.isArray(fallbackOn)) check.fail(`${at}fallbackOn`, 'an array', fallbackOn)
  for (const kind of fallbackOn) check.oneOf(`${at}fallbackOn`, kind, kinds)
  if (isFailure !== undefined) check.fn(`${at}isFailure`, isFailure)
  const timeout = limit('timeout')
  const fallbackTimeout = values.fallbackTimeout ?? Math.min(timeout, 10_000)

  return {
    ...resolveCircuit(at, options, check),
    fallbackOn: new Set<FailureKind>(fallbackOn),
    fallbackTimeout: check.number(`${at}fallbackTimeout`, fallbackTimeout, milliseconds),
    totalTimeout: limit('totalTimeout'),
    bodyTimeout: limit('bodyTimeout', values.bodyTimeout ?? values.totalTimeout),
    retry: resolveRetry(`${at}retry`, values.retry, check),
    hedge: resolveHedge(`${at}hedge`, values.hedge, check),
    bulkhead: resolveBulkhead(`${at}bulkhead`, values.bulkhead, check),
    timeout,
    isFailure,
    maxKeys: check.integer(`${at}maxKeys`, values.maxKeys, { min: 1 }),
    idleTimeout: check.number(`${at}idleTimeout`, values.idleTimeout, milliseconds),
    health: health && resolveHealth(`${at}health`, health)
  }
}
