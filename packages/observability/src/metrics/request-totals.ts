import type { Exposed, MetricJson } from './value-family.ts'
import type { HistogramCells } from './histogram-shape.ts'
import type { PackedFamily } from './packed.ts'
import { head, type Format } from './text.ts'

interface Total {
  readonly prefix: string
  /** The line of a former scrape, and its count. */
  text: string
  count: number
  readonly labels: Record<string, string>
  /** None for a series that is still at 0. */
  cell: HistogramCells | undefined
}

/**
 * `http_requests_total`: the counts of the durations' cells, and series at 0 for what has not happened yet. Each series
 * keeps its place, so that a scrape that pauses shows it once.
 */
export class RequestTotals implements Exposed {
  readonly name = 'http_requests_total'
  readonly help = 'Total number of HTTP requests'
  readonly type = 'counter' as const
  readonly aggregator = 'sum'
  readonly #totals = new Map<string, Total>()

  zero(labelPairs: string, labels: Record<string, string>): void {
    if (!this.#totals.has(labelPairs)) this.#add(labelPairs, labels, undefined)
  }

  add(cell: HistogramCells): void {
    const known = this.#totals.get(cell.labelText)
    if (known === undefined) this.#add(cell.labelText, cell.labels, cell)
    else known.cell = cell
  }

  #add(labelPairs: string, labels: Record<string, string>, cell: HistogramCells | undefined): void {
    this.#totals.set(labelPairs, {
      prefix: `${this.name}{${labelPairs}} `,
      text: '',
      count: -1,
      labels,
      cell
    })
  }

  *texts(format: Format): Iterable<string> {
    yield head(this.name, this.help, this.type, format)
    for (const total of this.#totals.values()) {
      const count = total.cell?.count ?? 0
      if (count !== total.count) {
        total.text = `${total.prefix}${count}\n`
        total.count = count
      }
      yield total.text
    }
  }

  json(): MetricJson {
    const { name, help, type, aggregator } = this
    const values = Array.from(this.#totals.values(), ({ labels, cell }) => ({
      labels,
      value: cell?.count ?? 0
    }))
    return { name, help, type, aggregator, values }
  }

  packed(): PackedFamily {
    const { name, help, type, aggregator } = this
    const series = Array.from(this.#totals, ([pairs, { cell }]): [string, number[]] => [
      `{${pairs}}`,
      [cell?.count ?? 0]
    ])
    return { name, help, type, aggregator, series }
  }
}
