import { invalidOption, withTimeout } from '@seaworthy/internal'
import type { Registry } from 'prom-client'
import { defaultLabelsOf } from '../internals/index.ts'
import { inBlocks } from './blocks.ts'
import type { CollectorHealth } from './collector-health.ts'
import { labelledPacked, labelledText } from './default-labels.ts'
import { convertText } from './openmetrics.ts'
import { packedTexts, packFamily } from './packed.ts'
import type { MetricsRegistry, RegistrySource } from './registry-source.ts'
import type { Exposed, Format, MetricJson, PackedFamily } from './types.ts'

/** Marks the metrics of this package in a registry, whichever app and copy of the package put them there. */
const kOurs = Symbol.for('seaworthy.metric.v1')

/** Combines the plugin's metrics and those of a registry in one scrape, each name once, in either format. */
export class Exposition {
  readonly #families: Map<string, Exposed>
  readonly #source: RegistrySource
  readonly #health: CollectorHealth
  #readingRegistry = false

  constructor(families: Map<string, Exposed>, source: RegistrySource, health: CollectorHealth) {
    this.#families = families
    this.#source = source
    this.#health = health
  }

  /**
   * Adds the plugin's metrics to the registry, for its other users (a push gateway). Returns how to remove them.
   *
   * @throws RangeError for a metric of the app that has the name of ours: a scrape can show one of them only.
   */
  attach(): () => void {
    let detach = (): void => undefined
    this.#source.whenMade((registry) => (detach = this.#attachTo(registry)))
    return () => detach()
  }

  #attachTo(made: MetricsRegistry): () => void {
    const registry = made as Partial<Registry>
    if (registry.registerMetric === undefined || registry.getSingleMetric === undefined)
      return () => undefined

    const attached = new Map<string, unknown>()
    for (const family of this.#families.values()) {
      const name = family.name
      // In OpenMetrics, a counter and a metric with its name without `_total` are one family.
      const find = (some: string) => registry.getSingleMetric!(some) as MarkedMetric | undefined
      const existing = find(name) ?? find(name.replace(/_total$/, ''))
      // Two apps may share a registry.
      if (existing?.[kOurs] === true) continue
      if (existing !== undefined) {
        throw invalidOption(
          `observability: "metrics.registry" has a metric "${existing.name}", which is a name of ours too: rename that metric, or leave it out of this registry`
        )
      }
      const { help, type, aggregator } = family
      const get = async () =>
        this.#readingRegistry ? { name, help, type, aggregator, values: [] } : family.json()
      const facade = { name, help, type, aggregator, get, reset: () => undefined, [kOurs]: true as const }
      registry.registerMetric(facade as never)
      attached.set(name, facade)
    }
    return () => {
      for (const [name, facade] of attached) {
        if (registry.getSingleMetric?.(name) === facade) registry.removeSingleMetric?.(name)
      }
    }
  }

  /** The scrape in blocks. Between them, requests are served. */
  async *blocks(format: Format): AsyncGenerator<Buffer, void> {
    const registered = await this.#registryFamilies()
    const texts =
      registered === undefined
        ? [convertText(await this.#registryText(), format)]
        : packedTexts(registered.map(packFamily), format)
    yield* inBlocks(this.#texts(format, texts))
  }

  async render(format: Format): Promise<string> {
    const blocks: Buffer[] = []
    for await (const block of this.blocks(format)) blocks.push(block)
    return Buffer.concat(blocks).toString()
  }

  *#texts(format: Format, registryTexts: Iterable<string>): Iterable<string> {
    const labels = Object.entries(defaultLabelsOf(this.#source.get()))
    for (const family of this.#families.values()) {
      if (labels.length === 0) yield* family.texts(format)
      else for (const text of family.texts(format)) yield labelledText(text, labels)
    }
    yield* registryTexts
    if (format === 'openmetrics') yield '# EOF\n'
  }

  /** All metrics in compact form. Those of a registry that returns only text are missing. */
  async packed(): Promise<PackedFamily[]> {
    const registered = (await this.#registryFamilies()) ?? []
    const labels = Object.entries(defaultLabelsOf(this.#source.get()))
    return [
      ...Array.from(this.#families.values(), (family) => labelledPacked(family.packed(), labels)),
      ...registered.map(packFamily)
    ]
  }

  async #registryText(): Promise<string> {
    try {
      const text = await withTimeout(collectTimeout, async () => this.#source.get().metrics())
      this.#health.succeeded('metrics.registry')
      return this.#withoutOurs(text)
    } catch (error) {
      this.#health.failed('metrics.registry', error)
      return ''
    }
  }

  /** A registry that returns only text cannot be asked for its names at the start. */
  #withoutOurs(text: string): string {
    const lines = text.split('\n')
    const appLines = lines.filter((line) => {
      const name = /^(?:# (?:HELP|TYPE|UNIT) )?([a-zA-Z_:][\w:]*)/.exec(line)?.[1]
      const family = name?.replace(/_(?:bucket|sum|count|created)$/, '')
      const duplicate = [name, family].find((some) => some !== undefined && this.#isOurs(some))
      if (duplicate !== undefined) this.#reportDuplicate(duplicate)
      return duplicate === undefined
    })
    return appLines.length === lines.length ? text : appLines.join('\n')
  }

  /** Whether a name is that of a family of ours. OpenMetrics names a counter's family without `_total`. */
  #isOurs(name: string): boolean {
    return this.#families.has(name) || this.#families.has(`${name}_total`)
  }

  /** The families of the registry. `undefined` for one that returns only text. */
  async #registryFamilies(): Promise<MetricJson[] | undefined> {
    const { getMetricsAsJSON, getMetricsAsArray } = this.#source.get() as Partial<Registry>
    if (getMetricsAsJSON === undefined) return undefined
    const metrics = getMetricsAsArray?.call(this.#source.get()) as unknown as Collected[] | undefined
    const all =
      metrics?.every(({ get }) => typeof get === 'function') === true
        ? await this.#collectEach(metrics)
        : await this.#collectAll()
    return all.filter(({ name }) => !this.#isOurs(name))
  }

  /** One by one, because one collector that fails or hangs fails the registry's function for all. */
  async #collectEach(metrics: readonly Collected[]): Promise<MetricJson[]> {
    const labels = defaultLabelsOf(this.#source.get())
    const others = metrics.filter((metric) => metric[kOurs] !== true || !this.#families.has(metric.name))
    for (const { name, [kOurs]: ours } of others)
      if (ours !== true && this.#isOurs(name)) this.#reportDuplicate(name)
    const collected = await Promise.all(
      others.map(async (metric) => {
        try {
          const json = await withTimeout(collectTimeout, async () => metric.get())
          if (!Array.isArray(json?.values)) throw new TypeError('its function "get" returned no values')
          this.#health.succeeded(metric.name)
          return withDefaults(json, labels)
        } catch (error) {
          this.#health.failed(metric.name, error)
          return undefined
        }
      })
    )
    return collected.filter((json) => json !== undefined)
  }

  async #collectAll(): Promise<MetricJson[]> {
    // The registry calls each metric synchronously. Those of the plugin are written without it.
    this.#readingRegistry = true
    let result: unknown
    try {
      result = this.#source.get().getMetricsAsJSON!()
    } catch (error) {
      result = Promise.reject(error)
    } finally {
      this.#readingRegistry = false
    }
    try {
      const all = (await withTimeout(collectTimeout, async () => result)) as MetricJson[]
      const usable = all.filter(({ values }) => Array.isArray(values))
      this.#health.succeeded('metrics.registry')
      return usable
    } catch (error) {
      this.#health.failed('metrics.registry', error)
      return []
    }
  }

  /** A metric that the app has added since the start. */
  #reportDuplicate(name: string): void {
    this.#health.failed(
      name,
      new Error(`the app has a metric "${name}", which is a name of ours too: rename it`)
    )
  }
}

/** A metric in a registry. */
interface MarkedMetric {
  name: string
  [kOurs]?: true
}

/** Milliseconds that a collector may take. A scrape usually has ten seconds, a shutdown five. */
const collectTimeout = 1000

/** A metric of prom-client. */
interface Collected {
  name: string
  get(): Promise<MetricJson> | MetricJson
  [kOurs]?: true
}

/** The registry's own labels, where a series does not have them. */
function withDefaults(json: MetricJson, labels: Record<string, string>): MetricJson {
  if (Object.keys(labels).length === 0) return json
  return {
    ...json,
    values: json.values.map((sample) => ({ ...sample, labels: { ...labels, ...sample.labels } }))
  }
}
