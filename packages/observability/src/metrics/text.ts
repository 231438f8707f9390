/** Prometheus' text 0.0.4, or OpenMetrics 1.0. */
export type Format = 'text' | 'openmetrics'

export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary'

export const contentTypes: Record<Format, string> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8'
}

const escapedLabel = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')

/** `method="GET",route="/users/:id"`, or nothing without labels. */
export const labelPairs = (names: readonly string[], values: readonly string[]): string =>
  names.map((name, index) => `${name}="${escapedLabel(values[index] ?? '')}"`).join(',')

/** The same in braces. */
export const labelText = (names: readonly string[], values: readonly string[]): string =>
  names.length === 0 ? '' : `{${labelPairs(names, values)}}`

export function numberText(value: number): string {
  if (Number.isFinite(value)) return `${value}`
  if (Number.isNaN(value)) return 'NaN'
  return value > 0 ? '+Inf' : '-Inf'
}

/** The two lines before a family's samples. OpenMetrics names a counter without its `_total`. */
export function head(name: string, help: string, type: MetricType, format: Format): string {
  const family = format === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name
  const text = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  return `# HELP ${family} ${text}\n# TYPE ${family} ${type}\n`
}

/** Which format an `Accept` header asks for: OpenMetrics only when it is named and wanted at least as much. */
export function negotiated(accept: string | undefined): Format {
  if (accept === undefined || !accept.includes('application/openmetrics-text')) return 'text'
  let [openmetrics, text] = [0, 0]
  for (const range of accept.split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    const quality = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1)
    if (type === 'application/openmetrics-text') openmetrics = Math.max(openmetrics, quality)
    if (type === 'text/plain') text = Math.max(text, quality)
  }
  return openmetrics > 0 && openmetrics >= text ? 'openmetrics' : 'text'
}
