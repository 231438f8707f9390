import { optionChecks } from '@seaworthy/internal'
import type { FailureKind } from '../errors.ts'
import { type BulkheadOptions, type BulkheadPolicy, resolveBulkhead } from '../strategies/bulkhead-options.ts'
import { type CircuitOptions, type CircuitPolicy, circuitKeys, resolveCircuit } from './circuit-options.ts'
import {
  type HedgeOptions,
  type RetryOptions,
  type RetryPolicy,
  resolveHedge,
  resolveRetry
} from '../strategies/retry-options.ts'

/** What one outcome means to the breaker. `true` is a failure, `false` a success. */
export type Outcome = 'failure' | 'success' | 'ignore'

/** How calls are guarded; the layers always stand in the order of their names here, the first one outermost. */
export interface PolicyOptions extends CircuitOptions {
  /**
   * Which failures may be answered with the last good value or the fallback.
   *
   * @defaultValue ['open', 'full', 'timeout', 'upstream']
   */
  fallbackOn?: readonly ('open' | 'full' | 'timeout' | 'upstream')[]

  /**
   * How long the fallback may take, in milliseconds.
   *
   * @defaultValue the timeout of a call
   */
  fallbackTimeout?: number

  /**
   * How long all tries together may take, in milliseconds. The request's deadline may be nearer. `false` is no limit.
   *
   * @defaultValue 30000
   */
  totalTimeout?: number | false

  /**
   * Tries again what failed or took too long: `true`, how many times, or options. Only for calls that may safely
   * happen twice.
   *
   * @defaultValue false
   */
  retry?: boolean | number | RetryOptions

  /**
   * Starts a second try when the first one is slow. Only for calls that may safely happen twice; needs a budget of
   * `retry`, or the default one.
   *
   * @defaultValue false
   */
  hedge?: false | HedgeOptions

  /**
   * How many calls may be at work at the same time: a number or options.
   *
   * @defaultValue false
   */
  bulkhead?: false | number | BulkheadOptions

  /**
   * How long one try may take, in milliseconds; then its signal is aborted. `false` is no limit.
   *
   * @defaultValue 10000
   */
  timeout?: number | false

  /**
   * What an outcome means: a failure, a success, or nothing. `undefined` leaves it to the default: an error is a
   * failure, unless it has a status from 400 to 499 (408 and 429 are failures) or is a mistake in the code.
   */
  isFailure?: (error: unknown, result: unknown) => boolean | Outcome | undefined

  /**
   * How many keys may have a breaker of their own; the one unused for longest makes room. At least 1.
   *
   * @defaultValue 1000
   */
  maxKeys?: number

  /**
   * A key that is unused for this long loses its breaker, in milliseconds.
   *
   * @defaultValue 600000
   */
  idleTimeout?: number

  /** Shows the breaker in the readiness report; with `critical: true` an open one makes the service not ready. */
  health?: { critical?: boolean }
}

export interface Policy extends CircuitPolicy {
  fallbackOn: ReadonlySet<FailureKind>
  fallbackTimeout: number
  totalTimeout: number
  retry: RetryPolicy | undefined
  hedge: HedgeOptions | undefined
  bulkhead: BulkheadPolicy | undefined
  timeout: number
  isFailure: PolicyOptions['isFailure']
  maxKeys: number
  idleTimeout: number
  health: { critical: boolean } | undefined
}

const check = optionChecks('resilience')
const ownKeys = [
  'fallbackOn',
  'fallbackTimeout',
  'totalTimeout',
  'retry',
  'hedge',
  'bulkhead',
  'timeout'
] as const
const otherKeys = ['isFailure', 'maxKeys', 'idleTimeout', 'health'] as const
export const policyKeys: readonly string[] = [...ownKeys, ...otherKeys, ...circuitKeys]
const kinds = ['open', 'full', 'timeout', 'upstream'] as const
const milliseconds = { min: 1, max: 2 ** 31 - 1, unit: 'milliseconds' }

/** Fills in the defaults and refuses what cannot work. `at` ends with a dot or is empty. */
export function resolvePolicy(at: string, options: PolicyOptions): Policy {
  const { isFailure, health } = options
  const limit = (name: 'timeout' | 'totalTimeout', initial: number): number => {
    const value = options[name] ?? initial
    return value === false ? Infinity : check.number(`${at}${name}`, value, milliseconds)
  }
  const { fallbackOn = kinds } = options
  if (!Array.isArray(fallbackOn)) check.fail(`${at}fallbackOn`, 'an array', fallbackOn)
  for (const kind of fallbackOn) check.oneOf(`${at}fallbackOn`, kind, kinds)
  if (isFailure !== undefined) check.fn(`${at}isFailure`, isFailure)
  const timeout = limit('timeout', 10_000)
  const fallbackTimeout = options.fallbackTimeout ?? Math.min(timeout, 10_000)

  return {
    ...resolveCircuit(at, options, check),
    fallbackOn: new Set<FailureKind>(fallbackOn),
    fallbackTimeout: check.number(`${at}fallbackTimeout`, fallbackTimeout, milliseconds),
    totalTimeout: limit('totalTimeout', 30_000),
    retry: resolveRetry(`${at}retry`, options.retry ?? false, check),
    hedge: resolveHedge(`${at}hedge`, options.hedge ?? false, check),
    bulkhead: resolveBulkhead(`${at}bulkhead`, options.bulkhead ?? false, check),
    timeout,
    isFailure,
    maxKeys: check.integer(`${at}maxKeys`, options.maxKeys ?? 1000, { min: 1 }),
    idleTimeout: check.number(`${at}idleTimeout`, options.idleTimeout ?? 600_000, milliseconds),
    health: health === undefined ? undefined : resolveHealth(at, health)
  }
}

function resolveHealth(at: string, { critical = false, ...others }: { critical?: boolean }) {
  check.keys(`${at}health`, others, ['critical'])
  return { critical: check.boolean(`${at}health.critical`, critical) }
}

/** The second set's options over the first one's; `undefined` is not given. */
export function merged<T extends object>(base: T, over: T): T {
  const given = Object.entries(over).filter(([, value]) => value !== undefined)
  return { ...base, ...Object.fromEntries(given) }
}
