import type { OptionChecks } from '@seaworthy/internal'

/** How much time a request has. */
export interface DeadlineOptions {
  /**
   * The header that carries the time that is left, both ways. `grpc-timeout` is read and written in its own format
   * (`250m`), any other one in milliseconds. `false` for none.
   *
   * @defaultValue 'x-envoy-expected-rq-timeout-ms'
   */
  header?: string | false

  /**
   * Milliseconds that a request has when the header says nothing.
   *
   * @defaultValue 30000
   */
  default?: number

  /**
   * The most that the header may ask for, in milliseconds.
   *
   * @defaultValue 60000
   */
  max?: number

  /**
   * Whether the header is believed on arriving requests. It can only shorten a caller's own time, up to `max`.
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

const milliseconds = { min: 1, max: 2 ** 31 - 1, unit: 'milliseconds' }

/** Fills in the defaults and refuses what cannot work. */
export function resolveDeadline(options: DeadlineOptions, check: OptionChecks): DeadlinePolicy {
  const { header = 'x-envoy-expected-rq-timeout-ms', max = 60_000, accept = true, propagate = true } = options
  const { default: initial = Math.min(30_000, max) } = options
  check.keys('deadline', options, ['header', 'default', 'max', 'accept', 'propagate'])
  if (header !== false) check.string('deadline.header', header)
  return {
    header: header === false ? false : header.toLowerCase(),
    default: check.number('deadline.default', initial, milliseconds),
    max: check.number('deadline.max', max, milliseconds),
    accept: check.boolean('deadline.accept', accept),
    propagate: check.boolean('deadline.propagate', propagate)
  }
}
