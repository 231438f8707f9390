import type { HistogramCells } from '../metrics/histogram-shape.ts'

/** The requests of one route, or to one host, within the window. Sums of several workers are sums of their rows. */
export interface WindowRow {
  key: string
  /** Since the start of the process. */
  total: number
  /** Within the window: failures, and a count per bucket with one for those above all bounds. */
  failed: number
  buckets: number[]
}

/** The source of series: the histogram of requests, or of outgoing calls. */
export interface RowSource {
  readonly bounds: readonly number[]
  cells(): Iterable<HistogramCells>
  keyOf(labels: Record<string, string>): string
  isFailed(labels: Record<string, string>): boolean
}

interface Row {
  key: string
  /** Where its numbers begin. */
  at: number
  cells: { cell: HistogramCells; isFailed: boolean }[]
}

/** Seconds of half a window. */
const half = 30

/**
 * The numbers of the last half to whole minute, of series that only grow. Twice a minute it keeps their numbers; a view
 * subtracts them. All are in two typed arrays: 128 bytes a route with the default buckets, 160 after growth, so that
 * 2,000 routes take up to 320 KB. It grows with the routes that have had requests, and not with time.
 */
export class WindowedRows {
  readonly #source: RowSource
  readonly #width: number
  readonly #rows = new Map<string, Row>()
  #cellCount = 0
  /** The numbers at the last turn, and those of the half window before it. */
  #base = new Uint32Array(0)
  #before = new Uint32Array(0)
  #turnedAt = performance.now()
  #hasBefore = false

  constructor(source: RowSource) {
    this.#source = source
    this.#width = source.bounds.length + 2
  }

  /** Bytes of its numbers. */
  get byteLength(): number {
    return this.#base.byteLength + this.#before.byteLength
  }

  /** To be called every few seconds. */
  tick(): void {
    if (performance.now() - this.#turnedAt < half * 1000) return
    this.#findNew()
    const current = new Uint32Array(this.#width)
    for (const row of this.#rows.values()) {
      this.#read(row, current)
      for (let index = 0; index < this.#width; index++) {
        this.#before[row.at + index] = current[index]! - this.#base[row.at + index]!
        this.#base[row.at + index] = current[index]!
      }
    }
    this.#turnedAt = performance.now()
    this.#hasBefore = true
  }

  /** Seconds that the window covers. */
  get seconds(): number {
    return (performance.now() - this.#turnedAt) / 1000 + (this.#hasBefore ? half : 0)
  }

  list(): WindowRow[] {
    this.#findNew()
    const width = this.#width
    const current = new Uint32Array(width)
    return Array.from(this.#rows.values(), (row) => {
      const total = this.#read(row, current)
      const buckets: number[] = []
      for (let index = 0; index < width; index++) {
        buckets.push(current[index]! - this.#base[row.at + index]! + this.#before[row.at + index]!)
      }
      return { key: row.key, total, failed: buckets.pop()!, buckets }
    })
  }

  /** Writes the row's numbers into `into`; returns the count of all. */
  #read({ cells }: Row, into: Uint32Array): number {
    into.fill(0)
    let total = 0
    for (const { cell, isFailed } of cells) {
      for (let index = 0; index < this.#width - 1; index++) {
        const count = cell.numbers[index]!
        into[index]! += count
        total += count
        if (isFailed) into[this.#width - 1]! += count
      }
    }
    return total
  }

  #findNew(): void {
    let count = 0
    for (const cell of this.#source.cells()) {
      if (++count <= this.#cellCount) continue
      const key = this.#source.keyOf(cell.labels)
      let row = this.#rows.get(key)
      if (row === undefined)
        this.#rows.set(key, (row = { key, at: this.#rows.size * this.#width, cells: [] }))
      row.cells.push({ cell, isFailed: this.#source.isFailed(cell.labels) })
    }
    this.#cellCount = count
    const needed = this.#rows.size * this.#width
    if (needed <= this.#base.length) return
    // A quarter more, so that few routes do not move all numbers.
    this.#base = grown(this.#base, Math.ceil(needed * 1.25))
    this.#before = grown(this.#before, Math.ceil(needed * 1.25))
  }
}

function grown(array: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(length)
  larger.set(array)
  return larger
}
