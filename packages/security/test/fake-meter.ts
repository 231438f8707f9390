import type { Meter, MetricOptions } from '@seaworthy/contract'

/** Stands in for the meter of observability: keeps the counts, and of each name the first gauge. */
export function fakeMeter() {
  const names: string[] = []
  const counts = new Map<string, number>()
  const collectors = new Map<string, () => void>()
  const values = new Map<string, number>()
  const note = ({ name }: MetricOptions): string => {
    names.push(name)
    return name
  }
  const meter: Meter = {
    counter(options) {
      const name = note(options)
      return {
        with: (...labels) => ({
          inc(value = 1) {
            const series = [name, ...labels].join(' ')
            counts.set(series, (counts.get(series) ?? 0) + value)
          }
        })
      }
    },
    gauge(options) {
      const name = note(options)
      const cell = { set: (value: number) => void values.set(name, value), inc() {}, dec() {} }
      const family = { with: () => cell }
      if (!collectors.has(name)) collectors.set(name, () => options.collect?.(family))
      return family
    },
    histogram(options) {
      note(options)
      return { with: () => ({ observe() {} }) }
    }
  }
  return {
    meter,
    /** The names of all metrics, in the order of their creation. */
    names,
    /** The counts by name and labels. */
    counts,
    /** The sum of a counter's series. */
    total: (name: string): number =>
      [...counts].reduce((sum, [series, count]) => sum + (series.split(' ')[0] === name ? count : 0), 0),
    /** The value of a gauge. */
    read(name: string): number | undefined {
      collectors.get(name)?.()
      return values.get(name)
    }
  }
}
