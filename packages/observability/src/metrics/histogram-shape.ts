import { numberText } from './text.ts'
import type { Format } from './types.ts'

/** The last sampled trace whose value is in a bucket. */
export interface Exemplar {
  traceId: string
  value: number
  /** Seconds since 1970. */
  at: number
}

/** The common part of all series of a histogram: name, bounds, and the text around their numbers. */
export class HistogramShape {
  readonly name: string
  readonly bounds: readonly number[]
  readonly #boundLabels: readonly string[]

  constructor(name: string, bounds: readonly number[]) {
    this.name = name
    this.bounds = bounds
    this.#boundLabels = [...bounds.map(numberText), '+Inf'].map((bound) => `le="${bound}"} `)
  }

  /** The lines of one series. `numbers` is a count per bucket, one for +Inf, and the sum; `labels` has no braces. */
  text(labels: string, numbers: ArrayLike<number>, exemplars?: readonly (Exemplar | undefined)[]): string {
    const { name } = this
    const start = labels === '' ? `${name}_bucket{` : `${name}_bucket{${labels},`
    const labelSet = labels === '' ? '' : `{${labels}}`
    const parts: string[] = []
    let count = 0
    for (const [index, boundLabel] of this.#boundLabels.entries()) {
      count += numbers[index]!
      const exemplar = exemplars?.[index]
      parts.push(start, boundLabel, `${count}${exemplar === undefined ? '' : exemplarText(exemplar)}\n`)
    }
    const sum = numberText(numbers[this.bounds.length + 1]!)
    parts.push(`${name}_sum${labelSet} ${sum}\n${name}_count${labelSet} ${count}\n`)
    // `join` makes one flat string, which is kept until the next scrape; `+` would keep all parts.
    return parts.join('')
  }
}

const exemplarText = ({ traceId, value, at }: Exemplar): string =>
  ` # {trace_id="${traceId}"} ${value} ${at.toFixed(3)}`

/** One series. Its numbers are in one typed array, so that an observation allocates nothing. */
export class HistogramCells {
  readonly numbers: Float64Array
  readonly labels: Record<string, string>
  /** Without braces. */
  readonly labelText: string
  exemplars: (Exemplar | undefined)[] | undefined
  readonly #shape: HistogramShape
  #text = ''
  #textCount = -1

  constructor(shape: HistogramShape, labels: Record<string, string>, labelText: string) {
    this.#shape = shape
    this.numbers = new Float64Array(shape.bounds.length + 2)
    this.labels = labels
    this.labelText = labelText
  }

  /** Returns the index of the bucket, for an exemplar. */
  observe(value: number): number {
    const { bounds } = this.#shape
    const { numbers } = this
    let index = 0
    while (index < bounds.length && value > bounds[index]!) index++
    numbers[index]! += 1
    numbers[bounds.length + 1]! += value
    return index
  }

  get count(): number {
    let count = 0
    for (let index = this.#shape.bounds.length; index >= 0; index--) count += this.numbers[index]!
    return count
  }

  /** The text of the last scrape, unless a value was observed since. */
  text(format: Format): string {
    const { labelText, numbers, exemplars } = this
    if (format === 'openmetrics' && exemplars !== undefined) {
      return this.#shape.text(labelText, numbers, exemplars)
    }
    const { count } = this
    if (count !== this.#textCount) {
      this.#text = this.#shape.text(labelText, numbers)
      this.#textCount = count
    }
    return this.#text
  }
}
