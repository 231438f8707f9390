import { openTelemetryIsUsed } from '../internals/index.ts'
import { check } from '../check.ts'

/** The kinds of telemetry that are pushed. */
export type OtlpSignal = 'metrics' | 'logs'

/** The text of a variable of OpenTelemetry, and its name for errors. An empty one is not set. */
export interface OtlpVariable {
  name: string
  text: string
}

/** The first of these variables that is set. */
export function otelVariable(...names: readonly string[]): OtlpVariable | undefined {
  for (const name of names) {
    const text = process.env[name]?.trim()
    if (text) return { name, text }
  }
  return undefined
}

/** `OTEL_EXPORTER_OTLP_LOGS_TIMEOUT`, else `OTEL_EXPORTER_OTLP_TIMEOUT`. */
export const exporterVariable = (signal: OtlpSignal, name: string): OtlpVariable | undefined =>
  otelVariable(`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${name}`, `OTEL_EXPORTER_OTLP_${name}`)

/** A variable with a whole number. */
export function integerVariable(
  variable: OtlpVariable | undefined,
  rule: { min: number; max?: number; unit?: string }
): number | undefined {
  if (variable === undefined) return undefined
  const { name, text } = variable
  return check.integer(name, /^\d+$/.test(text) ? Number(text) : text, rule)
}

/** A variable with one of a few words, in any case. */
export const wordVariable = <T extends string>(
  variable: OtlpVariable | undefined,
  allowed: readonly T[]
): T | undefined => variable && check.oneOf(variable.name, variable.text.toLowerCase(), allowed)

/** A variable with pairs `key=value`, percent-encoded. No error shows its text: headers have secrets. */
export function pairsVariable(variable: OtlpVariable | undefined): Record<string, string> | undefined {
  if (variable === undefined) return undefined
  const { name, text } = variable
  const pairs = text.split(',').map((entry) => entry.trim())
  const entries = pairs.filter(Boolean).map((entry, index): [string, string] => {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(entry) ?? []
    const pair = [key, value].map((part) => part && decoded(part.trim()))
    if (pair[0] !== undefined && pair[1] !== undefined) return [pair[0], pair[1]]
    const rule = 'pairs such as key=value, separated by commas, with percent-encoding'
    return check.failWith(name, rule, `something else as entry ${index + 1}`)
  })
  return Object.fromEntries(entries)
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

const exporters: Record<OtlpSignal, readonly string[]> = {
  metrics: ['otlp', 'prometheus', 'console', 'none'],
  logs: ['otlp', 'console', 'none']
}

/**
 * Whether to push a signal. `OTEL_SDK_DISABLED` switches all off; without an option `OTEL_METRICS_EXPORTER` or
 * `OTEL_LOGS_EXPORTER` decides. An SDK in the process reads these itself: then only the option counts.
 */
export function isPushed(signal: OtlpSignal, option: unknown): boolean {
  if (option === false || otelVariable('OTEL_SDK_DISABLED')?.text.toLowerCase() === 'true') return false
  if (option !== undefined) return true
  if (openTelemetryIsUsed()) return false
  const variable = otelVariable(`OTEL_${signal.toUpperCase()}_EXPORTER`)
  if (variable === undefined) return false
  const names = variable.text.split(',').map((name) => name.trim().toLowerCase())
  for (const name of names) check.oneOf(variable.name, name, exporters[signal])
  return names.includes('otlp')
}
