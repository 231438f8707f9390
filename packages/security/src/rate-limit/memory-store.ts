import { fnv1a, shardCount, shardIndex } from '@seaworthy/internal'
import { randomInt } from 'node:crypto'
import { SlidingWindowLog } from './sliding-window-log.ts'
import type { Hit, HitResult } from './types.ts'

interface Entry {
  shard: Map<string, SlidingWindowLog>
  key: string
  log: SlidingWindowLog
}

/** How many other entries each new key checks for expiry: more than one, so that their number falls. */
const sweepSize = 4

/** Whole, as in Redis: a sum of fractions rounds, and 60 seconds would become 61 in the headers. */
const wholeMilliseconds = (): number => Math.floor(performance.now())

/**
 * Counts in this process. It keeps the logs of at most `capacity` keys. A further key shares a log with others instead
 * of evicting one, so that a flood of keys resets no client's count. An evicting map cannot do that.
 */
export class MemoryStore {
  /** By limit, in shards: however many keys there are, no Map takes long to grow. */
  readonly #limits = new Map<string, Map<string, SlidingWindowLog>[]>()
  readonly #sharedLogs: (SlidingWindowLog | undefined)[] = []
  readonly #capacity: number
  readonly #shards: number
  readonly #seed = randomInt(2 ** 32)
  #size = 0
  #sweep: Generator<Entry, undefined> | undefined

  constructor(capacity: number) {
    this.#capacity = capacity
    this.#shards = shardCount(capacity)
  }

  /** The number of logs, shared ones included. */
  get keys(): number {
    return this.#size + this.#sharedLogs.reduce((count) => count + 1, 0)
  }

  /** Counts a request against all its limits, or against none if one rejects it. */
  take(hits: readonly Hit[]): HitResult[] {
    const now = wholeMilliseconds()
    if (hits.length === 1) return [this.#takeOne(hits[0]!, now)]

    const logs = hits.map((hit) => this.#log(hit, now))
    const exceeded = hits.map((hit, index) => logs[index]!.used + hit.cost > hit.max)
    const rejected = hits.some((hit, index) => exceeded[index] && !hit.observe)
    return hits.map((hit, index) => count(hit, logs[index]!, now, exceeded[index]!, rejected))
  }

  /** The result that one more request would have, without counting it. */
  peek(hit: Hit): HitResult {
    const now = wholeMilliseconds()
    const log = this.#existingLog(hit)
    log?.prune(now, hit.window)
    return toResult(hit, log ?? new SlidingWindowLog(), now, (log?.used ?? 0) >= hit.max)
  }

  /** Gives back what `take` counted. */
  refund(hits: readonly Hit[]): void {
    for (const hit of hits) {
      this.#existingLog(hit)?.refund(hit.cost)
    }
  }

  #takeOne(hit: Hit, now: number): HitResult {
    const log = this.#log(hit, now)
    const exceeded = log.used + hit.cost > hit.max
    return count(hit, log, now, exceeded, exceeded && !hit.observe)
  }

  #log(hit: Hit, now: number): SlidingWindowLog {
    const shard = this.#shardOf(hit)
    let log = shard.get(hit.key)
    if (log === undefined) {
      this.#deleteExpired(now)
      if (this.#size < this.#capacity) {
        shard.set(hit.key, (log = new SlidingWindowLog()))
        this.#size++
      } else {
        log = this.#sharedLogs[this.#sharedIndex(hit)] ??= new SlidingWindowLog()
      }
    }
    log.prune(now, hit.window)
    // The log is in use, even if nothing is counted yet: the sweep for the next limit must not delete it.
    if (log.end <= now) log.end = now + hit.window
    return log
  }

  #existingLog(hit: Hit): SlidingWindowLog | undefined {
    return this.#shardOf(hit).get(hit.key) ?? this.#sharedLogs[this.#sharedIndex(hit)]
  }

  #shardOf({ name, key }: Hit): Map<string, SlidingWindowLog> {
    let shards = this.#limits.get(name)
    if (shards === undefined) {
      shards = Array.from({ length: this.#shards }, () => new Map<string, SlidingWindowLog>())
      this.#limits.set(name, shards)
    }
    return shards[shardIndex(key, this.#shards, this.#seed)]!
  }

  /** Checks a few other entries for each new key: no timer, no pause. */
  #deleteExpired(now: number): void {
    for (let i = 0; i < sweepSize; i++) {
      this.#sweep ??= this.#entries()
      const { done, value } = this.#sweep.next()
      if (done) {
        this.#sweep = undefined
      } else if (value.log.end <= now) {
        value.shard.delete(value.key)
        this.#size--
      }
    }
  }

  *#entries(): Generator<Entry, undefined> {
    for (const shard of [...this.#limits.values()].flat()) {
      for (const [key, log] of shard) yield { shard, key, log }
    }
  }

  #sharedIndex({ name, key }: Hit): number {
    const length = 2 ** Math.ceil(Math.log2(Math.max(64, this.#capacity / 8)))
    return fnv1a(key, fnv1a(name, 2_166_136_261)) & (length - 1)
  }
}

/** Counts a hit. `rejected`: some limit rejects the request, so that the others must not count it. */
function count(
  hit: Hit,
  log: SlidingWindowLog,
  now: number,
  exceeded: boolean,
  rejected: boolean
): HitResult {
  if (exceeded) {
    log.rejections++
    if (hit.afterRejection === 'count') log.add(now, hit.window, hit.cost)
    else if (hit.afterRejection === 'double') log.block(now, hit.window, hit.max)
  } else if (!rejected) {
    log.add(now, hit.window, hit.cost)
    log.rejections = 0
  }
  return toResult(hit, log, now, exceeded)
}

const toResult = (hit: Hit, log: SlidingWindowLog, now: number, exceeded: boolean): HitResult => ({
  exceeded,
  remaining: Math.max(0, hit.max - log.used),
  reset: exceeded ? log.retryAfter(now, hit.window, hit.cost, hit.max) : log.resetAfter(now, hit.window),
  rejections: log.rejections
})
