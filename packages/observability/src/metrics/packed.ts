import type { MetricJson } from './value-family.ts'
import { HistogramShape } from './histogram-shape.ts'
import { head, labelText, numberText, type Format, type MetricType } from './text.ts'

/**
 * A family in little room, as workers pass it to each other. A series is its labels and its numbers: of a histogram
 * with `bounds` a count per bucket and the sum, else one value under its labels or its whole name.
 */
export interface PackedFamily {
  name: string
  help: string
  type: MetricType
  aggregator: string
  bounds?: readonly number[]
  series: [labels: string, numbers: number[]][]
}

/** A family as a registry gives it. Labels are sorted: two workers may have met them in different orders. */
export function packed({ name, help, type, aggregator, values }: MetricJson): PackedFamily {
  const series = values.map(({ metricName = '', labels, value }): [string, number[]] => {
    const names = Object.keys(labels).toSorted()
    return [
      metricName +
        labelText(
          names,
          names.map((label) => `${labels[label]}`)
        ),
      [value]
    ]
  })
  return { name, help, type, aggregator, series }
}

/** A text per series. Neither format changes the registry's own objects. */
export function* packedTexts(families: Iterable<PackedFamily>, format: Format): Iterable<string> {
  for (const { name, help, type, bounds, series } of families) {
    yield head(name, help, type, format)
    if (bounds !== undefined) {
      const shape = new HistogramShape(name, bounds)
      for (const [labels, numbers] of series) yield shape.text(labels, numbers)
      continue
    }
    const counter = type === 'counter' && format === 'openmetrics'
    for (const [key, [value = 0]] of series) {
      const brace = key.indexOf('{')
      const set = brace < 0 ? '' : key.slice(brace)
      const sample = key.slice(0, key.length - set.length) || name
      const suffix = counter && !sample.endsWith('_total') ? '_total' : ''
      yield `${sample}${suffix}${set} ${numberText(value)}\n`
    }
  }
}
