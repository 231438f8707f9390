import { invalidOption, reveal, type Secret } from '@seaworthy/internal'
import { check, type Defaults } from '../check.ts'
import {
  exporterVariable,
  integerVariable,
  pairsVariable,
  wordVariable,
  type OtlpSignal,
  type OtlpVariable
} from './environment.ts'

/** How data are sent to a collector. What is not set comes from OpenTelemetry's variables. */
export interface OtlpConnectionOptions {
  /**
   * The address of the collector for this signal, such as `http://collector:4318/v1/metrics` or `…/v1/logs`. An http or
   * https URL; user and password belong into `headers`.
   *
   * @defaultValue `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` or `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT`, else `OTEL_EXPORTER_OTLP_ENDPOINT` with `/v1/metrics` or `/v1/logs`, else port 4318 of this machine
   * @throws RangeError for any other text.
   */
  url?: string | undefined

  /**
   * Headers of each push, such as the platform's API key.
   *
   * @defaultValue `OTEL_EXPORTER_OTLP_METRICS_HEADERS` or `OTEL_EXPORTER_OTLP_LOGS_HEADERS`, else `OTEL_EXPORTER_OTLP_HEADERS`
   * @throws RangeError for a name that no header has, or a value of several lines.
   */
  headers?: Record<string, string | Secret> | undefined

  /**
   * The encoding. `http/protobuf` needs the package `@opentelemetry/otlp-transformer`, which writes it.
   *
   * @defaultValue `OTEL_EXPORTER_OTLP_METRICS_PROTOCOL` or `OTEL_EXPORTER_OTLP_LOGS_PROTOCOL`, else `OTEL_EXPORTER_OTLP_PROTOCOL`, else 'http/json'
   * @throws RangeError for any other one, such as `grpc`, and where that package is missing.
   */
  protocol?: 'http/json' | 'http/protobuf' | undefined

  /**
   * The time that a push may take, with its retries. Milliseconds, 100 to 60000.
   *
   * @defaultValue `OTEL_EXPORTER_OTLP_METRICS_TIMEOUT` or `OTEL_EXPORTER_OTLP_LOGS_TIMEOUT`, else `OTEL_EXPORTER_OTLP_TIMEOUT`, else 10000
   * @throws RangeError for a number outside that range.
   */
  timeout?: number | undefined

  /**
   * Whether pushes are compressed.
   *
   * @defaultValue `OTEL_EXPORTER_OTLP_METRICS_COMPRESSION` or `OTEL_EXPORTER_OTLP_LOGS_COMPRESSION`, else `OTEL_EXPORTER_OTLP_COMPRESSION`, else 'none'
   * @throws RangeError for any other value.
   */
  compression?: 'gzip' | 'none' | undefined
}

export interface ResolvedConnection {
  url: string
  headers: Record<string, string>
  protocol: 'http/json' | 'http/protobuf'
  timeout: number
  compression: 'gzip' | 'none'
}

const protocols = ['http/json', 'http/protobuf'] as const
const compressions = ['gzip', 'none'] as const

export const connectionDefaults: Defaults<OtlpConnectionOptions, 'url' | 'headers'> = {
  protocol: 'http/json',
  timeout: 10_000,
  compression: 'none'
}

/** The options, else the variables, else the defaults. @throws RangeError for what cannot work. */
export function resolveConnection(
  option: string,
  signal: OtlpSignal,
  { url, headers, protocol, timeout, compression }: OtlpConnectionOptions
): ResolvedConnection {
  const variable = (name: string) => exporterVariable(signal, name)
  const rule = { min: 100, max: 60_000, unit: 'milliseconds' }
  const defaults = connectionDefaults
  return {
    url: url === undefined ? urlFromEnvironment(signal) : checkUrl(`${option}.url`, url),
    headers:
      headers === undefined
        ? headersFromEnvironment(variable('HEADERS'))
        : checkHeaders(`${option}.headers`, headers),
    protocol:
      protocol === undefined
        ? (wordVariable(variable('PROTOCOL'), protocols) ?? defaults.protocol)
        : check.oneOf(`${option}.protocol`, protocol, protocols),
    timeout:
      timeout === undefined
        ? (integerVariable(variable('TIMEOUT'), rule) ?? defaults.timeout)
        : check.integer(`${option}.timeout`, timeout, rule),
    compression:
      compression === undefined
        ? (wordVariable(variable('COMPRESSION'), compressions) ?? defaults.compression)
        : check.oneOf(`${option}.compression`, compression, compressions)
  }
}

function checkUrl(option: string, text: unknown): string {
  const isUrl = /^https?:\/\/[^/\s]/.test(check.string(option, text)) && URL.canParse(text as string)
  const { username, password } = isUrl ? new URL(text as string) : { username: '', password: '' }
  if (username !== '' || password !== '')
    check.failWith(option, 'an address without user and password, which belong into headers', 'one with them')
  return isUrl ? (text as string) : check.fail(option, 'an http or https URL', text)
}

/** The address for one signal is used as it is; the common one is where the path of each begins. */
function urlFromEnvironment(signal: OtlpSignal): string {
  const { name, text } = exporterVariable(signal, 'ENDPOINT') ?? { name: '', text: 'http://localhost:4318' }
  const url = name === '' ? text : checkUrl(name, text)
  if (name.includes(`_${signal.toUpperCase()}_`)) return url
  const whole = new URL(url)
  whole.pathname = `${whole.pathname.replace(/\/+$/, '')}/v1/${signal}`
  return whole.href
}

const headersFromEnvironment = (variable: OtlpVariable | undefined): Record<string, string> =>
  variable === undefined ? {} : checkHeaders(variable.name, pairsVariable(variable)!)

function checkHeaders(option: string, headers: Record<string, string | Secret>): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]): [string, string] => {
    const text = reveal(value)
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
      throw invalidOption(`observability: "${option}" must have names of HTTP headers`)
    }
    if (typeof text !== 'string' || !/^[\t\x20-\x7e\x80-\xff]*$/.test(text)) {
      throw invalidOption(`observability: "${option}" must have text of one line under "${name}"`)
    }
    return [name.toLowerCase(), text]
  })
  return Object.fromEntries(entries)
}
