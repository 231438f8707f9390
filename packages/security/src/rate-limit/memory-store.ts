import { randomInt } from 'node:crypto'
import { fnv1a, shardIndex, shardCount } from '@seaworthy/internal'
import { SlidingLog } from './sliding-window-log.ts'
import type { Hit, Verdict } from './types.ts'

interface Kept {
  keys: Map<string, SlidingLog>
  key: string
  log: SlidingLog
}

/**
 * Counts in this process. It keeps the logs of at most `cache` keys. A key that comes when it is full shares a log
 * with others instead of pushing one out, so a flood of keys cannot make anybody's count start again.
 */
export class MemoryStore {
  /** By limit, each in pieces: however many keys there are, none of its Maps takes long to grow. */
  readonly #limits = new Map<string, Map<string, SlidingLog>[]>()
  readonly #shared: (SlidingLog | undefined)[] = []
  readonly #cache: number
  readonly #now: () => number
  readonly #pieces: number
  readonly #seed = randomInt(2 ** 32)
  #size = 0
  #cursor: Generator<Kept, undefined> | undefined

  constructor(cache: number, now: () => number = () => performance.now()) {
    this.#cache = cache
    this.#now = now
    this.#pieces = shardCount(cache)
  }

  /** How many logs are kept, shared ones included. */
  get keys(): number {
    return this.#size + this.#shared.reduce((count) => count + 1, 0)
  }

  /** Counts a request against all its limits, or against none where one refuses it. */
  take(hits: readonly Hit[]): Verdict[] {
    const now = this.#now()
    if (hits.length === 1) return [this.#one(hits[0]!, now)]

    const logs = hits.map((hit) => this.#log(hit, now))
    const exceeded = hits.map((hit, index) => logs[index]!.used + hit.cost > hit.max)
    const blocked = hits.some((hit, index) => exceeded[index] && !hit.observe)
    return hits.map((hit, index) => settle(hit, logs[index]!, now, exceeded[index]!, blocked))
  }

  /** What `take` would say, without counting. */
  read(hit: Hit): Verdict {
    const now = this.#now()
    const log = this.#found(hit)
    log?.prune(now, hit.window)
    return verdict(hit, log ?? new SlidingLog(), now, (log?.used ?? 0) >= hit.max)
  }

  /** Takes back what `take` counted. */
  refund(hits: readonly Hit[]): void {
    for (const hit of hits) {
      this.#found(hit)?.remove(hit.cost)
    }
  }

  #one(hit: Hit, now: number): Verdict {
    const log = this.#log(hit, now)
    const exceeded = log.used + hit.cost > hit.max
    return settle(hit, log, now, exceeded, exceeded && !hit.observe)
  }

  #log(hit: Hit, now: number): SlidingLog {
    const keys = this.#keysOf(hit)
    let log = keys.get(hit.key)
    if (log === undefined) {
      this.#sweep(now)
      if (this.#size < this.#cache) {
        keys.set(hit.key, (log = new SlidingLog()))
        this.#size++
      } else {
        log = this.#shared[this.#slot(hit)] ??= new SlidingLog()
      }
    }
    log.prune(now, hit.window)
    // What is being asked is in use, even if nothing is counted yet: the sweep for the next limit must not take it.
    if (log.end <= now) log.end = now + hit.window
    return log
  }

  #found(hit: Hit): SlidingLog | undefined {
    return this.#keysOf(hit).get(hit.key) ?? this.#shared[this.#slot(hit)]
  }

  #keysOf({ name, key }: Hit): Map<string, SlidingLog> {
    let pieces = this.#limits.get(name)
    if (pieces === undefined) {
      pieces = Array.from({ length: this.#pieces }, () => new Map<string, SlidingLog>())
      this.#limits.set(name, pieces)
    }
    return pieces[shardIndex(key, this.#pieces, this.#seed)]!
  }

  /** Each new key looks at four others and lets go of those whose window is over: no timer, no pause. */
  #sweep(now: number): void {
    for (let i = 0; i < 4; i++) {
      this.#cursor ??= this.#walk()
      const { done, value } = this.#cursor.next()
      if (done) {
        this.#cursor = undefined
      } else if (value.log.end <= now) {
        value.keys.delete(value.key)
        this.#size--
      }
    }
  }

  *#walk(): Generator<Kept, undefined> {
    for (const keys of [...this.#limits.values()].flat()) {
      for (const [key, log] of keys) yield { keys, key, log }
    }
  }

  #slot({ name, key }: Hit): number {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(64, this.#cache / 8)))
    return fnv1a(key, fnv1a(name, 2_166_136_261)) & (slots - 1)
  }
}

function settle(hit: Hit, log: SlidingLog, now: number, exceeded: boolean, blocked: boolean): Verdict {
  if (exceeded) {
    log.refused++
    if (hit.renew) log.add(now, hit.window, hit.cost)
  } else if (!blocked) {
    log.add(now, hit.window, hit.cost)
    log.refused = 0
  }
  return verdict(hit, log, now, exceeded)
}

const verdict = (hit: Hit, log: SlidingLog, now: number, exceeded: boolean): Verdict => ({
  exceeded,
  remaining: Math.max(0, hit.max - log.used),
  reset: exceeded ? log.wait(now, hit.window, hit.cost, hit.max) : log.reset(now, hit.window),
  refused: log.refused
})
