import { SeriesMap } from './series-map.ts'
import { familyHead, labelObject, labelSet, numberText } from './text.ts'
import type { Exposed, Format, MetricJson, PackedFamily } from './types.ts'

/** One series: its value, and the text before it in a scrape. */
export interface Cell {
  value: number
  readonly prefix: string
  readonly labels: Record<string, string>
}

interface FamilyOptions {
  name: string
  help: string
  labels?: readonly string[]
  maxSeries: number
}

/** A family of single values: a counter or a gauge. */
export class ValueFamily implements Exposed {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge'
  readonly aggregator: string
  readonly series: SeriesMap<Cell>
  readonly #collect: (() => boolean) | undefined

  /** @param collect - Sets the values before each scrape. Returns `false` where it failed: there are none then. */
  constructor(
    type: 'counter' | 'gauge',
    { name, help, labels = [], maxSeries }: FamilyOptions,
    onOverflow: () => void,
    collect?: () => boolean
  ) {
    this.name = name
    this.help = help
    this.type = type
    this.aggregator = type === 'gauge' ? aggregatorOf(name) : 'sum'
    this.#collect = collect
    const create = (values: readonly string[]): Cell => ({
      value: 0,
      prefix: `${name}${labelSet(labels, values)} `,
      labels: labelObject(labels, values)
    })
    this.series = new SeriesMap(labels, maxSeries, create, onOverflow)
    // A metric without labels exists from the start, so that a rate sees its first change.
    if (labels.length === 0) this.series.get([])
  }

  #cells(): Iterable<Cell> {
    return this.#collect === undefined || this.#collect() ? this.series.all() : []
  }

  *texts(format: Format): Iterable<string> {
    const cells = this.#cells()
    yield familyHead(this, format)
    for (const { prefix, value } of cells) yield `${prefix}${numberText(value)}\n`
  }

  json(): MetricJson {
    const values = [...this.#cells()].map(({ value, labels }) => ({ value, labels }))
    const { name, help, type, aggregator } = this
    return { name, help, type, values, aggregator }
  }

  packed(): PackedFamily {
    const { name, help, type, aggregator } = this
    const series = Array.from(this.#cells(), ({ prefix, value }): [string, number[]] => [
      prefix.slice(name.length, -1),
      [value]
    ])
    return { name, help, type, aggregator, series }
  }
}

/** How the gauges of workers are combined, by the conventions of names: amounts are added, states are not. */
function aggregatorOf(name: string): string {
  if (name.endsWith('_info')) return 'max'
  if (/_(?:status|up|timestamp_seconds)$/.test(name)) return 'min'
  return /_(?:ratio|limit_bytes)$/.test(name) ? 'max' : 'sum'
}
