import { slots } from './types.ts'

/**
 * The requests of one key within a window: never more than `max` in any stretch of its length. Requests close to each
 * other (a sixtieth of the window) share an entry, so the log has at most 61, whatever the limit.
 */
export class SlidingLog {
  /** Start, last and count of each entry, the oldest first. */
  entries: number[] = []
  used = 0
  refused = 0
  /** When the last entry leaves. */
  end = 0

  /** Forgets what has left the window. */
  prune(now: number, window: number): void {
    if (this.end <= now) {
      this.entries.length = 0
      this.used = 0
      this.refused = 0
      return
    }
    let gone = 0
    while (this.entries[gone + 1]! + window <= now) {
      this.used -= this.entries[gone + 2]!
      gone += 3
    }
    if (gone > 0) this.entries.splice(0, gone)
  }

  add(now: number, window: number, cost: number): void {
    const { entries } = this
    const last = entries.length - 3
    if (last >= 0 && entries[last]! + window / slots > now) {
      entries[last + 1] = now
      entries[last + 2]! += cost
    } else {
      entries.push(now, now, cost)
    }
    this.used += cost
    this.end = now + window
  }

  /** Takes back what the newest entries have. */
  remove(cost: number): void {
    for (let at = this.entries.length - 1; at > 0 && cost > 0; at -= 3) {
      const taken = Math.min(cost, this.entries[at]!)
      this.entries[at]! -= taken
      this.used -= taken
      cost -= taken
    }
  }

  /** Milliseconds until the oldest entry leaves. */
  reset(now: number, window: number): number {
    return this.entries.length === 0 ? window : this.entries[1]! + window - now
  }

  /** Milliseconds until `cost` more would be within `max`. */
  wait(now: number, window: number, cost: number, max: number): number {
    let free = max - this.used
    for (let at = 0; at < this.entries.length; at += 3) {
      free += this.entries[at + 2]!
      if (free >= cost) return this.entries[at + 1]! + window - now
    }
    return window
  }
}
