import { numberText, type Format } from './text.ts'

/** The last sampled trace that fell into a bucket. */
export interface Exemplar {
  traceId: string
  value: number
  /** Seconds since 1970. */
  at: number
}

/** What all series of a histogram share: name, bounds, and the text around their numbers. */
export class HistogramShape {
  readonly name: string
  readonly bounds: readonly number[]
  readonly #ends: readonly string[]

  constructor(name: string, bounds: readonly number[]) {
    this.name = name
    this.bounds = bounds
    this.#ends = [...bounds.map(numberText), '+Inf'].map((bound) => `le="${bound}"} `)
  }

  /** The lines of one series. `numbers` is a count per bucket, one for +Inf, and the sum; `labels` has no braces. */
  text(labels: string, numbers: ArrayLike<number>, exemplars?: readonly (Exemplar | undefined)[]): string {
    const { name } = this
    const start = labels === '' ? `${name}_bucket{` : `${name}_bucket{${labels},`
    const set = labels === '' ? '' : `{${labels}}`
    const parts: string[] = []
    let count = 0
    for (const [index, end] of this.#ends.entries()) {
      count += numbers[index]!
      const exemplar = exemplars?.[index]
      parts.push(start, end, `${count}${exemplar === undefined ? '' : shown(exemplar)}\n`)
    }
    const sum = numberText(numbers[this.bounds.length + 1]!)
    parts.push(`${name}_sum${set} ${sum}\n${name}_count${set} ${count}\n`)
    // Joined, not added: what is kept until the next scrape is one flat string.
    return parts.join('')
  }
}

const shown = ({ traceId, value, at }: Exemplar): string =>
  ` # {trace_id="${traceId}"} ${value} ${at.toFixed(3)}`

/** One series: numbers in one typed array, so that an observation allocates nothing. */
export class HistogramCells {
  readonly numbers: Float64Array
  readonly labels: Record<string, string>
  /** Without braces. */
  readonly labelText: string
  exemplars: (Exemplar | undefined)[] | undefined
  readonly #shape: HistogramShape
  #shown = ''
  #shownCount = -1

  constructor(shape: HistogramShape, labels: Record<string, string>, labelText: string) {
    this.#shape = shape
    this.numbers = new Float64Array(shape.bounds.length + 2)
    this.labels = labels
    this.labelText = labelText
  }

  /** Gives the index of the bucket, for an exemplar. */
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

  /** Made anew only where something was observed since the last time. */
  text(format: Format): string {
    const { labelText, numbers, exemplars } = this
    if (format === 'openmetrics' && exemplars !== undefined) {
      return this.#shape.text(labelText, numbers, exemplars)
    }
    const { count } = this
    if (count !== this.#shownCount) {
      this.#shown = this.#shape.text(labelText, numbers)
      this.#shownCount = count
    }
    return this.#shown
  }
}
