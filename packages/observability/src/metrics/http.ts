import { labelObject, overflowLabel, type Exposed, type MetricJson } from './family.ts'
import { HistogramCells } from './histogram.ts'
import { head, labelText, type Format } from './text.ts'

/** The methods that get a label of their own, as OpenTelemetry's HTTP conventions have them. */
const methods = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'CONNECT',
  'TRACE',
  'QUERY'
] as const
const methodNames: readonly string[] = [...methods, '_OTHER']
const methodIndex: Record<string, number | undefined> = Object.assign(
  Object.create(null),
  Object.fromEntries(methods.map((method, index) => [method, index]))
)

const labelNames = ['method', 'route', 'status_code'] as const

/** What is counted of one route: per method, per status, numbers in typed arrays. */
export interface RouteCells {
  readonly route: string
  readonly byMethod: (HistogramCells[] | undefined)[]
}

export interface HttpMetricsOptions {
  unit: 'seconds' | 'milliseconds'
  buckets: readonly number[]
  maxSeries: number
  onOverflow: () => void
}

/**
 * `http_requests_total` and `http_request_duration_*`, by method, route and status. Both come from the same numbers:
 * a request costs a few array accesses and additions.
 */
export class HttpMetrics {
  readonly #options: HttpMetricsOptions
  readonly #factor: number
  readonly #routes = new Map<string, RouteCells>()
  /** Status code → its place in a route's cells, given out in the order in which statuses are first seen. */
  readonly #slots = new Int16Array(600).fill(-1)
  #nextSlot = 0
  #series = 0
  #bounds: readonly number[]
  #overflow: HistogramCells | undefined
  readonly #all: HistogramCells[] = []
  readonly #zeros = new Map<string, Record<string, string>>()
  readonly duration: Exposed
  readonly total: Exposed

  constructor(options: HttpMetricsOptions) {
    this.#options = options
    this.#bounds = options.buckets
    this.#factor = options.unit === 'seconds' ? 0.001 : 1
    const name = options.unit === 'seconds' ? 'http_request_duration_seconds' : 'http_request_duration_ms'
    this.duration = this.#exposeDuration(name)
    this.total = this.#exposeTotal()
  }

  /** The cells of a route's pattern. The same for each method and constraint. */
  route(route: string): RouteCells {
    let cells = this.#routes.get(route)
    if (cells === undefined) {
      cells = { route, byMethod: methodNames.map(() => undefined) }
      this.#routes.set(route, cells)
    }
    return cells
  }

  /** Adds buckets for routes' objectives, in milliseconds. Before the first request. */
  addObjectives(objectives: Iterable<number>): void {
    const bounds = [...objectives].map((objective) => objective * this.#factor)
    this.#bounds = [...new Set([...this.#bounds, ...bounds])].sort((a, b) => a - b)
  }

  /** Lets `http_requests_total` exist at 0, so that the first failure is an increase. */
  zero(route: string, method: string, statuses: readonly number[]): void {
    for (const status of statuses) {
      const values = [methodNames[methodIndex[method] ?? methods.length]!, route, `${status}`]
      this.#zeros.set(labelText(labelNames, values), labelObject(labelNames, values))
    }
  }

  /** One request. `duration` in milliseconds; `traceId` only of a sampled trace. */
  observe(cells: RouteCells, method: string, status: number, duration: number, traceId?: string): void {
    const index = methodIndex[method] ?? methods.length
    const slot = this.#slot(status)
    const cell = cells.byMethod[index]?.[slot] ?? this.#cell(cells, index, slot, status)
    const value = duration * this.#factor
    const bucket = cell.observe(value)
    if (traceId !== undefined) {
      cell.exemplars ??= []
      cell.exemplars[bucket] = { traceId, value, at: Date.now() / 1000 }
    }
  }

  #slot(status: number): number {
    const code = status >= 100 && status < 600 ? status : 0
    const slot = this.#slots[code]!
    return slot >= 0 ? slot : (this.#slots[code] = this.#nextSlot++)
  }

  #cell(cells: RouteCells, index: number, slot: number, status: number): HistogramCells {
    if (this.#series >= this.#options.maxSeries) return this.#overflowCell()
    this.#series++
    const row = (cells.byMethod[index] ??= [])
    const values = [methodNames[index]!, cells.route, `${status}`]
    const cell = new HistogramCells(this.duration.name, this.#bounds, labelNames, values)
    row[slot] = cell
    this.#all.push(cell)
    return cell
  }

  #overflowCell(): HistogramCells {
    if (this.#overflow === undefined) {
      const values = labelNames.map(() => overflowLabel)
      this.#overflow = new HistogramCells(this.duration.name, this.#bounds, labelNames, values)
      this.#all.push(this.#overflow)
      this.#options.onOverflow()
    }
    return this.#overflow
  }

  #exposeDuration(name: string): Exposed {
    const help = `Duration of HTTP requests in ${this.#options.unit}`
    const base = { name, help, type: 'histogram' as const, aggregator: 'sum' }
    return {
      ...base,
      render: (format: Format) =>
        this.#all.reduce((text, cell) => text + cell.render(format), head(name, help, 'histogram', format)),
      json: (): MetricJson => ({ ...base, values: this.#all.flatMap((cell) => cell.samples(name)) })
    }
  }

  #exposeTotal(): Exposed {
    const base = {
      name: 'http_requests_total',
      help: 'Total number of HTTP requests',
      type: 'counter' as const,
      aggregator: 'sum'
    }
    const values = () => {
      const seen = new Map([...this.#zeros].map(([text, labels]) => [text, { labels, value: 0 }]))
      for (const { labelText, labels, count } of this.#all) seen.set(labelText, { labels, value: count })
      return seen
    }
    return {
      ...base,
      render(format) {
        let text = head(base.name, base.help, 'counter', format)
        for (const [labels, { value }] of values()) text += `http_requests_total${labels} ${value}\n`
        return text
      },
      json: () => ({ ...base, values: [...values().values()] })
    }
  }
}
