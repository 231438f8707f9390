import { reveal, type Secret } from '@seaworthy/internal'
import { check, section } from '../check.ts'

/** Where metrics are pushed to, for platforms that take OTLP and don't scrape. */
export interface OtlpOptions {
  /** The collector's address for metrics, as `http://collector:4318/v1/metrics`: OTLP over HTTP, in JSON. */
  url: string

  /**
   * Headers of each push, as a key of the platform's.
   *
   * @defaultValue `{}`
   */
  headers?: Record<string, string | Secret> | undefined

  /**
   * **Milliseconds** from one push to the next, from 1000. One more is made when the app closes.
   *
   * @defaultValue 60000
   */
  interval?: number | undefined

  /**
   * **Milliseconds** that a push may take, from 100 to a minute.
   *
   * @defaultValue 10000
   */
  timeout?: number | undefined
}

export interface ResolvedOtlp {
  url: string
  headers: Record<string, string>
  interval: number
  timeout: number
}

export function resolveOtlp(options: OtlpOptions): ResolvedOtlp {
  section('metrics.otlp', options)
  check.keys('metrics.otlp', options, ['url', 'headers', 'interval', 'timeout'])
  const { url, headers = {}, interval = 60_000, timeout = 10_000 } = options
  if (!/^https?:\/\/[^/\s]/.test(check.string('metrics.otlp.url', url)) || !URL.canParse(url)) {
    check.fail('metrics.otlp.url', 'an http or https URL', url)
  }
  const revealed = Object.entries(headers).map(([name, value]) => {
    const text = reveal(value)
    if (typeof text !== 'string' || /[\r\n]/.test(text)) {
      throw new RangeError(`observability: "metrics.otlp.headers" must have text of one line under "${name}"`)
    }
    return [name, text] as const
  })
  return {
    url,
    headers: Object.fromEntries(revealed),
    interval: check.integer('metrics.otlp.interval', interval, { min: 1000, unit: 'milliseconds' }),
    timeout: check.integer('metrics.otlp.timeout', timeout, { min: 100, max: 60_000, unit: 'milliseconds' })
  }
}
