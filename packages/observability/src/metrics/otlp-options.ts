import { invalidOption, reveal, type Secret } from '@seaworthy/internal'
import { assertOptionsObject, check, optionNames, type Defaults } from '../check.ts'

/**
 * The collector to which metrics are pushed, for platforms that accept OTLP and do not scrape.
 *
 * @example
 * const otlp: OtlpOptions = { url: 'http://collector:4318/v1/metrics', interval: 30_000 }
 * await app.register(observability, { metrics: { otlp } })
 */
export interface OtlpOptions {
  /**
   * The address of the collector for metrics, such as `http://collector:4318/v1/metrics`: OTLP over HTTP, in JSON.
   *
   * @defaultValue none: it is required
   * @throws RangeError for anything but an http or https URL.
   */
  url: string

  /**
   * Headers of each push, such as the platform's API key.
   *
   * @defaultValue `{}`
   * @throws RangeError for a value of several lines.
   */
  headers?: Record<string, string | Secret> | undefined

  /**
   * The time between two pushes. Milliseconds, at least 1000. There is one more push when the app closes.
   *
   * @defaultValue 60000
   * @throws RangeError for a smaller number.
   */
  interval?: number | undefined

  /**
   * The time that a push may take. Milliseconds, 100 to 60000.
   *
   * @defaultValue 10000
   * @throws RangeError for a number outside that range.
   */
  timeout?: number | undefined
}

const names = optionNames<OtlpOptions>({ url: true, headers: true, interval: true, timeout: true })

export const otlpDefaults: Defaults<OtlpOptions, 'url'> = {
  headers: {},
  interval: 60_000,
  timeout: 10_000
}

export interface ResolvedOtlp {
  url: string
  headers: Record<string, string>
  interval: number
  timeout: number
}

/** Fills in the defaults. @throws RangeError for an option that cannot work. */
export function resolveOtlp(options: OtlpOptions): ResolvedOtlp {
  assertOptionsObject('metrics.otlp', options)
  check.keys('metrics.otlp', options, names)
  const { url } = options
  if (!/^https?:\/\/[^/\s]/.test(check.string('metrics.otlp.url', url)) || !URL.canParse(url)) {
    check.fail('metrics.otlp.url', 'an http or https URL', url)
  }
  const [interval, timeout] = [
    options.interval ?? otlpDefaults.interval,
    options.timeout ?? otlpDefaults.timeout
  ]
  return {
    url,
    headers: revealHeaders(options.headers ?? otlpDefaults.headers),
    interval: check.integer('metrics.otlp.interval', interval, { min: 1000, unit: 'milliseconds' }),
    timeout: check.integer('metrics.otlp.timeout', timeout, { min: 100, max: 60_000, unit: 'milliseconds' })
  }
}

function revealHeaders(headers: Record<string, string | Secret>): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]): [string, string] => {
    const text = reveal(value)
    if (typeof text !== 'string' || /[\r\n]/.test(text)) {
      throw invalidOption(`observability: "metrics.otlp.headers" must have text of one line under "${name}"`)
    }
    return [name, text]
  })
  return Object.fromEntries(entries)
}
