import type { Registry } from 'prom-client'
import { inBlocks } from './blocks.ts'
import { convertText } from './openmetrics.ts'
import { packedTexts, packFamily } from './packed.ts'
import type { Exposed, Format, MetricJson, PackedFamily } from './types.ts'

/** A registry of prom-client, of its successor, or any other object that returns Prometheus' text. */
export interface MetricsRegistry {
  metrics(): string | Promise<string>
  readonly contentType?: string
  getMetricsAsJSON?(): unknown
}

/** Combines the plugin's metrics and those of a registry in one scrape, each name once, in either format. */
export class Exposition {
  readonly #families: Map<string, Exposed>
  readonly #registry: MetricsRegistry
  #readingRegistry = false

  constructor(families: Map<string, Exposed>, registry: MetricsRegistry) {
    this.#families = families
    this.#registry = registry
  }

  /** Adds the plugin's metrics to the registry, for its other users (a push gateway). Returns how to remove them. */
  attach(): () => void {
    const registry = this.#registry as Partial<Registry>
    if (registry.registerMetric === undefined || registry.getSingleMetric === undefined)
      return () => undefined

    const attached = new Map<string, unknown>()
    for (const family of this.#families.values()) {
      // A metric that has the name already is kept: two apps may share a registry.
      if (registry.getSingleMetric(family.name) !== undefined) continue
      const { name, help, type, aggregator } = family
      const get = async () =>
        this.#readingRegistry ? { name, help, type, aggregator, values: [] } : family.json()
      const facade = { name, help, type, aggregator, get, reset: () => undefined }
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
        ? [convertText(await this.#registry.metrics(), format)]
        : packedTexts(registered.map(packFamily), format)
    yield* inBlocks(this.#texts(format, texts))
  }

  async render(format: Format): Promise<string> {
    const blocks: Buffer[] = []
    for await (const block of this.blocks(format)) blocks.push(block)
    return Buffer.concat(blocks).toString()
  }

  *#texts(format: Format, registryTexts: Iterable<string>): Iterable<string> {
    for (const family of this.#families.values()) yield* family.texts(format)
    yield* registryTexts
    if (format === 'openmetrics') yield '# EOF\n'
  }

  /** All metrics in compact form. Those of a registry that returns only text are missing. */
  async packed(): Promise<PackedFamily[]> {
    const registered = (await this.#registryFamilies()) ?? []
    return [
      ...Array.from(this.#families.values(), (family) => family.packed()),
      ...registered.map(packFamily)
    ]
  }

  async #registryFamilies(): Promise<MetricJson[] | undefined> {
    if (this.#registry.getMetricsAsJSON === undefined) return undefined
    // The registry calls each metric synchronously. Those of the plugin are written without it.
    this.#readingRegistry = true
    let result: unknown
    try {
      result = this.#registry.getMetricsAsJSON()
    } finally {
      this.#readingRegistry = false
    }
    const all = (await result) as MetricJson[]
    return all.filter(({ name }) => !this.#families.has(name))
  }
}
