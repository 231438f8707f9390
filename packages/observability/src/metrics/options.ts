import cluster from 'node:cluster'
import { reveal, type Secret } from '@seaworthy/internal'
import { Registry } from 'prom-client'
import { check, section } from '../check.ts'
import { resolveGuard, type Guard } from '../management/guard.ts'
import { resolveLabels, type LabelSpace, type MetricsLabel } from './label-space.ts'
import type { MetricsRegistry } from './exposition.ts'
import { resolveOtlp, type OtlpOptions, type ResolvedOtlp } from './otlp-options.ts'

/** What the service is, for `app_build_info`. */
export interface BuildInfo {
  name?: string | undefined
  version?: string | undefined
  commit?: string | undefined
}

/** Numbers for Prometheus. */
export interface MetricsOptions {
  /**
   * Where they are served: on the management listener where there is one, else on the app's port. Starts with `/`.
   *
   * @defaultValue '/metrics'
   */
  path?: string | undefined

  /**
   * The duration's unit, and so the histogram's name: `http_request_duration_seconds` or `http_request_duration_ms`.
   *
   * @defaultValue 'seconds'
   */
  unit?: 'seconds' | 'milliseconds' | undefined

  /**
   * Upper bounds of the duration's buckets, in `unit`, ascending, above 0.
   *
   * @defaultValue `[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]` in seconds, `[10, 50, 100, 200, 500, 1000, 2000, 5000]` in milliseconds
   */
  buckets?: readonly number[] | undefined

  /**
   * The registry of your own metrics, served in the same scrape: prom-client's, `@prometheus-io/client`'s, or any
   * `{ metrics() }`.
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
   * Labels of your own on the requests' metrics, each with all that it may say:
   * `{ plan: { values: ['free', 'paid'], of: (request) => request.user?.plan } }`. Anything else is `_OTHER`. At most
   * 200 combinations.
   *
   * @defaultValue `{}`
   */
  labels?: Record<string, MetricsLabel> | undefined

  /**
   * How many combinations of method, route, status and own labels are counted apart, from 1 to 1,000,000. Further ones share a
   * series with the route `__overflow__`, and a warning says so once.
   *
   * @defaultValue 5000
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
   * What `app_build_info` says.
   *
   * @defaultValue `npm_package_name`, `npm_package_version` and `GIT_COMMIT` of the environment
   */
  buildInfo?: BuildInfo | undefined

  /**
   * Whether workers of one parent (node:cluster, PM2) answer scrapes for each other: whichever is asked, the numbers
   * are everybody's, and stay when a worker dies. A name keeps two apps of one script apart.
   *
   * @defaultValue `true` in a worker of node:cluster or PM2's cluster mode, else `false`
   */
  workers?: boolean | string | undefined

  /**
   * Pushes the numbers to a collector as well, as OTLP over HTTP. In a group of workers each pushes its own.
   *
   * @defaultValue false
   */
  otlp?: OtlpOptions | false | undefined

  /** Asked for as `Authorization: Bearer …` where metrics are on the app's port. At least 16 characters. */
  token?: string | Secret | undefined

  /** Who may scrape where metrics are on the app's port: IP addresses or CIDR ranges. */
  allow?: readonly string[] | undefined
}

export interface ResolvedMetrics {
  path: string
  unit: 'seconds' | 'milliseconds'
  buckets: readonly number[]
  registry: MetricsRegistry
  defaultMetrics: boolean
  labels: LabelSpace
  maxSeries: number
  bodySizes: boolean
  outgoing: boolean
  buildInfo: BuildInfo
  /** The group's name. */
  workers: string | undefined
  otlp: ResolvedOtlp | undefined
  guard: Guard
}

const defaultBuckets = {
  seconds: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  milliseconds: [10, 50, 100, 200, 500, 1000, 2000, 5000]
}

const names = [
  'path',
  'unit',
  'buckets',
  'registry',
  'defaultMetrics',
  'labels',
  'maxSeries',
  'bodySizes',
  'outgoing',
  'buildInfo',
  'workers',
  'otlp',
  'token',
  'allow'
]

export function resolveMetrics(options: MetricsOptions): ResolvedMetrics {
  section('metrics', options)
  check.keys('metrics', options, names)
  const { path = '/metrics', registry = new Registry(), buildInfo = {}, token, allow } = options
  const unit = check.oneOf('metrics.unit', options.unit ?? 'seconds', ['seconds', 'milliseconds'] as const)

  if (!check.string('metrics.path', path).startsWith('/'))
    check.fail('metrics.path', "text that starts with '/'", path)
  if (typeof registry !== 'object' || typeof registry?.metrics !== 'function') {
    check.fail('metrics.registry', 'a registry with a function "metrics"', registry)
  }
  check.keys('metrics.buildInfo', buildInfo, ['name', 'version', 'commit'])
  return {
    path,
    unit,
    buckets: resolveBuckets(options.buckets ?? defaultBuckets[unit]),
    registry,
    defaultMetrics: check.boolean('metrics.defaultMetrics', options.defaultMetrics ?? true),
    labels: resolveLabels(options.labels ?? {}),
    maxSeries: check.integer('metrics.maxSeries', options.maxSeries ?? 5000, { min: 1, max: 1_000_000 }),
    bodySizes: check.boolean('metrics.bodySizes', options.bodySizes ?? false),
    outgoing: check.boolean('metrics.outgoing', options.outgoing ?? true),
    buildInfo,
    workers: resolveWorkers(options.workers ?? cluster.isWorker),
    otlp: (options.otlp ?? false) === false ? undefined : resolveOtlp(options.otlp as OtlpOptions),
    guard: resolveGuard('metrics', token === undefined ? undefined : reveal(token), allow)
  }
}

function resolveWorkers(workers: unknown): string | undefined {
  if (typeof workers === 'string') return check.string('metrics.workers', workers)
  if (typeof workers !== 'boolean') return check.fail('metrics.workers', 'true, false or a name', workers)
  return workers ? '' : undefined
}

function resolveBuckets(buckets: readonly number[]): readonly number[] {
  const fine =
    Array.isArray(buckets) &&
    buckets.length > 0 &&
    buckets.every((bound, index) => Number.isFinite(bound) && bound > (index === 0 ? 0 : buckets[index - 1]!))
  if (!fine) check.fail('metrics.buckets', 'a list of ascending numbers above 0', buckets)
  return [...buckets]
}
