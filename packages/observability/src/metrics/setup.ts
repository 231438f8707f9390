import { collectDefaultMetrics, type Registry } from 'prom-client'
import type { FastifyBaseLogger } from 'fastify'
import type { Connections } from '../http/connections.ts'
import type { ResolvedMetrics } from './options.ts'
import { bodySizes } from './body-sizes.ts'
import { Exposition } from './exposition.ts'
import { HttpMetrics } from './http.ts'
import type { LabelSpace } from './label-space.ts'
import { Metrics } from './meter.ts'
import { runtimeMetrics } from './runtime.ts'

/** All that is counted, and how it is shown. */
export interface MetricsSetup {
  metrics: Metrics
  http: HttpMetrics
  labels: LabelSpace
  exposition: Exposition
  aborted: { inc(): void }
  sizes: ReturnType<typeof bodySizes> | undefined
  refused: (reason: string, statusCode: number) => void
}

export function setUpMetrics(options: ResolvedMetrics, log: FastifyBaseLogger): MetricsSetup {
  const warn = (metric: string) =>
    log.warn({ metric }, 'observability: too many series, further ones share the label __overflow__')
  const metrics = new Metrics(warn)
  const http = new HttpMetrics({ ...options, onOverflow: () => warn('http_requests_total') })
  metrics.add(http.duration)
  metrics.add(http.total)

  const aborted = metrics.counter({
    name: 'http_requests_aborted_total',
    help: 'Requests whose client went away before the answer was complete'
  })
  const refused = metrics.counter({
    name: 'http_requests_refused_total',
    help: 'Requests that were refused before any handler, by reason',
    labels: ['reason', 'status_code']
  })
  buildInfo(metrics, options)
  if (options.defaultMetrics) runtimeMetrics(metrics)
  return {
    metrics,
    http,
    labels: options.labels,
    exposition: new Exposition(metrics.families, options.registry),
    aborted: aborted.with(),
    sizes: options.bodySizes ? bodySizes(metrics) : undefined,
    refused: (reason, statusCode) => refused.with(reason, `${statusCode}`).inc()
  }
}

export function connectionGauges(metrics: Metrics, connections: Connections, scrapes: () => number): void {
  metrics.gauge({
    name: 'http_requests_in_flight',
    help: 'Requests being worked on, the scrape itself excepted',
    collect: (family) => family.with().set(connections.inFlight - scrapes())
  })
  metrics.gauge({
    name: 'active_connections',
    help: 'Number of open connections',
    collect: (family) => family.with().set(connections.active)
  })
}

/** What is running, as given or as the environment says. */
export function buildOf({ buildInfo }: ResolvedMetrics): { name: string; version: string; commit: string } {
  const { env } = process
  return {
    name: buildInfo.name ?? env.npm_package_name ?? '',
    version: buildInfo.version ?? env.npm_package_version ?? '',
    commit: buildInfo.commit ?? env.GIT_COMMIT ?? ''
  }
}

function buildInfo(metrics: Metrics, options: ResolvedMetrics): void {
  const { name, version, commit } = buildOf(options)
  metrics
    .gauge({
      name: 'app_build_info',
      help: 'What is running; always 1',
      labels: ['name', 'version', 'commit', 'node']
    })
    .with(name, version, commit, process.version)
    .set(1)
}

/** prom-client's own metrics of process and runtime, once per registry. */
export function defaultMetrics({ registry, defaultMetrics }: ResolvedMetrics): void {
  const client = registry as Partial<Registry>
  if (!defaultMetrics || client.registerMetric === undefined) return
  if (client.getSingleMetric?.('process_cpu_user_seconds_total') !== undefined) return
  collectDefaultMetrics({ register: client as Registry })
  // Gauges named like counters, and sums of series that are there anyway.
  for (const name of ['handles', 'requests', 'resources']) {
    client.removeSingleMetric?.(`nodejs_active_${name}_total`)
  }
}
