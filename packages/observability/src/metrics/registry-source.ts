import type { Registry } from 'prom-client'
import { promClient } from './prom-client.cjs'

/**
 * A registry of prom-client, of its successor, or any other object that returns Prometheus' text.
 *
 * @example
 * const registry: MetricsRegistry = { metrics: async () => '# TYPE jobs_total counter\njobs_total 3\n' }
 * await app.register(observability, { metrics: { registry } })
 */
export interface MetricsRegistry {
  metrics(): string | Promise<string>
  readonly contentType?: string
  getMetricsAsJSON?(): unknown
}

/** The registry of an app, which may not exist yet. */
export interface RegistrySource {
  /** The registry. One of prom-client is made with the first call, unless the app has its own. */
  get(): MetricsRegistry
  /** Calls back with the registry as soon as there is one: now, if there is. */
  whenMade(use: (registry: MetricsRegistry) => void): void
}

/** @param registry - The app's own. `undefined`: prom-client, which takes long to load, is loaded when it is needed. */
export function registrySource(registry: MetricsRegistry | undefined): RegistrySource {
  let made = registry
  const waiting: ((registry: MetricsRegistry) => void)[] = []
  return {
    get() {
      if (made !== undefined) return made
      const fresh: MetricsRegistry = new (promClient().Registry)()
      made = fresh
      for (const use of waiting.splice(0)) use(fresh)
      return fresh
    },
    whenMade(use) {
      if (made === undefined) waiting.push(use)
      else use(made)
    }
  }
}

/** prom-client's metrics of the process and the runtime, once per registry. */
export function collectDefaults(registry: MetricsRegistry): void {
  const client = registry as Partial<Registry>
  if (client.registerMetric === undefined) return
  if (client.getSingleMetric?.('process_cpu_user_seconds_total') !== undefined) return
  const before = namesOf(client)
  promClient().collectDefaultMetrics({ register: client as Registry })
  // Gauges with names of counters, which are sums of series that exist anyway.
  for (const name of ['handles', 'requests', 'resources']) {
    client.removeSingleMetric?.(`nodejs_active_${name}_total`)
  }
  const added = namesOf(client).filter((name) => !before.includes(name))
  explainConflicts(client as Registry, new Set(added))
}

const namesOf = (registry: Partial<Registry>): string[] =>
  (registry.getMetricsAsArray?.() ?? []).map(({ name }) => name)

/** prom-client's error for the app's own `collectDefaultMetrics()` says neither whose metrics these are nor what to do. */
function explainConflicts(registry: Registry, defaults: ReadonlySet<string>): void {
  const register = registry.registerMetric.bind(registry)
  registry.registerMetric = (metric) => {
    const { name } = metric as unknown as { name: string }
    if (defaults.has(name) && registry.getSingleMetric(name) !== undefined) {
      throw new Error(
        `observability: "${name}" is in this registry already; set metrics.defaultMetrics: false to call collectDefaultMetrics() for it yourself`
      )
    }
    register(metric)
  }
}
