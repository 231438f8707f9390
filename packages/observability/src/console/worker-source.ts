import type { FastifyReply } from 'fastify'
import type { Connections } from '../http/connections.ts'
import type { ManagementServer } from '../management/listener.ts'
import type { HistogramFamily } from '../metrics/histogram.ts'
import type { MetricsSetup } from '../metrics/setup.ts'
import { unmatchedRoute } from '../http/routes.ts'
import { History } from './history.ts'
import type { RecentRequests } from '../http/recent-requests.ts'
import type { Snapshot } from './snapshot.ts'
import { WindowedRows, type RowSource } from './windowed-rows.ts'

export interface WorkerParts {
  management: ManagementServer
  connections: Connections
  setup: MetricsSetup | undefined
  recent: RecentRequests | undefined
}

const outgoingName = 'http_client_request_duration_seconds'
const separator = '\u0000'
const isServerError = ({ status_code }: Record<string, string>): boolean => status_code! >= '500'

/** Makes the status of this process, from the metrics that exist anyway. */
export class WorkerSource {
  readonly #parts: WorkerParts
  readonly #startedAt = Date.now() - process.uptime() * 1000
  readonly #routes: WindowedRows | undefined
  readonly #outgoing: WindowedRows | undefined
  readonly #outgoingBounds: readonly number[]
  readonly #history: History

  /** To be made once all buckets are known. */
  constructor(parts: WorkerParts) {
    this.#parts = parts
    const { setup } = parts
    const http = setup?.http
    this.#routes =
      http &&
      new WindowedRows({
        bounds: http.bounds,
        cells: () => http.cells,
        keyOf: ({ method, route }) => `${method}${separator}${route}`,
        isFailed: isServerError
      })
    const outgoing = setup && outgoingSource(setup)
    this.#outgoing = outgoing && new WindowedRows(outgoing)
    this.#outgoingBounds = outgoing?.bounds ?? []
    this.#history = new History(http ?? { bounds: [], cells: [] }, () => {
      this.#routes?.tick()
      this.#outgoing?.tick()
    })
  }

  start(): void {
    this.#history.start()
  }

  stop(): void {
    this.#history.stop()
  }

  snapshot(): Snapshot {
    const { management, connections, setup, recent } = this.#parts
    const { rss, heapUsed } = process.memoryUsage()
    const history = this.#history.list()
    return {
      pid: process.pid,
      uptime: Math.round(process.uptime()),
      startedAt: this.#startedAt,
      rss,
      heap: heapUsed,
      memoryLimit: process.constrainedMemory(),
      loop: history.at(-1)?.loop ?? 0,
      bounds: setup?.http.bounds ?? [],
      outgoingBounds: this.#outgoingBounds,
      factor: setup?.http.duration.name.endsWith('_ms') === true ? 1 : 1000,
      window: this.#routes?.seconds ?? 0,
      hasTraffic: setup !== undefined,
      inFlight: connections.inFlight - connections.longLived,
      connections: connections.active,
      rows: this.#routes?.list() ?? [],
      inFlightByRow: countByRow(connections.replies()),
      outgoing: this.#outgoing?.list() ?? [],
      history,
      recent: recent?.list(),
      actions: management.actions.last,
      sections: management.snapshots({ live: true })
    }
  }
}

/** The histogram of outgoing requests. Absent where they are not timed. */
function outgoingSource({ metrics }: MetricsSetup): RowSource | undefined {
  const family = metrics.families.get(outgoingName) as HistogramFamily | undefined
  if (family === undefined) return undefined
  return {
    bounds: family.packed().bounds ?? [],
    cells: () => family.series.all(),
    keyOf: ({ host }) => host!,
    isFailed: ({ status_code }) => status_code === 'error' || status_code! >= '500'
  }
}

function countByRow(replies: Iterable<FastifyReply>): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { request } of replies) {
    const key = `${request.method}${separator}${request.routeOptions.url ?? unmatchedRoute}`
    counts[key] = (counts[key] ?? 0) + 1
  }
  return counts
}
