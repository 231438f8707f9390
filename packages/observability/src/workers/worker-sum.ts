import type { PackedFamily, PackedSeries } from '../metrics/types.ts'

type Combine = (sum: number, value: number) => number

const add: Combine = (sum, value) => sum + value
const combiners: Record<string, Combine> = {
  sum: add,
  average: add,
  first: (first) => first,
  min: Math.min,
  max: Math.max
}

/**
 * A number whose sums are exact in any order. With all binary places, a sum of seconds would decrease by the last of them
 * when workers are added in another order, and Prometheus takes a decrease for a restart. Exact to a microsecond, in sums
 * up to some 270 years.
 */
const exact = (value: number, scale: number): number =>
  Number.isInteger(value) ? value : Math.floor(value * scale) / scale

interface Sum {
  family: PackedFamily
  series: Map<string, { numbers: number[]; count: number; exemplar: string | undefined }>
}

/** The series of a family in the buckets of another: during a release, workers may differ in their objectives. */
function inBuckets(bounds: readonly number[] | undefined, { bounds: current, series }: PackedFamily) {
  if (bounds === undefined || current === undefined || current.join() === bounds.join()) return series
  const targets = [...current, Infinity].map((bound) => {
    const target = bounds.findIndex((other) => other >= bound)
    return target < 0 ? bounds.length : target
  })
  return series.map(([labels, numbers]): PackedSeries => {
    const moved = Array.from({ length: bounds.length + 2 }, () => 0)
    for (const [index, target] of targets.entries()) moved[target]! += numbers[index]!
    moved[bounds.length + 1] = numbers[current.length + 1]!
    return [labels, moved]
  })
}

/** Combines the families of workers, each by its rule. They are added one by one, to share the event loop. */
export class WorkerSum {
  readonly #families = new Map<string, Sum>()

  add(families: readonly PackedFamily[]): void {
    for (const family of families) if (family.aggregator !== 'omit') this.#add(family)
  }

  #add(family: PackedFamily): void {
    let sum = this.#families.get(family.name)
    if (sum === undefined) this.#families.set(family.name, (sum = { family, series: new Map() }))
    const combine = combiners[family.aggregator] ?? add
    const scale = /_ms(?:_|$)/.test(family.name) ? 2 ** 10 : 2 ** 20
    for (const [labels, numbers, exemplar] of inBuckets(sum.family.bounds, family)) {
      const entry = sum.series.get(labels)
      if (entry === undefined) {
        sum.series.set(labels, { numbers: numbers.map((value) => exact(value, scale)), count: 1, exemplar })
        continue
      }
      entry.count++
      entry.exemplar ??= exemplar
      for (const [index, value] of numbers.entries()) {
        entry.numbers[index] = combine(entry.numbers[index] ?? 0, exact(value, scale))
      }
    }
  }

  get families(): PackedFamily[] {
    return Array.from(this.#families.values(), ({ family, series }) => {
      const average = family.aggregator === 'average'
      return {
        ...family,
        series: Array.from(series, ([labels, { numbers, count, exemplar }]): PackedSeries => {
          const values = average ? numbers.map((value) => value / count) : numbers
          return exemplar === undefined ? [labels, values] : [labels, values, exemplar]
        })
      }
    })
  }
}
