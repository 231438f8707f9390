import { isClusterWorker, type Secret } from '@seaworthy/internal'
import { assertOptionsObject, check, optionNames, type Defaults } from '../check.ts'
import { resolveGuard, type Guard } from '../management/guard.ts'
import { resolveBuckets } from './buckets.ts'
import { checkBuildInfo, type BuildInfo } from './build-info.ts'
import { type MetricsRegistry, registrySource, type RegistrySource } from './registry-source.ts'
import { resolveLabels, type LabelSpace, type MetricsLabel } from './label-space.ts'
import { resolveOtlp, type OtlpOptions, type ResolvedOtlp } from './otlp-options.ts'

/**
 * Metrics for Prometheus.
 *
 * @example
 * const metrics: MetricsOptions = { path: '/internal/metrics', bodySizes: true }
 * await app.register(observability, { metrics })
 */
export interface MetricsOptions {
  /**
   * The path of the scrape: on the management listener where there is one, else on the app's port. Starts with `/`.
   *
   * @defaultValue '/metrics'
   * @throws RangeError for text that does not start with `/`.
   */
  path?: string | undefined

  /**
   * The unit of the durations, and so the histogram's name: `http_request_duration_seconds` or
   * `http_request_duration_ms`.
   *
   * @defaultValue 'seconds'
   * @throws RangeError for another unit.
   */
  unit?: 'seconds' | 'milliseconds' | undefined

  /**
   * The upper bounds of the duration's buckets, in `unit`: ascending numbers above 0.
   *
   * @defaultValue `[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]` in seconds, `[10, 50, 100, 200, 500, 1000, 2000, 5000]` in milliseconds
   * @throws RangeError for a list that is empty or not ascending.
   */
  buckets?: readonly number[] | undefined

  /**
   * The registry with the app's metrics, which are part of the same scrape: prom-client's, `@prometheus-io/client`'s, or
   * any `{ metrics() }`.
   *
   * @defaultValue `new Registry()` of prom-client
   */
  registry?: MetricsRegistry | undefined

  /**
   * Process and runtime metrics: CPU, memory, event loop, garbage collection, file descriptors.
   *
   * @defaultValue true
   */
  defaultMetrics?: boolean | undefined

  /**
   * Labels of the app on the metrics of requests, each with all of its values:
   * `{ plan: { values: ['free', 'paid'], of: (request) => request.user?.plan } }`. Any other value is `_OTHER`. At most
   * 200 combinations.
   *
   * @defaultValue `{}`
   * @throws RangeError for a reserved name, a label without values, or too many combinations.
   */
  labels?: Record<string, MetricsLabel> | undefined

  /**
   * The number of series of the requests' metrics: combinations of method, route, status and the app's labels. 1 to 1000000.
   * Further combinations share a series with the route `__overflow__`, and one warning is logged.
   *
   * @defaultValue 5000
   * @throws RangeError for a number outside that range.
   */
  maxSeries?: number | undefined

  /**
   * Histograms of request and response bodies, in bytes, by method and route.
   *
   * @defaultValue false
   */
  bodySizes?: boolean | undefined

  /**
   * Counts and times outgoing requests of `fetch` and undici, by host: `http_client_request_duration_seconds`.
   *
   * @defaultValue true
   */
  outgoing?: boolean | undefined

  /**
   * The labels of `app_build_info`.
   *
   * @defaultValue `npm_package_name`, `npm_package_version` and `GIT_COMMIT` of the environment
   */
  buildInfo?: BuildInfo | undefined

  /**
   * Whether the workers of one parent (node:cluster, PM2) answer scrapes for each other: each scrape has the sum of all
   * workers, and keeps the counts of workers that ended. A name separates two apps of one script.
   *
   * @defaultValue `true` in a worker of node:cluster or PM2's cluster mode, else `false`
   */
  workers?: boolean | string | undefined

  /**
   * Pushes the metrics to a collector too, as OTLP over HTTP. In a group of workers each pushes its own. What
   * `{}` leaves out comes from OpenTelemetry's variables.
   *
   * @defaultValue `{}` where `OTEL_METRICS_EXPORTER` names `otlp` and no OpenTelemetry SDK is active, else `false`
   */
  otlp?: OtlpOptions | false | undefined

  /**
   * Adds the stable metrics of OpenTelemetry's semantic conventions beside ours, for dashboards that use them:
   * `http_server_request_duration_seconds` (pushed as `http.server.request.duration`) from the same numbers, and the
   * conventions' labels on `http_client_request_duration_seconds` (pushed as `http.client.request.duration` too).
   *
   * @defaultValue false
   */
  semanticConventions?: boolean | undefined

  /**
   * The token that scrapes must have as `Authorization: Bearer …`, where metrics are on the app's port. At least 16
   * characters.
   *
   * @defaultValue none: no token is needed
   * @throws RangeError for a shorter one.
   */
  token?: string | Secret | undefined

  /**
   * The addresses that may scrape, where metrics are on the app's port: IP addresses or CIDR ranges.
   *
   * @defaultValue none: every address may scrape
   * @throws RangeError for an entry that is neither an address nor a range.
   */
  allow?: readonly string[] | undefined
}

const names = optionNames<MetricsOptions>({
  path: true,
  unit: true,
  buckets: true,
  registry: true,
  defaultMetrics: true,
  labels: true,
  maxSeries: true,
  bodySizes: true,
  outgoing: true,
  buildInfo: true,
  workers: true,
  otlp: true,
  semanticConventions: true,
  token: true,
  allow: true
})

type MetricsDefaults = Defaults<
  MetricsOptions,
  'buckets' | 'registry' | 'workers' | 'otlp' | 'token' | 'allow'
>

export const metricsDefaults: MetricsDefaults = {
  path: '/metrics',
  unit: 'seconds',
  defaultMetrics: true,
  labels: {},
  maxSeries: 5000,
  bodySizes: false,
  outgoing: true,
  buildInfo: {},
  semanticConventions: false
}

export interface ResolvedMetrics {
  path: string
  unit: 'seconds' | 'milliseconds'
  buckets: readonly number[]
  registry: RegistrySource
  defaultMetrics: boolean
  labels: LabelSpace
  maxSeries: number
  bodySizes: boolean
  outgoing: boolean
  buildInfo: BuildInfo
  /** The name of the group. `undefined` for a process of its own. */
  workers: string | undefined
  otlp: ResolvedOtlp | undefined
  semanticConventions: boolean
  guard: Guard
}

/** Fills in the defaults. @throws RangeError for an option that cannot work. */
export function resolveMetrics(options: MetricsOptions): ResolvedMetrics {
  assertOptionsObject('metrics', options)
  check.keys('metrics', options, names)
  const { path, unit, buildInfo, ...others } = withDefaults(options)
  const { registry } = options

  check.oneOf('metrics.unit', unit, ['seconds', 'milliseconds'] as const)
  if (!check.string('metrics.path', path).startsWith('/'))
    check.fail('metrics.path', "text that starts with '/'", path)
  if (registry !== undefined && (typeof registry !== 'object' || typeof registry?.metrics !== 'function')) {
    check.fail('metrics.registry', 'a registry with a function "metrics"', registry)
  }
  return {
    path,
    unit,
    buckets: resolveBuckets(options.buckets, unit),
    registry: registrySource(registry),
    defaultMetrics: check.boolean('metrics.defaultMetrics', others.defaultMetrics),
    labels: resolveLabels(others.labels),
    maxSeries: check.integer('metrics.maxSeries', others.maxSeries, { min: 1, max: 1_000_000 }),
    bodySizes: check.boolean('metrics.bodySizes', others.bodySizes),
    outgoing: check.boolean('metrics.outgoing', others.outgoing),
    buildInfo: checkBuildInfo(buildInfo),
    workers: resolveWorkers(options.workers ?? isClusterWorker()),
    otlp: resolveOtlp(options.otlp),
    semanticConventions: check.boolean('metrics.semanticConventions', others.semanticConventions),
    guard: resolveGuard('metrics', options)
  }
}

/** `undefined` is an option that was not set. */
const withDefaults = (options: MetricsOptions): MetricsDefaults => {
  const set = Object.entries(options).filter(([, value]) => value !== undefined)
  return { ...metricsDefaults, ...Object.fromEntries(set) }
}

function resolveWorkers(workers: unknown): string | undefined {
  if (typeof workers === 'string') return check.string('metrics.workers', workers)
  if (typeof workers !== 'boolean') return check.fail('metrics.workers', 'true, false or a name', workers)
  return workers ? '' : undefined
}
