import { SlidingLog } from './log.ts'
import type { Hit, Verdict } from './store.ts'

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
  readonly #limits = new Map<string, Map<string, SlidingLog>>()
  readonly #shared: (SlidingLog | undefined)[] = []
  readonly #cache: number
  readonly #now: () => number
  #size = 0
  #cursor: Generator<Kept, undefined> | undefined

  constructor(cache: number, now: () => number = () => performance.now()) {
    this.#cache = cache
    this.#now = now
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
    const log = this.#limits.get(hit.name)?.get(hit.key) ?? this.#shared[this.#slot(hit)]
    log?.prune(now, hit.window)
    return verdict(hit, log ?? new SlidingLog(), now, (log?.used ?? 0) >= hit.max)
  }

  /** Takes back what `take` counted. */
  refund(hits: readonly Hit[]): void {
    for (const hit of hits) {
      const log = this.#limits.get(hit.name)?.get(hit.key) ?? this.#shared[this.#slot(hit)]
      log?.remove(hit.cost)
    }
  }

  #one(hit: Hit, now: number): Verdict {
    const log = this.#log(hit, now)
    const exceeded = log.used + hit.cost > hit.max
    return settle(hit, log, now, exceeded, exceeded && !hit.observe)
  }

  #log(hit: Hit, now: number): SlidingLog {
    let keys = this.#limits.get(hit.name)
    if (keys === undefined) this.#limits.set(hit.name, (keys = new Map()))
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
    for (const keys of this.#limits.values()) {
      for (const [key, log] of keys) yield { keys, key, log }
    }
  }

  #slot({ name, key }: Hit): number {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(64, this.#cache / 8)))
    return hash(key, hash(name, 2_166_136_261)) & (slots - 1)
  }
}

/** FNV-1a. */
function hash(text: string, seed: number): number {
  let value = seed
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 16_777_619)
  return value ^ (value >>> 15)
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
