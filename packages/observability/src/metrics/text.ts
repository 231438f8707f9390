import type { Format, MetricType } from './types.ts'

export const contentTypes: Record<Format, string> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8'
}

const escapeLabel = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')

/** `method="GET",route="/users/:id"`. Empty without labels. */
export const labelPairs = (names: readonly string[], values: readonly string[]): string =>
  names.map((name, index) => `${name}="${escapeLabel(values[index] ?? '')}"`).join(',')

/** The pairs in braces. Empty without labels. */
export const labelSet = (names: readonly string[], values: readonly string[]): string =>
  names.length === 0 ? '' : `{${labelPairs(names, values)}}`

/** `{ method: 'GET' }` from names and values. */
export const labelObject = (names: readonly string[], values: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']))

export function numberText(value: number): string {
  if (Number.isFinite(value)) return `${value}`
  if (Number.isNaN(value)) return 'NaN'
  return value > 0 ? '+Inf' : '-Inf'
}

/** The two lines before the samples of a family. OpenMetrics names a counter's family without `_total`. */
export function familyHead(
  { name, help, type }: { readonly name: string; readonly help: string; readonly type: MetricType },
  format: Format
): string {
  const family = format === 'openmetrics' && type === 'counter' ? name.replace(/_total$/, '') : name
  const text = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  return `# HELP ${family} ${text}\n# TYPE ${family} ${type}\n`
}

/** The format for an `Accept` header: OpenMetrics only where it is named and preferred at least as much. */
export function negotiatedFormat(accept: string | undefined): Format {
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
