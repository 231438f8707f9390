import { MAX_DELAY, type OptionChecks } from '@seaworthy/internal'
import { withDefaults } from '../merge-options.ts'

/** The time limit of each request, and the header that carries it. */
export interface DeadlineOptions {
  /**
   * The header that carries the remaining time, on arriving requests and on outgoing calls. `grpc-timeout` is read and
   * written in gRPC's format (`250m`), any other header in milliseconds. `false` turns the header off.
   *
   * @defaultValue 'x-envoy-expected-rq-timeout-ms'
   * @throws RangeError for an empty name.
   */
  header?: string | false

  /**
   * The time limit of a request without a valid header. Milliseconds, 1 to 2147483647.
   *
   * @defaultValue 30000, or `max` if that is less
   * @throws RangeError outside that range.
   */
  default?: number

  /**
   * The longest time limit that the header can set. Milliseconds, 1 to 2147483647.
   *
   * @defaultValue 60000
   * @throws RangeError outside that range.
   */
  max?: number

  /**
   * Whether the header of arriving requests sets their time limit, up to `max`.
   *
   * @defaultValue true
   */
  accept?: boolean

  /**
   * Whether `resilience.fetch` sends the header.
   *
   * @defaultValue true
   */
  propagate?: boolean
}

export type DeadlinePolicy = Required<DeadlineOptions>

export const deadlineDefaults: DeadlinePolicy = {
  header: 'x-envoy-expected-rq-timeout-ms',
  default: 30_000,
  max: 60_000,
  accept: true,
  propagate: true
}

const milliseconds = { min: 1, max: MAX_DELAY, unit: 'milliseconds' }

/** Applies the defaults and refuses wrong values. */
export function resolveDeadline(options: DeadlineOptions, check: OptionChecks): DeadlinePolicy {
  check.keys('deadline', options, Object.keys(deadlineDefaults))
  const { header, max, accept, propagate } = withDefaults(deadlineDefaults, options)
  const limit = options.default ?? Math.min(deadlineDefaults.default, max)
  if (header !== false) check.string('deadline.header', header)
  return {
    header: header === false ? false : header.toLowerCase(),
    default: check.number('deadline.default', limit, milliseconds),
    max: check.number('deadline.max', max, milliseconds),
    accept: check.boolean('deadline.accept', accept),
    propagate: check.boolean('deadline.propagate', propagate)
  }
}
