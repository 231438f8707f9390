import type { PackedFamily } from '../metrics/packed.ts'

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
 * A number whose sums are exact, in whichever order: one with all its binary places would make a sum of seconds fall by
 * the last of them when workers are added in another order, and Prometheus takes a fall for a restart. Exact to a
 * microsecond, in sums up to some 270 years.
 */
const exact = (value: number, scale: number): number =>
  Number.isInteger(value) ? value : Math.floor(value * scale) / scale

interface Sum {
  family: PackedFamily
  series: Map<string, { numbers: number[]; count: number }>
}

/** The series of a family in the buckets of another: during a release, workers may differ in their objectives. */
function inBuckets(bounds: readonly number[] | undefined, { bounds: own, series }: PackedFamily) {
  if (bounds === undefined || own === undefined || own.join() === bounds.join()) return series
  const places = [...own, Infinity].map((bound) => {
    const place = bounds.findIndex((other) => other >= bound)
    return place < 0 ? bounds.length : place
  })
  return series.map(([labels, numbers]): [string, number[]] => {
    const moved = Array.from({ length: bounds.length + 2 }, () => 0)
    for (const [index, place] of places.entries()) moved[place]! += numbers[index]!
    moved[bounds.length + 1] = numbers[own.length + 1]!
    return [labels, moved]
  })
}

/** One set of families from several workers', each by its own rule. Added one by one, to share the event loop. */
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
    for (const [labels, numbers] of inBuckets(sum.family.bounds, family)) {
      const known = sum.series.get(labels)
      if (known === undefined) {
        sum.series.set(labels, { numbers: numbers.map((value) => exact(value, scale)), count: 1 })
        continue
      }
      known.count++
      for (const [index, value] of numbers.entries()) {
        known.numbers[index] = combine(known.numbers[index] ?? 0, exact(value, scale))
      }
    }
  }

  get families(): PackedFamily[] {
    return Array.from(this.#families.values(), ({ family, series }) => {
      const average = family.aggregator === 'average'
      return {
        ...family,
        series: Array.from(series, ([labels, { numbers, count }]): [string, number[]] => [
          labels,
          average ? numbers.map((value) => value / count) : numbers
        ])
      }
    })
  }
}
