import type { PackedFamily } from './packed.ts'
import { head, labelText, numberText, type Format, type MetricType } from './text.ts'

/** One sample as prom-client's registries pass it on. */
export interface Sample {
  value: number
  labels: Record<string, string | number>
  metricName?: string
}

/** A metric with its samples as prom-client's registries pass it on. */
export interface MetricJson {
  name: string
  help: string
  type: MetricType
  values: Sample[]
  aggregator: string
}

/** What the exposition needs of a metric, and what prom-client's `registerMetric` accepts. */
export interface Exposed {
  readonly name: string
  readonly help: string
  readonly type: MetricType
  readonly aggregator: string
  /** A text per series, the first with the family's head. */
  texts(format: Format): Iterable<string>
  json(): MetricJson
  packed(): PackedFamily
}

/** A value per label set: numbers in an array are the truth, text is made from cached prefixes. */
export interface Cell {
  value: number
  readonly prefix: string
  readonly labels: Record<string, string>
}

export const overflowLabel = '__overflow__'

/** Label sets to cells, up to a cap; past it, one shared cell, and one call of `onOverflow`. */
export class SeriesMap<T> {
  readonly cells: Map<string, T> = new Map()
  #overflow: T | undefined
  readonly #labels: readonly string[]
  readonly #limit: number
  readonly #make: (values: readonly string[]) => T
  readonly #onOverflow: () => void

  constructor(
    labels: readonly string[],
    limit: number,
    make: (values: readonly string[]) => T,
    onOverflow: () => void
  ) {
    this.#labels = labels
    this.#limit = limit
    this.#make = make
    this.#onOverflow = onOverflow
  }

  get(values: readonly string[]): T {
    const key = values.length === 1 ? values[0]! : values.join('\u0000')
    const known = this.cells.get(key)
    if (known !== undefined) return known
    if (this.cells.size >= this.#limit) return this.#shared()

    const cell = this.#make(
      values.length === this.#labels.length ? values : this.#labels.map((_, index) => values[index] ?? '')
    )
    this.cells.set(key, cell)
    return cell
  }

  *all(): Iterable<T> {
    yield* this.cells.values()
    if (this.#overflow !== undefined) yield this.#overflow
  }

  #shared(): T {
    if (this.#overflow === undefined) {
      this.#overflow = this.#make(this.#labels.map(() => overflowLabel))
      this.#onOverflow()
    }
    return this.#overflow
  }
}

/** `{ method: 'GET' }` from names and values. */
export const labelObject = (names: readonly string[], values: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']))

/** A family of plain values: a counter or a gauge. */
export class ValueFamily implements Exposed {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge'
  readonly aggregator: string
  readonly series: SeriesMap<Cell>
  readonly #collect: (() => void) | undefined

  constructor(
    type: 'counter' | 'gauge',
    {
      name,
      help,
      labels = [],
      maxSeries
    }: { name: string; help: string; labels?: readonly string[]; maxSeries: number },
    onOverflow: () => void,
    collect?: (family: ValueFamily) => void
  ) {
    this.name = name
    this.help = help
    this.type = type
    this.aggregator = type === 'gauge' ? aggregatorOf(name) : 'sum'
    this.#collect = collect && (() => collect(this))
    const make = (values: readonly string[]): Cell => ({
      value: 0,
      prefix: `${name}${labelText(labels, values)} `,
      labels: labelObject(labels, values)
    })
    this.series = new SeriesMap(labels, maxSeries, make, onOverflow)
    // A metric without labels exists from the start, so that a rate over its first change is seen.
    if (labels.length === 0) this.series.get([])
  }

  *texts(format: Format): Iterable<string> {
    this.#collect?.()
    yield head(this.name, this.help, this.type, format)
    for (const { prefix, value } of this.series.all()) yield `${prefix}${numberText(value)}\n`
  }

  json(): MetricJson {
    this.#collect?.()
    const values = [...this.series.all()].map(({ value, labels }) => ({ value, labels }))
    const { name, help, type, aggregator } = this
    return { name, help, type, values, aggregator }
  }

  packed(): PackedFamily {
    this.#collect?.()
    const { name, help, type, aggregator } = this
    const series = Array.from(this.series.all(), ({ prefix, value }): [string, number[]] => [
      prefix.slice(name.length, -1),
      [value]
    ])
    return { name, help, type, aggregator, series }
  }
}

/** How workers' gauges are put together, by the name's convention: amounts add up, states don't. */
function aggregatorOf(name: string): string {
  if (name.endsWith('_info')) return 'max'
  if (name.endsWith('_status') || name.endsWith('_up')) return 'min'
  return /_(?:ratio|limit_bytes)$/.test(name) ? 'max' : 'sum'
}
