import type { Registry } from 'prom-client'
import { inBlocks } from './blocks.ts'
import type { Exposed, MetricJson } from './value-family.ts'
import { packed, packedTexts, type PackedFamily } from './packed.ts'
import type { Format } from './text.ts'

/** prom-client's registry, its successor's, or anything else that gives Prometheus' text. */
export interface MetricsRegistry {
  metrics(): string | Promise<string>
  readonly contentType?: string
  getMetricsAsJSON?(): unknown
}

/** Puts the plugin's numbers and a registry's metrics into one scrape, each name once, in either format. */
export class Exposition {
  readonly #families: Map<string, Exposed>
  readonly #registry: MetricsRegistry
  #asking = false

  constructor(families: Map<string, Exposed>, registry: MetricsRegistry) {
    this.#families = families
    this.#registry = registry
  }

  /** Lets the registry's own users (a push gateway, another endpoint) see the plugin's metrics too. */
  attach(): () => void {
    const registry = this.#registry as Partial<Registry>
    if (registry.registerMetric === undefined || registry.getSingleMetric === undefined)
      return () => undefined

    const attached = new Map<string, unknown>()
    for (const family of this.#families.values()) {
      // Someone else's metric of that name stays: two apps may share a registry.
      if (registry.getSingleMetric(family.name) !== undefined) continue
      const { name, help, type, aggregator } = family
      const get = async () => (this.#asking ? { name, help, type, aggregator, values: [] } : family.json())
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

  /** The scrape in blocks; between them, requests have their turn. */
  async *blocks(format: Format): AsyncGenerator<Buffer, void> {
    const others = await this.#othersAsJson()
    const foreign =
      others === undefined
        ? [converted(await this.#registry.metrics(), format)]
        : packedTexts(others.map(packed), format)
    yield* inBlocks(this.#texts(format, foreign))
  }

  async render(format: Format): Promise<string> {
    const blocks: Buffer[] = []
    for await (const block of this.blocks(format)) blocks.push(block)
    return Buffer.concat(blocks).toString()
  }

  *#texts(format: Format, others: Iterable<string>): Iterable<string> {
    for (const family of this.#families.values()) yield* family.texts(format)
    yield* others
    if (format === 'openmetrics') yield '# EOF\n'
  }

  /** Everything, for adding up workers. */
  async packed(): Promise<PackedFamily[]> {
    const others = (await this.#othersAsJson()) ?? []
    return [...Array.from(this.#families.values(), (family) => family.packed()), ...others.map(packed)]
  }

  async #othersAsJson(): Promise<MetricJson[] | undefined> {
    if (this.#registry.getMetricsAsJSON === undefined) return undefined
    // The registry asks each metric at once, and the plugin's own are written without it.
    this.#asking = true
    let asked: unknown
    try {
      asked = this.#registry.getMetricsAsJSON()
    } finally {
      this.#asking = false
    }
    const all = (await asked) as MetricJson[]
    return all.filter(({ name }) => !this.#families.has(name))
  }
}

/** Text 0.0.4 into OpenMetrics: no blank lines, a counter's family without `_total`, its samples with it. */
export function converted(source: string, format: Format): string {
  const lines = source.split('\n').filter((line) => line !== '' && line !== '# EOF')
  if (format === 'text') return lines.map((line) => `${line}\n`).join('')

  const counters = new Set(lines.flatMap((line) => /^# TYPE (\S+) counter$/.exec(line)?.[1] ?? []))
  return lines
    .map((line) => {
      const comment = /^# (HELP|TYPE) (\S+)(.*)$/.exec(line)
      if (comment) {
        const [, kind, name = '', rest = ''] = comment
        return `# ${kind} ${counters.has(name) ? name.replace(/_total$/, '') : name}${rest.replace(/ untyped$/, ' unknown')}\n`
      }
      const name = /^[^{\s]+/.exec(line)?.[0] ?? ''
      return counters.has(name) && !name.endsWith('_total')
        ? `${name}_total${line.slice(name.length)}\n`
        : `${line}\n`
    })
    .join('')
}
