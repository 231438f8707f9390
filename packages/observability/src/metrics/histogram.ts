import { labelObject, SeriesMap, type Exposed, type MetricJson, type Sample } from './family.ts'
import { head, labelText, numberText, type Format } from './text.ts'

/** The last sampled trace that fell into a bucket. */
export interface Exemplar {
  traceId: string
  value: number
  /** Seconds since 1970. */
  at: number
}

/**
 * One series of a histogram: a count per bucket, then one for +Inf, then the sum, in one typed array, so that an
 * observation allocates nothing.
 */
export class HistogramCells {
  readonly numbers: Float64Array
  readonly labels: Record<string, string>
  readonly labelText: string
  readonly #bounds: readonly number[]
  readonly #prefixes: string[]
  exemplars: (Exemplar | undefined)[] | undefined

  constructor(name: string, bounds: readonly number[], names: readonly string[], values: readonly string[]) {
    this.#bounds = bounds
    this.numbers = new Float64Array(bounds.length + 2)
    this.labels = labelObject(names, values)
    this.labelText = labelText(names, values)
    this.#prefixes = [
      ...bounds.map((bound) => `${name}_bucket${labelText(names, values, `le="${numberText(bound)}"`)} `),
      `${name}_bucket${labelText(names, values, 'le="+Inf"')} `,
      `${name}_sum${this.labelText} `,
      `${name}_count${this.labelText} `
    ]
  }

  /** Gives the index of the bucket, for an exemplar. */
  observe(value: number): number {
    const bounds = this.#bounds
    const { numbers } = this
    let index = 0
    while (index < bounds.length && value > bounds[index]!) index++
    numbers[index]! += 1
    numbers[bounds.length + 1]! += value
    return index
  }

  get count(): number {
    let count = 0
    for (let index = 0; index <= this.#bounds.length; index++) count += this.numbers[index]!
    return count
  }

  render(format: Format): string {
    const last = this.#bounds.length
    let text = ''
    let count = 0
    for (let index = 0; index <= last; index++) {
      count += this.numbers[index]!
      const exemplar = format === 'openmetrics' ? this.exemplars?.[index] : undefined
      text += `${this.#prefixes[index]!}${count}${exemplar ? shown(exemplar) : ''}\n`
    }
    return `${text}${this.#prefixes[last + 1]!}${numberText(this.numbers[last + 1]!)}\n${this.#prefixes[last + 2]!}${count}\n`
  }

  samples(name: string): Sample[] {
    const { labels } = this
    let count = 0
    const buckets = [...this.#bounds, '+Inf'].map((le, index) => {
      count += this.numbers[index]!
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count }
    })
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.numbers[this.#bounds.length + 1]! },
      { metricName: `${name}_count`, labels, value: count }
    ]
  }
}

const shown = ({ traceId, value, at }: Exemplar): string =>
  ` # {trace_id="${traceId}"} ${value} ${at.toFixed(3)}`

/** A histogram for other plugins and for outgoing calls. The requests' own is in `http.ts`. */
export class HistogramFamily implements Exposed {
  readonly name: string
  readonly help: string
  readonly type = 'histogram' as const
  readonly aggregator: string = 'sum'
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
    this.name = name
    this.help = help
    this.series = new SeriesMap(
      labels,
      maxSeries,
      (values) => new HistogramCells(name, buckets, labels, values),
      onOverflow
    )
    if (labels.length === 0) this.series.get([])
  }

  render(format: Format): string {
    let text = head(this.name, this.help, this.type, format)
    for (const cells of this.series.all()) text += cells.render(format)
    return text
  }

  json(): MetricJson {
    const { name, help, type, aggregator } = this
    return {
      name,
      help,
      type,
      aggregator,
      values: [...this.series.all()].flatMap((cells) => cells.samples(name))
    }
  }
}
