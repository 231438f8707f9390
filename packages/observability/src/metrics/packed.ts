import { HistogramShape } from './histogram-shape.ts'
import { familyHead, labelSet, numberText } from './text.ts'
import type { Format, MetricJson, PackedFamily, PackedSeries, Sample, SampleExemplar } from './types.ts'

/** A family of a registry in compact form. Labels are sorted: two workers may have met them in different orders. */
export function packFamily({ name, help, type, aggregator, values }: MetricJson): PackedFamily {
  const series = values.map(({ metricName = '', labels, value, exemplar }): PackedSeries => {
    const key = metricName + labelText(labels)
    return exemplar ? [key, [value], exemplarText(exemplar)] : [key, [value]]
  })
  return { name, help, type, aggregator, series }
}

function labelText(labels: Sample['labels']): string {
  const names = Object.keys(labels).toSorted()
  return labelSet(
    names,
    names.map((label) => `${labels[label]}`)
  )
}

/** An exemplar without labels is none: prom-client has one for each bucket that was never observed. */
function exemplarText({ labelSet, value, timestamp }: SampleExemplar): string {
  const labels = labelText(labelSet)
  const time = timestamp === undefined ? '' : ` ${timestamp}`
  return labels === '' ? '' : ` # ${labels} ${numberText(value)}${time}`
}

/** One text per series. The registry's own objects are not changed. */
export function* packedTexts(families: Iterable<PackedFamily>, format: Format): Iterable<string> {
  for (const family of families) {
    const { name, type, bounds, series } = family
    yield familyHead(family, format)
    if (bounds !== undefined) {
      const shape = new HistogramShape(name, bounds)
      for (const [labels, numbers] of series) yield shape.text(labels, numbers)
      continue
    }
    const isOpenMetricsCounter = type === 'counter' && format === 'openmetrics'
    for (const [key, [value = 0], exemplar = ''] of series) {
      const brace = key.indexOf('{')
      const labels = brace < 0 ? '' : key.slice(brace)
      const sample = key.slice(0, key.length - labels.length) || name
      const suffix = isOpenMetricsCounter && !sample.endsWith('_total') ? '_total' : ''
      const end = format === 'openmetrics' ? exemplar : ''
      yield `${sample}${suffix}${labels} ${numberText(value)}${end}\n`
    }
  }
}
