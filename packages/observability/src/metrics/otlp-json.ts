import type { PackedFamily } from './types.ts'

/** OTLP's attributes. */
export const attributes = (values: Record<string, string>): object[] =>
  Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }))

/** The start of the process, and now: nanoseconds since 1970, as text. */
export interface Period {
  startTimeUnixNano: string
  timeUnixNano: string
}

// AGGREGATION_TEMPORALITY_CUMULATIVE: numbers count from the start, like Prometheus'.
const aggregationTemporality = 2

/** A family as an OTLP metric in JSON. */
export function otlpMetric(family: PackedFamily, period: Period): object {
  const { name, help: description, type, bounds } = family
  if (type === 'histogram') {
    const dataPoints =
      bounds === undefined ? flatHistogram(family, period) : histogram(family, bounds, period)
    return { name, description, histogram: { aggregationTemporality, dataPoints } }
  }
  const dataPoints = family.series.map(([key, [asDouble = 0]]) => ({
    ...period,
    attributes: attributes(labelsOf(key)),
    asDouble
  }))
  return type === 'counter'
    ? { name, description, sum: { aggregationTemporality, isMonotonic: true, dataPoints } }
    : { name, description, gauge: { dataPoints } }
}

function point(counts: readonly number[], bounds: readonly number[], sum: number): object {
  const count = counts.reduce((total, value) => total + value, 0)
  return { count: `${count}`, sum, bucketCounts: counts.map(String), explicitBounds: bounds }
}

const histogram = ({ series }: PackedFamily, bounds: readonly number[], period: Period): object[] =>
  series.map(([key, numbers]) => ({
    ...period,
    attributes: attributes(labelsOf(key)),
    ...point(numbers.slice(0, bounds.length + 1), bounds, numbers[bounds.length + 1]!)
  }))

/** A registry's histogram: one cumulative sample per bucket. */
function flatHistogram({ name, series }: PackedFamily, period: Period): object[] {
  const points = new Map<
    string,
    { labels: Record<string, string>; buckets: [number, number][]; sum: number }
  >()
  for (const [key, [value = 0]] of series) {
    const { le, ...labels } = labelsOf(key)
    const set = JSON.stringify(labels)
    const entry = points.get(set) ?? { labels, buckets: [], sum: 0 }
    points.set(set, entry)
    if (le !== undefined) entry.buckets.push([le === '+Inf' ? Infinity : Number(le), value])
    else if (key.startsWith(`${name}_sum`)) entry.sum = value
  }
  return Array.from(points.values(), ({ labels, buckets, sum }) => {
    buckets.sort(([a], [b]) => a - b)
    const counts = buckets.map(([, count], index) => count - (buckets[index - 1]?.[1] ?? 0))
    const bounds = buckets.map(([bound]) => bound).filter(Number.isFinite)
    return { ...period, attributes: attributes(labels), ...point(counts, bounds, sum) }
  })
}

const escapes: Record<string, string> = { n: '\n' }

/** The labels in the text of a series. */
function labelsOf(key: string): Record<string, string> {
  const labels: Record<string, string> = {}
  for (const [, name = '', value = ''] of key.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
    labels[name] = value.replaceAll(/\\(.)/g, (_, character: string) => escapes[character] ?? character)
  }
  return labels
}
