import { samples } from './helpers.ts'

/** The values of a scrape that only grow: counters, buckets, counts and sums. */
export class Totals {
  readonly #found = new Map<string, number>()

  constructor(text: string) {
    const kinds = new Map(
      [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', kind]) => [name, kind])
    )
    for (const [sample, value] of samples(text)) {
      const name = sample.replace(/\{.*/, '')
      const kind = kinds.get(name) ?? kinds.get(name.replace(/_(?:bucket|sum|count)$/, ''))
      if (kind !== 'gauge' || name === 'process_start_time_seconds') this.#found.set(sample, value)
    }
  }

  /** The sum of the samples that match. */
  get(pattern: RegExp): number {
    let sum = 0
    for (const [sample, value] of this.#found) if (pattern.test(sample)) sum += value
    return sum
  }

  /** The samples that a later scrape has lower, or not at all. */
  fallenIn(later: Totals): string[] {
    return [...this.#found].flatMap(([sample, value]) => {
      const now = later.#found.get(sample) ?? -1
      return now >= value || sample === 'process_start_time_seconds'
        ? []
        : [`${sample}: ${value}, then ${now}`]
    })
  }
}
