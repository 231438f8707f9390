/** The value of every label of the series that is shared past the limit. */
export const overflowLabel = '__overflow__'

/** Label values to cells, up to a limit. Past it all share one cell, and `onOverflow` is called once. */
export class SeriesMap<T> {
  readonly cells: Map<string, T> = new Map()
  #overflow: T | undefined
  readonly #labels: readonly string[]
  readonly #limit: number
  readonly #create: (values: readonly string[]) => T
  readonly #onOverflow: () => void

  constructor(
    labels: readonly string[],
    limit: number,
    create: (values: readonly string[]) => T,
    onOverflow: () => void
  ) {
    this.#labels = labels
    this.#limit = limit
    this.#create = create
    this.#onOverflow = onOverflow
  }

  get(values: readonly string[]): T {
    const key = values.length === 1 ? values[0]! : values.join('\u0000')
    const cell = this.cells.get(key)
    if (cell !== undefined) return cell
    if (this.cells.size >= this.#limit) return this.#overflowCell()

    const complete =
      values.length === this.#labels.length ? values : this.#labels.map((_, index) => values[index] ?? '')
    const created = this.#create(complete)
    this.cells.set(key, created)
    return created
  }

  *all(): Iterable<T> {
    yield* this.cells.values()
    if (this.#overflow !== undefined) yield this.#overflow
  }

  #overflowCell(): T {
    if (this.#overflow === undefined) {
      this.#overflow = this.#create(this.#labels.map(() => overflowLabel))
      this.#onOverflow()
    }
    return this.#overflow
  }
}
