import type { Metric, Point } from '../otlp/data.ts'
import { semanticMetric, serverDuration, withoutSemanticLabels } from './semantic-names.ts'
import type { PackedFamily } from './types.ts'

/** A family as the metrics that are pushed: itself, and under the name of the semantic conventions if it has one. */
export function* otlpMetrics(family: PackedFamily): Iterable<Metric> {
  const { name, help: description, type, bounds } = family
  if (type === 'histogram') {
    const points = bounds === undefined ? flatHistogram(family) : histogram(family, bounds)
    const metric: Metric = { name, description, kind: 'histogram', points }
    const semantic = semanticMetric(metric)
    if (semantic !== undefined) yield semantic
    if (name !== serverDuration) yield semantic === undefined ? metric : withoutSemanticLabels(metric)
  } else if (type === 'summary') yield* summary(family)
  else {
    const points = family.series.map(([key, [value = 0]]) => ({ attributes: labelsOf(key), value }))
    yield { name, description, kind: type, points }
  }
}

/** OTLP has summaries only for old formats: their quantiles are gauges, sum and count are counters. */
function* summary({ name, help: description, series }: PackedFamily): Iterable<Metric> {
  for (const suffix of ['', '_sum', '_count']) {
    const points = series
      .filter(([key]) => (/^\w+/.exec(key)?.[0] ?? name) === name + suffix)
      .map(([key, [value = 0]]) => ({ attributes: labelsOf(key), value }))
    yield { name: name + suffix, description, kind: suffix === '' ? 'gauge' : 'counter', points }
  }
}

const histogram = ({ series }: PackedFamily, bounds: readonly number[]): Point[] =>
  series.map(([key, numbers]) => ({
    attributes: labelsOf(key),
    value: { bounds, counts: numbers.slice(0, bounds.length + 1), sum: numbers[bounds.length + 1]! }
  }))

/** A registry's histogram: one cumulative sample per bucket. */
function flatHistogram({ name, series }: PackedFamily): Point[] {
  const points = new Map<
    string,
    { attributes: Record<string, string>; buckets: [number, number][]; sum: number }
  >()
  for (const [key, [value = 0]] of series) {
    const { le, ...attributes } = labelsOf(key)
    const set = JSON.stringify(attributes)
    const entry = points.get(set) ?? { attributes, buckets: [], sum: 0 }
    points.set(set, entry)
    if (le !== undefined) entry.buckets.push([le === '+Inf' ? Infinity : Number(le), value])
    else if (key.startsWith(`${name}_sum`)) entry.sum = value
  }
  return Array.from(points.values(), ({ attributes, buckets, sum }) => {
    buckets.sort(([a], [b]) => a - b)
    const counts = buckets.map(([, count], index) => count - (buckets[index - 1]?.[1] ?? 0))
    const bounds = buckets.map(([bound]) => bound).filter(Number.isFinite)
    return { attributes, value: { bounds, counts, sum } }
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
