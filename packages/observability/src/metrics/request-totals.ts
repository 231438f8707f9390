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
  /** Requests without a duration. */
  others: number
}

const countOf = ({ cell, others }: Total): number => (cell?.count ?? 0) + others

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
  /** The series that are still at 0. They make room for those that count. */
  readonly #zeros = new Set<string>()
  readonly #maxSeries: number

  constructor(maxSeries: number) {
    this.#maxSeries = maxSeries
  }

  /** Whether there are as many series as there may be. */
  get isFull(): boolean {
    return this.#totals.size >= this.#maxSeries
  }

  zero(labelPairs: string, labels: Record<string, string>): void {
    if (this.isFull || this.#totals.has(labelPairs)) return
    this.#add(labelPairs, labels)
    this.#zeros.add(labelPairs)
  }

  add(cell: HistogramCells): void {
    this.#counting(cell.labelText, cell.labels).cell = cell
  }

  /** Counts a request that has no duration. Returns `false` where there is no room for its series. */
  count(labelPairs: string, labels: Record<string, string>): boolean {
    if (this.isFull && this.#zeros.size === 0 && !this.#totals.has(labelPairs)) return false
    this.#counting(labelPairs, labels).others++
    return true
  }

  /** A series that is no longer at 0. */
  #counting(labelPairs: string, labels: Record<string, string>): Total {
    this.#zeros.delete(labelPairs)
    const existing = this.#totals.get(labelPairs)
    if (existing !== undefined) return existing
    const [zero] = this.#zeros
    if (this.isFull && zero !== undefined) {
      this.#zeros.delete(zero)
      this.#totals.delete(zero)
    }
    return this.#add(labelPairs, labels)
  }

  #add(labelPairs: string, labels: Record<string, string>): Total {
    const total: Total = {
      prefix: `${this.name}{${labelPairs}} `,
      text: '',
      count: -1,
      labels,
      cell: undefined,
      others: 0
    }
    this.#totals.set(labelPairs, total)
    return total
  }

  *texts(format: Format): Iterable<string> {
    yield familyHead(this, format)
    for (const total of this.#totals.values()) {
      const count = countOf(total)
      if (count !== total.count) {
        total.text = `${total.prefix}${count}\n`
        total.count = count
      }
      yield total.text
    }
  }

  json(): MetricJson {
    const { name, help, type, aggregator } = this
    const values = Array.from(this.#totals.values(), (total) => ({
      labels: total.labels,
      value: countOf(total)
    }))
    return { name, help, type, aggregator, values }
  }

  packed(): PackedFamily {
    const { name, help, type, aggregator } = this
    const series = Array.from(this.#totals, ([pairs, total]): [string, number[]] => [
      `{${pairs}}`,
      [countOf(total)]
    ])
    return { name, help, type, aggregator, series }
  }
}
