import type { HttpMetrics } from './http.ts'
import { HistogramShape, type HistogramCells } from './histogram-shape.ts'
import { serverDuration } from './semantic-names.ts'
import { familyHead, labelPairs } from './text.ts'
import type { Exposed, Format, MetricJson, PackedFamily, Sample } from './types.ts'

interface View {
  labels: Record<string, string>
  labelText: string
  text: string
  count: number
}

/**
 * `http.server.request.duration` of OpenTelemetry's semantic conventions, in seconds, read from the numbers of
 * {@link HttpMetrics}: a request costs nothing more.
 */
export class SemanticHttpView implements Exposed {
  readonly name: string = serverDuration
  readonly help: string = 'Duration of HTTP server requests, by the semantic conventions of OpenTelemetry'
  readonly type = 'histogram' as const
  readonly aggregator: string = 'sum'
  readonly #http: HttpMetrics
  readonly #scheme: string
  readonly #factor: number
  readonly #views = new Map<HistogramCells, View>()
  #shape: HistogramShape | undefined

  constructor(http: HttpMetrics, unit: 'seconds' | 'milliseconds', scheme: 'http' | 'https') {
    this.#http = http
    this.#scheme = scheme
    this.#factor = unit === 'seconds' ? 1 : 1000
  }

  *texts(format: Format): Iterable<string> {
    yield familyHead(this, format)
    const shape = this.#currentShape()
    for (const cells of this.#http.cells) {
      const view = this.#view(cells)
      const { count } = cells
      if (count !== view.count) {
        view.text = shape.text(view.labelText, this.#numbers(cells))
        view.count = count
      }
      yield view.text
    }
  }

  json(): MetricJson {
    const { name, help, type, aggregator } = this
    const { bounds } = this.#currentShape()
    const values: Sample[] = []
    for (const cells of this.#http.cells) {
      const { labels } = this.#view(cells)
      const numbers = this.#numbers(cells)
      let count = 0
      for (const [index, le] of [...bounds, '+Inf'].entries()) {
        count += numbers[index]!
        values.push({ metricName: `${name}_bucket`, labels: { le, ...labels }, value: count })
      }
      values.push({ metricName: `${name}_sum`, labels, value: numbers[bounds.length + 1]! })
      values.push({ metricName: `${name}_count`, labels, value: count })
    }
    return { name, help, type, aggregator, values }
  }

  packed(): PackedFamily {
    const { name, help, type, aggregator } = this
    const { bounds } = this.#currentShape()
    const series = this.#http.cells.map((cells): [string, number[]] => [
      this.#view(cells).labelText,
      this.#numbers(cells)
    ])
    return { name, help, type, aggregator, bounds, series }
  }

  /** The routes' objectives become bounds only when the app is ready. */
  #currentShape(): HistogramShape {
    const { bounds } = this.#http
    if (this.#shape?.bounds.length !== bounds.length) {
      this.#shape = new HistogramShape(
        this.name,
        bounds.map((bound) => bound / this.#factor)
      )
    }
    return this.#shape
  }

  #numbers({ numbers }: HistogramCells): number[] {
    const copy = [...numbers]
    copy[copy.length - 1]! /= this.#factor
    return copy
  }

  #view(cells: HistogramCells): View {
    let view = this.#views.get(cells)
    if (view === undefined) {
      const labels = this.#labels(cells.labels)
      const labelText = labelPairs(Object.keys(labels), Object.values(labels))
      view = { labels, labelText, text: '', count: -1 }
      this.#views.set(cells, view)
    }
    return view
  }

  /** An attribute that a request does not have is no label. */
  #labels({ method, route, status_code: status, ...others }: Record<string, string>): Record<string, string> {
    const labels = {
      http_request_method: method!,
      http_route: route === '__unmatched__' ? '' : route!,
      http_response_status_code: status!,
      url_scheme: this.#scheme,
      error_type: Number(status) >= 500 ? status! : '',
      ...others
    }
    return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''))
  }
}
