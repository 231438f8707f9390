import type { WaitingLine } from './otlp-record.ts'

/** Characters of all lines that wait. */
const maxCharacters = 8 * 1024 * 1024
/** Characters of the lines of one push, but for the first: collectors limit the size of a request. */
const maxBatchCharacters = 2 * 1024 * 1024

/** Lines that wait for the collector, bounded in number and size. A line that does not fit is not taken. */
export class LineQueue {
  readonly #maxSize: number
  #lines: WaitingLine[] = []
  #characters = 0

  constructor(maxSize: number) {
    this.#maxSize = maxSize
  }

  get size(): number {
    return this.#lines.length
  }

  /** Returns whether there was room. */
  add(line: WaitingLine): boolean {
    const { length } = line.text
    if (this.#lines.length >= this.#maxSize || this.#characters + length > maxCharacters) return false
    this.#characters += length
    this.#lines.push(line)
    return true
  }

  /** The lines of the next push. They stay until they are removed. */
  first(count: number): WaitingLine[] {
    let characters = 0
    const batch = this.#lines.slice(0, count)
    const end = batch.findIndex(({ text }) => (characters += text.length) > maxBatchCharacters)
    return end < 0 ? batch : batch.slice(0, Math.max(1, end))
  }

  remove(count: number): void {
    for (const { text } of this.#lines.splice(0, count)) this.#characters -= text.length
  }
}
