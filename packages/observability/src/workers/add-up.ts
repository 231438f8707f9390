import type { MetricJson, Sample } from '../metrics/family.ts'

type Combine = (values: number[]) => number

const sum: Combine = (values) => values.reduce((total, value) => total + value, 0)

const combiners: Record<string, Combine> = {
  sum,
  first: ([value = 0]) => value,
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
  average: (values) => sum(values) / values.length
}

/** One set of families from several workers', each by its own rule. */
export function addUp(snapshots: readonly MetricJson[][]): MetricJson[] {
  const families = new Map<string, MetricJson[]>()
  for (const snapshot of snapshots) {
    for (const family of snapshot) {
      const same = families.get(family.name)
      if (same === undefined) families.set(family.name, [family])
      else same.push(family)
    }
  }
  return [...families.values()].filter(([first]) => first!.aggregator !== 'omit').map(combined)
}

function combined(families: MetricJson[]): MetricJson {
  const [first] = families
  const series = new Map<string, { sample: Sample; values: number[] }>()
  for (const { values } of families) {
    for (const sample of values) {
      const key = keyOf(sample)
      const same = series.get(key)
      if (same === undefined) series.set(key, { sample, values: [sample.value] })
      else same.values.push(sample.value)
    }
  }
  const combine = combiners[first!.aggregator] ?? sum
  const values = [...series.values()].map(({ sample, values }) =>
    Object.assign({}, sample, { value: combine(values) })
  )
  const { name, help, type, aggregator } = first!
  return { name, help, type, aggregator, values }
}

const keyOf = ({ metricName = '', labels }: Sample): string =>
  `${metricName}${JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))}`
