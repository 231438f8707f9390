import { type Complete, MAX_DELAY, type OptionChecks } from '@seaworthy/internal'
import { withDefaults } from '../merge-options.ts'

/**
 * When a breaker opens, how long it stays open, and how it recovers.
 *
 * @example
 * const circuit: CircuitOptions = { consecutive: 5, resetTimeout: 10_000 }
 * app.resilience.breaker('prices', async () => 42, circuit)
 */
export interface CircuitOptions {
  /**
   * `enforce` rejects calls while the breaker is open. `observe` admits all calls and counts those that it would have
   * rejected. `off` admits all calls and never opens.
   *
   * @defaultValue 'enforce'
   */
  mode?: 'enforce' | 'observe' | 'off' | undefined

  /**
   * `ratio` opens at `errorThresholdPercentage`. `adaptive` does not open by percentage: it rejects about as many calls
   * as lately failed, which suits a service that is overloaded rather than down.
   *
   * @defaultValue 'ratio'
   */
  strategy?: 'ratio' | 'adaptive' | undefined

  /**
   * The share of failed calls at which the breaker opens. Percent, 1 to 100.
   *
   * @defaultValue 50
   * @throws RangeError outside that range.
   */
  errorThresholdPercentage?: number | undefined

  /**
   * The number of calls that must have ended within the window before a percentage counts, at least 1.
   *
   * @defaultValue 20
   * @throws RangeError below 1.
   */
  volumeThreshold?: number | undefined

  /**
   * The length of the window in which calls are counted. Milliseconds, 10 to 2147483647.
   *
   * @defaultValue 10000
   * @throws RangeError outside that range.
   */
  rollingCountTimeout?: number | undefined

  /**
   * Opens after this number of failures in a row, instead of by percentage. At least 1.
   *
   * @defaultValue None: the percentage decides
   * @throws RangeError below 1.
   */
  consecutive?: number | undefined

  /**
   * The duration from which on a call is slow. Milliseconds, 1 to 2147483647.
   *
   * @defaultValue None: slow calls do not open the breaker
   * @throws RangeError outside that range.
   */
  slowCall?: number | undefined

  /**
   * The share of slow calls at which the breaker opens. Percent, 1 to 100.
   *
   * @defaultValue 80
   * @throws RangeError outside that range.
   */
  slowCallThresholdPercentage?: number | undefined

  /**
   * How long the breaker stays open before one call, the probe, tests the service. Doubled each time that the probe
   * fails, and varied by up to a tenth at random. Milliseconds, 1 to 2147483647.
   *
   * @defaultValue 30000
   * @throws RangeError outside that range.
   */
  resetTimeout?: number | undefined

  /**
   * The longest time that the breaker stays open. Milliseconds, `resetTimeout` to 2147483647.
   *
   * @defaultValue Ten times `resetTimeout`
   * @throws RangeError outside that range.
   */
  maxResetTimeout?: number | undefined

  /**
   * Concurrent calls after the breaker has closed: two at first, then four, doubling up to this number; then all calls
   * are admitted. A number of calls, 0 to 65536; below 2 all calls are admitted at once.
   *
   * @defaultValue 16
   * @throws RangeError outside that range.
   */
  ramp?: number | undefined
}

type Computed = 'consecutive' | 'slowCall' | 'maxResetTimeout'
export type CircuitPolicy = Complete<Omit<CircuitOptions, 'consecutive' | 'slowCall'>> & {
  consecutive: number | undefined
  slowCall: number | undefined
}

export const circuitDefaults: Complete<Omit<CircuitOptions, Computed>> & Record<Computed, undefined> = {
  mode: 'enforce',
  strategy: 'ratio',
  errorThresholdPercentage: 50,
  volumeThreshold: 20,
  rollingCountTimeout: 10_000,
  consecutive: undefined,
  slowCall: undefined,
  slowCallThresholdPercentage: 80,
  resetTimeout: 30_000,
  maxResetTimeout: undefined,
  ramp: 16
}

const percent = { min: 1, max: 100 }
const milliseconds = { min: 1, max: MAX_DELAY, unit: 'milliseconds' }

/** Applies the defaults and checks the values. */
export function resolveCircuit(at: string, options: CircuitOptions, check: OptionChecks): CircuitPolicy {
  const values = withDefaults(circuitDefaults, options)
  type Numbers = {
    [K in keyof CircuitPolicy]: number extends CircuitPolicy[K] ? K : never
  }[keyof CircuitPolicy]
  const number = (name: Numbers, rule: object): number => check.number(`${at}${name}`, values[name], rule)
  const integer = (name: Numbers, rule: object): number => check.integer(`${at}${name}`, values[name], rule)
  const resetTimeout = number('resetTimeout', milliseconds)
  values.maxResetTimeout ??= Math.min(resetTimeout * 10, MAX_DELAY)

  return {
    mode: check.oneOf(`${at}mode`, values.mode, ['enforce', 'observe', 'off']),
    strategy: check.oneOf(`${at}strategy`, values.strategy, ['ratio', 'adaptive']),
    errorThresholdPercentage: number('errorThresholdPercentage', percent),
    volumeThreshold: integer('volumeThreshold', { min: 1 }),
    rollingCountTimeout: number('rollingCountTimeout', { ...milliseconds, min: 10 }),
    consecutive: values.consecutive === undefined ? undefined : integer('consecutive', { min: 1 }),
    slowCall: values.slowCall === undefined ? undefined : number('slowCall', milliseconds),
    slowCallThresholdPercentage: number('slowCallThresholdPercentage', percent),
    resetTimeout,
    maxResetTimeout: number('maxResetTimeout', { ...milliseconds, min: resetTimeout }),
    ramp: integer('ramp', { min: 0, max: 65_536 })
  }
}
