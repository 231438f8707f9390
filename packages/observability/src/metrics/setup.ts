import type { FastifyInstance } from 'fastify'
import type { ResolvedMetrics } from './options.ts'
import { bodySizes } from './body-sizes.ts'
import { addBuildInfo } from './build-info.ts'
import { CollectorHealth } from './collector-health.ts'
import { Exposition } from './exposition.ts'
import { HttpMetrics } from './http.ts'
import type { LabelSpace } from './label-space.ts'
import { Metrics } from './meter.ts'
import { runtimeMetrics } from './runtime.ts'
import { SemanticHttpView } from './semantic-http.ts'

/** The metrics of the app, and how they are exposed. */
export interface MetricsSetup {
  metrics: Metrics
  http: HttpMetrics
  labels: LabelSpace
  exposition: Exposition
  aborted: { inc(): void }
  sizes: ReturnType<typeof bodySizes> | undefined
  countRejection: (reason: string, statusCode: number) => void
}

export function setUpMetrics(
  options: ResolvedMetrics,
  { log, initialConfig }: Pick<FastifyInstance, 'log' | 'initialConfig'>
): MetricsSetup {
  const warn = (metric: string) =>
    log.warn(
      { metric },
      'observability: a metric has too many series; further ones share the label __overflow__; use labels with fewer values'
    )
  const health = new CollectorHealth(log)
  const metrics = new Metrics(warn, health)
  const http = new HttpMetrics({ ...options, onOverflow: () => warn('http_requests_total') })
  metrics.add(http.duration)
  metrics.add(http.total)
  if (options.semanticConventions) {
    metrics.add(new SemanticHttpView(http, options.unit, initialConfig.https ? 'https' : 'http'))
  }

  const aborted = metrics.counter({
    name: 'http_requests_aborted_total',
    help: 'Requests whose client closed the connection before the response was complete'
  })
  const rejections = metrics.counter({
    name: 'http_requests_refused_total',
    help: 'Requests that were rejected before any handler, by reason',
    labels: ['reason', 'status_code']
  })
  addBuildInfo(metrics, options.buildInfo)
  if (options.defaultMetrics) runtimeMetrics(metrics)
  return {
    metrics,
    http,
    labels: options.labels,
    exposition: new Exposition(metrics.families, options.registry, health),
    aborted: aborted.with(),
    sizes: options.bodySizes ? bodySizes(metrics) : undefined,
    countRejection: (reason, statusCode) => rejections.with(reason, `${statusCode}`).inc()
  }
}

/** Open requests and connections, as numbers that a scrape reads. */
export interface ConnectionCounts {
  readonly inFlight: number
  /** Those of them whose answers last for as long as their client listens. */
  readonly longLived: number
  readonly active: number
}

export function connectionGauges(
  metrics: Metrics,
  connections: ConnectionCounts,
  scrapes: () => number
): void {
  metrics.gauge({
    name: 'http_requests_in_flight',
    help: 'Requests without a complete response, except the scrape itself and long-lived answers',
    collect: (family) => family.with().set(connections.inFlight - connections.longLived - scrapes())
  })
  metrics.gauge({
    name: 'active_connections',
    help: 'Number of open connections',
    collect: (family) => family.with().set(connections.active)
  })
}
