import { maxBackoff } from './after-rejection.ts'
import { entriesPerWindow } from './types.ts'

/**
 * The requests of one key within a window: never more than `max` in any stretch of its length. Requests close to each
 * other (a sixtieth of the window) share an entry, so the log has 61 entries at most, whatever the limit.
 */
export class SlidingWindowLog {
  /** First time, last time and count of each entry, the oldest first. */
  entries: number[] = []
  used = 0
  rejections = 0
  /** When the last entry leaves. */
  end = 0

  /** Removes the entries that have left the window. */
  prune(now: number, window: number): void {
    if (this.end <= now) {
      this.entries.length = 0
      this.used = 0
      this.rejections = 0
      return
    }
    let expired = 0
    while (this.entries[expired + 1]! + window <= now) {
      this.used -= this.entries[expired + 2]!
      expired += 3
    }
    if (expired > 0) this.entries.splice(0, expired)
  }

  add(now: number, window: number, cost: number): void {
    const { entries } = this
    const last = entries.length - 3
    if (last >= 0 && entries[last]! + window / entriesPerWindow > now) {
      entries[last + 1] = now
      entries[last + 2]! += cost
    } else {
      entries.push(now, now, cost)
    }
    this.used += cost
    this.end = now + window
  }

  /** Lets no request pass for a time that doubles with each rejection: one entry, which leaves after it. */
  block(now: number, window: number, max: number): void {
    const time = Math.max(window, Math.min(maxBackoff, window * 2 ** (this.rejections - 1)))
    this.entries = [now, now + time - window, max]
    this.used = max
    this.end = now + time
  }

  /** Gives back a cost, from the newest entries. */
  refund(cost: number): void {
    for (let at = this.entries.length - 1; at > 0 && cost > 0; at -= 3) {
      const refunded = Math.min(cost, this.entries[at]!)
      this.entries[at]! -= refunded
      this.used -= refunded
      cost -= refunded
    }
  }

  /** Milliseconds until the oldest entry leaves. */
  resetAfter(now: number, window: number): number {
    return this.entries.length === 0 ? window : this.entries[1]! + window - now
  }

  /** Milliseconds until `cost` more are within `max`. */
  retryAfter(now: number, window: number, cost: number, max: number): number {
    let free = max - this.used
    for (let at = 0; at < this.entries.length; at += 3) {
      free += this.entries[at + 2]!
      if (free >= cost) return this.entries[at + 1]! + window - now
    }
    return window
  }
}
