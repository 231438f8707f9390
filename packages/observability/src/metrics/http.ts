import { HistogramCells, HistogramShape } from './histogram-shape.ts'
import { HistogramView } from './histogram.ts'
import type { LabelSpace } from './label-space.ts'
import { RequestTotals } from './request-totals.ts'
import { overflowLabel } from './series-map.ts'
import { labelObject, labelPairs } from './text.ts'

/** The methods that are values of the label, by OpenTelemetry's HTTP conventions. */
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

/** The series of one route: per method, per status. */
export interface RouteCells {
  readonly route: string
  readonly byMethod: (HistogramCells[] | undefined)[]
}

export interface HttpMetricsOptions {
  unit: 'seconds' | 'milliseconds'
  buckets: readonly number[]
  labels: LabelSpace
  maxSeries: number
  onOverflow: () => void
}

/**
 * `http_requests_total` and `http_request_duration_*`, by method, route and status. Both read the same numbers: a request
 * costs a few array accesses and additions.
 */
export class HttpMetrics {
  readonly #options: HttpMetricsOptions
  readonly #labelNames: readonly string[]
  readonly #factor: number
  readonly #routes = new Map<string, RouteCells>()
  /** Status code → its index in a route's cells, in the order in which statuses are first seen. */
  readonly #slots = new Int16Array(600).fill(-1)
  #nextSlot = 0
  #series = 0
  #shape: HistogramShape
  #overflow: HistogramCells | undefined
  readonly #all: HistogramCells[] = []
  readonly duration: HistogramView
  readonly total: RequestTotals

  constructor(options: HttpMetricsOptions) {
    this.#options = options
    this.total = new RequestTotals(options.maxSeries)
    this.#labelNames = ['method', 'route', 'status_code', ...options.labels.names]
    this.#factor = options.unit === 'seconds' ? 0.001 : 1
    const name = options.unit === 'seconds' ? 'http_request_duration_seconds' : 'http_request_duration_ms'
    this.#shape = new HistogramShape(name, options.buckets)
    this.duration = new HistogramView(
      `Duration of HTTP requests in ${options.unit}`,
      () => this.#shape,
      () => this.#all
    )
  }

  /** All series so far, in the order in which they were first seen. */
  get cells(): readonly HistogramCells[] {
    return this.#all
  }

  /** The upper bounds of the buckets, in the unit of the metric. */
  get bounds(): readonly number[] {
    return this.#shape.bounds
  }

  /** The cells of a route's pattern. All its methods and constraints share them. */
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
    const { name, bounds: current } = this.#shape
    this.#shape = new HistogramShape(
      name,
      [...new Set([...current, ...bounds])].sort((a, b) => a - b)
    )
  }

  /** Adds series of `http_requests_total` at 0, so that the first failure is an increase. */
  zero(route: string, method: string, statuses: readonly number[]): void {
    const { labels } = this.#options
    for (const status of statuses) {
      for (const index of labels.declared) {
        if (this.total.isFull) return
        const methodName = methodNames[methodIndex[method] ?? methods.length]!
        const values = [methodName, route, `${status}`, ...labels.values(index)]
        this.total.zero(labelPairs(this.#labelNames, values), labelObject(this.#labelNames, values))
      }
    }
  }

  /** One request. `duration` in milliseconds, `traceId` only of a sampled trace, `labelIndex` of the app's labels. */
  observe(
    cells: RouteCells,
    method: string,
    status: number,
    duration: number,
    traceId: string | undefined,
    labelIndex: number
  ): void {
    const index = methodIndex[method] ?? methods.length
    const slot = this.#slot(status) * this.#options.labels.size + labelIndex
    const cell = cells.byMethod[index]?.[slot] ?? this.#cell(cells, index, slot, status)
    const value = duration * this.#factor
    const bucket = cell.observe(value)
    if (traceId !== undefined) {
      cell.exemplars ??= []
      cell.exemplars[bucket] = { traceId, value, at: Date.now() / 1000 }
    }
  }

  /** One request whose duration says nothing: it counts in `http_requests_total` alone. */
  count(cells: RouteCells, method: string, status: number, labelIndex: number): void {
    const methodName = methodNames[methodIndex[method] ?? methods.length]!
    const values = [methodName, cells.route, `${status}`, ...this.#options.labels.values(labelIndex)]
    const isCounted = this.total.count(
      labelPairs(this.#labelNames, values),
      labelObject(this.#labelNames, values)
    )
    if (!isCounted) this.#options.onOverflow()
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
    const { labels } = this.#options
    const values = [methodNames[index]!, cells.route, `${status}`, ...labels.values(slot % labels.size)]
    return (row[slot] = this.#create(values))
  }

  #overflowCell(): HistogramCells {
    if (this.#overflow === undefined) {
      this.#overflow = this.#create(this.#labelNames.map(() => overflowLabel))
      this.#options.onOverflow()
    }
    return this.#overflow
  }

  #create(values: readonly string[]): HistogramCells {
    const labels = labelObject(this.#labelNames, values)
    const cell = new HistogramCells(this.#shape, labels, labelPairs(this.#labelNames, values))
    this.#all.push(cell)
    this.total.add(cell)
    return cell
  }
}
