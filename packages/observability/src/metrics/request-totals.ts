import type { HistogramCells } from './histogram-shape.ts'
import { familyHead } from './text.ts'
import type { Exposed, Format, MetricJson, PackedFamily } from './types.ts'

interface Total {
  readonly prefix: string
  /** The line of the last scrape, and its count. */
  text: string
  count: number
  readonly labels: Record<string, string>
  /** `undefined` for a series that is still at 0. */
  cell: HistogramCells | undefined
}

/**
 * `http_requests_total`: the counts of the durations' cells, and series at 0 for outcomes that have not happened yet. The
 * order of the series does not change, so that a scrape that pauses shows each once.
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
    const total = this.#totals.get(cell.labelText)
    if (total === undefined) this.#add(cell.labelText, cell.labels, cell)
    else total.cell = cell
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
    yield familyHead(this, format)
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
