import type { Registry } from 'prom-client'
import type { Exposed, MetricJson, Sample } from './family.ts'
import { head, labelText, numberText, type Format } from './text.ts'

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
      const facade = { name, help, type, aggregator, get: async () => family.json(), reset: () => undefined }
      registry.registerMetric(facade as never)
      attached.set(name, facade)
    }
    return () => {
      for (const [name, facade] of attached) {
        if (registry.getSingleMetric?.(name) === facade) registry.removeSingleMetric?.(name)
      }
    }
  }

  async render(format: Format): Promise<string> {
    const others = await this.#othersAsJson()
    let text = ''
    for (const family of this.#families.values()) text += family.render(format)
    text +=
      others === undefined ? converted(await this.#registry.metrics(), format) : jsonText(others, format)
    return format === 'openmetrics' ? `${text}# EOF\n` : text
  }

  /** Everything as JSON, for adding up workers. */
  async json(): Promise<MetricJson[]> {
    return [
      ...[...this.#families.values()].map((family) => family.json()),
      ...((await this.#othersAsJson()) ?? [])
    ]
  }

  async #othersAsJson(): Promise<MetricJson[] | undefined> {
    if (this.#registry.getMetricsAsJSON === undefined) return undefined
    const all = (await this.#registry.getMetricsAsJSON()) as MetricJson[]
    return all.filter(({ name }) => !this.#families.has(name))
  }
}

/** Families as a registry gives them, as text. Neither format changes the registry's own objects. */
export function jsonText(families: readonly MetricJson[], format: Format): string {
  let text = ''
  for (const family of families) {
    const counter = family.type === 'counter' && format === 'openmetrics'
    text += head(family.name, family.help, family.type, format)
    for (const sample of family.values) {
      const name = sample.metricName ?? family.name
      text += sampleText(counter && !name.endsWith('_total') ? `${name}_total` : name, sample)
    }
  }
  return text
}

function sampleText(name: string, { labels, value }: Sample): string {
  const names = Object.keys(labels)
  return `${name}${labelText(names, Object.values(labels).map(String))} ${numberText(value)}\n`
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
