import { HistogramCells, HistogramShape } from './histogram-shape.ts'
import { SeriesMap } from './series-map.ts'
import { familyHead, labelObject, labelPairs } from './text.ts'
import type { Exposed, Format, MetricJson, PackedFamily, Sample } from './types.ts'

/** The series of a histogram in the three forms: for a scrape, for a registry and for another worker. */
export class HistogramView implements Exposed {
  readonly name: string
  readonly help: string
  readonly type = 'histogram' as const
  readonly aggregator: string = 'sum'
  readonly #shape: () => HistogramShape
  readonly #all: () => Iterable<HistogramCells>

  constructor(help: string, shape: () => HistogramShape, all: () => Iterable<HistogramCells>) {
    this.name = shape().name
    this.help = help
    this.#shape = shape
    this.#all = all
  }

  *texts(format: Format): Iterable<string> {
    yield familyHead(this, format)
    for (const cells of this.#all()) yield cells.text(format)
  }

  json(): MetricJson {
    const { name, help, type, aggregator } = this
    const values: Sample[] = []
    for (const cells of this.#all()) values.push(...samples(this.#shape(), cells))
    return { name, help, type, aggregator, values }
  }

  packed(): PackedFamily {
    const { name, help, type, aggregator } = this
    const series = Array.from(this.#all(), ({ labelText, numbers }): [string, number[]] => [
      labelText,
      [...numbers]
    ])
    return { name, help, type, aggregator, bounds: this.#shape().bounds, series }
  }
}

function samples({ name, bounds }: HistogramShape, { labels, numbers }: HistogramCells): Sample[] {
  let count = 0
  const buckets = [...bounds, '+Inf'].map((le, index) => {
    count += numbers[index]!
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: numbers[bounds.length + 1]! },
    { metricName: `${name}_count`, labels, value: count }
  ]
}

/** A histogram for other plugins and for outgoing requests. That of inbound requests is in `http.ts`. */
export class HistogramFamily extends HistogramView {
  readonly series: SeriesMap<HistogramCells>

  constructor(
    options: {
      name: string
      help: string
      labels?: readonly string[]
      maxSeries: number
      buckets: readonly number[]
    },
    onOverflow: () => void
  ) {
    const { name, help, labels = [], maxSeries, buckets } = options
    const shape = new HistogramShape(name, buckets)
    const create = (values: readonly string[]) =>
      new HistogramCells(shape, labelObject(labels, values), labelPairs(labels, values))
    const series = new SeriesMap(labels, maxSeries, create, onOverflow)
    if (labels.length === 0) series.get([])
    super(
      help,
      () => shape,
      () => series.all()
    )
    this.series = series
  }
}
