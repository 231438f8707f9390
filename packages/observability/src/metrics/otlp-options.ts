import { assertOptionsObject, check, optionNames, type Defaults } from '../check.ts'
import {
  connectionDefaults,
  resolveConnection,
  type OtlpConnectionOptions,
  type ResolvedConnection
} from '../otlp/connection.ts'
import type { Encoder } from '../otlp/data.ts'
import { encoders } from '../otlp/load.cjs'
import { integerVariable, isPushed, otelVariable } from '../otlp/environment.ts'

/**
 * The collector to which metrics are pushed, for platforms that accept OTLP and do not scrape.
 *
 * @example
 * const otlp: OtlpOptions = { url: 'http://collector:4318/v1/metrics', interval: 30_000 }
 * await app.register(observability, { metrics: { otlp } })
 */
export interface OtlpOptions extends OtlpConnectionOptions {
  /**
   * The time between two pushes. Milliseconds, at least 1000. There is one more push when the app closes.
   *
   * @defaultValue `OTEL_METRIC_EXPORT_INTERVAL`, else 60000
   * @throws RangeError for a smaller number.
   */
  interval?: number | undefined
}

const names = optionNames<OtlpOptions>({
  url: true,
  headers: true,
  protocol: true,
  compression: true,
  interval: true,
  timeout: true
})

export const otlpDefaults: Defaults<OtlpOptions, 'url' | 'headers'> = {
  ...connectionDefaults,
  interval: 60_000
}

export interface ResolvedOtlp extends ResolvedConnection {
  encoder: Encoder
  interval: number
}

/**
 * The options, else OpenTelemetry's variables, else the defaults. `undefined` where nothing is pushed.
 *
 * @throws RangeError for an option or a variable that cannot work.
 */
export function resolveOtlp(option: OtlpOptions | false | undefined): ResolvedOtlp | undefined {
  const options = option === false || option === undefined ? {} : option
  assertOptionsObject('metrics.otlp', options)
  check.keys('metrics.otlp', options, names)
  if (!isPushed('metrics', option)) return undefined
  const connection = resolveConnection('metrics.otlp', 'metrics', options)
  const rule = { min: 1000, unit: 'milliseconds' }
  return {
    ...connection,
    encoder: encoders().encoderFor('metrics.otlp', connection),
    interval:
      options.interval === undefined
        ? (integerVariable(otelVariable('OTEL_METRIC_EXPORT_INTERVAL'), rule) ?? otlpDefaults.interval)
        : check.integer('metrics.otlp.interval', options.interval, rule)
  }
}
