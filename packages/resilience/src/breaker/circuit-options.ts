import type { OptionChecks } from '@seaworthy/internal'

/** When a breaker opens, for how long, and how it comes back. */
export interface CircuitOptions {
  /**
   * `enforce` turns calls away while open. `observe` lets all pass and only counts what it would have done.
   * `off` lets all pass and counts nothing against the service.
   *
   * @defaultValue 'enforce'
   */
  mode?: 'enforce' | 'observe' | 'off'

  /**
   * `ratio` opens at `errorThresholdPercentage`. `adaptive` never opens: it turns away about as many calls as the
   * service lately failed, which suits a service that is overloaded rather than down.
   *
   * @defaultValue 'ratio'
   */
  strategy?: 'ratio' | 'adaptive'

  /**
   * The percentage of failures at which the breaker opens, from 1 to 100.
   *
   * @defaultValue 50
   */
  errorThresholdPercentage?: number

  /**
   * How many calls must have ended inside the window before the percentage counts. At least 1.
   *
   * @defaultValue 20
   */
  volumeThreshold?: number

  /**
   * How far the window looks back, in milliseconds.
   *
   * @defaultValue 10000
   */
  rollingCountTimeout?: number

  /** Opens after this many failures in a row, instead of by percentage. At least 1. */
  consecutive?: number

  /** A call that takes at least this long, in milliseconds, is slow. Unset, slowness alone opens nothing. */
  slowCall?: number

  /**
   * The percentage of slow calls at which the breaker opens, from 1 to 100.
   *
   * @defaultValue 80
   */
  slowCallThresholdPercentage?: number

  /**
   * How long the breaker stays open before one call tries the service again, in milliseconds. Doubles each time
   * that call fails; a tenth more or less, by chance.
   *
   * @defaultValue 30000
   */
  resetTimeout?: number

  /**
   * The longest it stays open, in milliseconds. At least `resetTimeout`.
   *
   * @defaultValue ten times resetTimeout
   */
  maxResetTimeout?: number

  /**
   * After it closes, two calls at a time may pass, then four, until this many. `0` lets all pass at once.
   *
   * @defaultValue 16
   */
  ramp?: number
}

export interface CircuitPolicy {
  mode: 'enforce' | 'observe' | 'off'
  strategy: 'ratio' | 'adaptive'
  errorThresholdPercentage: number
  volumeThreshold: number
  rollingCountTimeout: number
  consecutive: number | undefined
  slowCall: number | undefined
  slowCallThresholdPercentage: number
  resetTimeout: number
  maxResetTimeout: number
  ramp: number
}

export const circuitKeys = [
  'mode',
  'strategy',
  'errorThresholdPercentage',
  'volumeThreshold',
  'rollingCountTimeout',
  'consecutive',
  'slowCall',
  'slowCallThresholdPercentage',
  'resetTimeout',
  'maxResetTimeout',
  'ramp'
] as const

const milliseconds = { min: 1, max: 2 ** 31 - 1, unit: 'milliseconds' }

/** Fills in the defaults and refuses what cannot work. */
export function resolveCircuit(at: string, options: CircuitOptions, check: OptionChecks): CircuitPolicy {
  const { consecutive, slowCall, resetTimeout = 30_000 } = options
  const { maxResetTimeout = Math.min(resetTimeout * 10, milliseconds.max) } = options
  const percentage = (name: 'errorThresholdPercentage' | 'slowCallThresholdPercentage', initial: number) =>
    check.number(`${at}${name}`, options[name] ?? initial, { min: 1, max: 100 })
  check.number(`${at}resetTimeout`, resetTimeout, milliseconds)

  return {
    mode: check.oneOf(`${at}mode`, options.mode ?? 'enforce', ['enforce', 'observe', 'off']),
    strategy: check.oneOf(`${at}strategy`, options.strategy ?? 'ratio', ['ratio', 'adaptive']),
    errorThresholdPercentage: percentage('errorThresholdPercentage', 50),
    volumeThreshold: check.integer(`${at}volumeThreshold`, options.volumeThreshold ?? 20, { min: 1 }),
    rollingCountTimeout: check.number(`${at}rollingCountTimeout`, options.rollingCountTimeout ?? 10_000, {
      ...milliseconds,
      min: 10
    }),
    consecutive:
      consecutive === undefined ? undefined : check.integer(`${at}consecutive`, consecutive, { min: 1 }),
    slowCall:
      slowCall === undefined ? undefined : check.number(`${at}slowCall`, slowCall, { ...milliseconds }),
    slowCallThresholdPercentage: percentage('slowCallThresholdPercentage', 80),
    resetTimeout,
    maxResetTimeout: check.number(`${at}maxResetTimeout`, maxResetTimeout, {
      ...milliseconds,
      min: resetTimeout
    }),
    ramp: check.integer(`${at}ramp`, options.ramp ?? 16, { min: 0, max: 65_536 })
  }
}
