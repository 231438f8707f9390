import { needsMetadata, type Destination } from '../internals/index.ts'

/** The bytes that the kept lines of all requests take, and how many they may. */
export interface DetailBudget {
  bytes: number
  readonly maxBytes: number
  readonly maxTotalBytes: number
}

/** The lowest level that the log takes now. */
export interface Threshold {
  readonly levelVal: number
}

/**
 * The destination of one request's logger. Lines that the log takes go through; lower ones are kept until the request has
 * ended. pino states the level of each line, as it does for every destination that asks for metadata.
 */
export class DetailRing implements Destination {
  readonly [flag: symbol]: unknown
  readonly [needsMetadata]: unknown = true
  lastLevel: number = 0
  lastObj: unknown = undefined
  lastMsg: unknown = undefined
  lastTime: unknown = undefined
  lastLogger: unknown = undefined
  /** Whether text alone is enough for the destination behind. */
  readonly takesText: boolean
  readonly #target: Destination
  readonly #wantsMetadata: boolean
  readonly #threshold: Threshold
  readonly #budget: DetailBudget
  #texts: string[] | undefined
  #levels: number[] = noLevels
  #bytes = 0
  #dropped = 0
  #ended = false

  constructor(target: Destination, threshold: Threshold, budget: DetailBudget) {
    this.#target = target
    this.#threshold = threshold
    this.#budget = budget
    this.#wantsMetadata = target[needsMetadata] === true
    this.takesText = !this.#wantsMetadata || target.takesText === true
  }

  /** Whether the log takes lines of a level. */
  takes(level: number): boolean {
    return level >= this.#threshold.levelVal
  }

  write(text: string): void {
    if (this.takes(this.lastLevel)) this.#pass(text, this.lastLevel)
    else if (!this.#ended) this.#keep(text)
  }

  flush(done?: () => void): void {
    const { flush } = this.#target as { flush?: (done?: () => void) => void }
    if (typeof flush === 'function') flush.call(this.#target, done)
    else done?.()
  }

  flushSync(): void {
    const { flushSync } = this.#target as { flushSync?: () => void }
    flushSync?.call(this.#target)
  }

  /** Writes the kept lines, or forgets them. Returns how many had to make room for others. */
  end(isWritten: boolean): number {
    const texts = this.#texts
    this.#ended = true
    if (texts === undefined) return 0
    this.#texts = undefined
    this.#budget.bytes -= this.#bytes
    // A log that an operator has silenced stays silent.
    if (!isWritten || this.#threshold.levelVal === Infinity) return 0
    this.lastObj = this.lastMsg = this.lastTime = this.lastLogger = undefined
    for (const [index, text] of texts.entries()) this.#pass(text, this.#levels[index]!)
    return this.#dropped
  }

  #pass(text: string, level: number): void {
    const target = this.#target as Destination & { lastLevel?: unknown }
    if (this.#wantsMetadata) {
      const { lastObj, lastMsg, lastTime, lastLogger } = this
      Object.assign(target, { lastLevel: level, lastObj, lastMsg, lastTime, lastLogger })
    }
    target.write(text)
  }

  #keep(text: string): void {
    if (this.#texts === undefined) {
      this.#texts = []
      this.#levels = []
    }
    const size = Buffer.byteLength(text)
    const { maxBytes, maxTotalBytes } = this.#budget
    while (this.#bytes + size > maxBytes || this.#budget.bytes + size > maxTotalBytes) {
      this.#dropped++
      const oldest = this.#texts.shift()
      if (oldest === undefined) return
      this.#levels.shift()
      this.#count(-Buffer.byteLength(oldest))
    }
    this.#texts.push(text)
    this.#levels.push(this.lastLevel)
    this.#count(size)
  }

  #count(bytes: number): void {
    this.#bytes += bytes
    this.#budget.bytes += bytes
  }
}

const noLevels: number[] = []
