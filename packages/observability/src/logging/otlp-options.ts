import { assertOptionsObject, check, optionNames, type Defaults } from '../check.ts'
import {
  connectionDefaults,
  resolveConnection,
  type OtlpConnectionOptions,
  type ResolvedConnection
} from '../otlp/connection.ts'
import type { Encoder } from '../otlp/data.ts'
import { encoders } from '../otlp/load.cjs'
import { integerVariable, isPushed, otelVariable, type OtlpVariable } from '../otlp/environment.ts'

/**
 * The collector to which the lines of the log are pushed, beside the log's own output.
 *
 * @example
 * const otlp: OtlpLogsOptions = { url: 'http://collector:4318/v1/logs', compression: 'gzip' }
 * await app.register(observability, { logging: { otlp } })
 */
export interface OtlpLogsOptions extends OtlpConnectionOptions {
  /**
   * The time after which lines are pushed, if a batch is not full before. Milliseconds, 100 to 60000.
   *
   * @defaultValue `OTEL_BLRP_SCHEDULE_DELAY`, else 1000
   * @throws RangeError for a number outside that range.
   */
  interval?: number | undefined

  /**
   * How many lines may wait for the collector, 1 to 100000, and 8 MB of text at most. Further ones are only in the log,
   * and counted in `otlp_log_records_dropped_total`.
   *
   * @defaultValue `OTEL_BLRP_MAX_QUEUE_SIZE`, else 2048
   * @throws RangeError for a number outside that range.
   */
  maxQueueSize?: number | undefined

  /**
   * How many lines a push has at most, 1 to `maxQueueSize`.
   *
   * @defaultValue `OTEL_BLRP_MAX_EXPORT_BATCH_SIZE`, else 512, or `maxQueueSize` if that is less
   * @throws RangeError for a number outside that range.
   */
  maxBatchSize?: number | undefined
}

const names = optionNames<OtlpLogsOptions>({
  url: true,
  headers: true,
  protocol: true,
  compression: true,
  timeout: true,
  interval: true,
  maxQueueSize: true,
  maxBatchSize: true
})

export const otlpLogsDefaults: Defaults<OtlpLogsOptions, 'url' | 'headers'> = {
  ...connectionDefaults,
  interval: 1000,
  maxQueueSize: 2048,
  maxBatchSize: 512
}

export interface ResolvedOtlpLogs extends ResolvedConnection {
  encoder: Encoder
  interval: number
  maxQueueSize: number
  maxBatchSize: number
}

/**
 * The options, else OpenTelemetry's variables, else the defaults. `undefined` where no lines are pushed.
 *
 * @throws RangeError for an option or a variable that cannot work.
 */
export function resolveOtlpLogs(option: OtlpLogsOptions | false | undefined): ResolvedOtlpLogs | undefined {
  const options = option === false || option === undefined ? {} : option
  assertOptionsObject('logging.otlp', options)
  check.keys('logging.otlp', options, names)
  if (!isPushed('logs', option)) return undefined
  const connection = resolveConnection('logging.otlp', 'logs', options)
  const size = { min: 1, max: 100_000 }
  const maxQueueSize =
    integerOf('maxQueueSize', options.maxQueueSize, otelVariable('OTEL_BLRP_MAX_QUEUE_SIZE'), size) ??
    otlpLogsDefaults.maxQueueSize
  const batch = otelVariable('OTEL_BLRP_MAX_EXPORT_BATCH_SIZE')
  const delay = otelVariable('OTEL_BLRP_SCHEDULE_DELAY')
  const time = { min: 100, max: 60_000, unit: 'milliseconds' }
  return {
    ...connection,
    encoder: encoders().encoderFor('logging.otlp', connection),
    interval: integerOf('interval', options.interval, delay, time) ?? otlpLogsDefaults.interval,
    maxQueueSize,
    maxBatchSize:
      integerOf('maxBatchSize', options.maxBatchSize, batch, { min: 1, max: maxQueueSize }) ??
      Math.min(otlpLogsDefaults.maxBatchSize, maxQueueSize)
  }
}

const integerOf = (
  name: string,
  value: number | undefined,
  variable: OtlpVariable | undefined,
  rule: { min: number; max: number; unit?: string }
): number | undefined =>
  value === undefined ? integerVariable(variable, rule) : check.integer(`logging.otlp.${name}`, value, rule)
