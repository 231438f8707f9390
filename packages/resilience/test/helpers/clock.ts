import type { Clock } from '../../src/index.ts'

/** A clock that only moves by `advance`. */
export class ManualClock implements Clock {
  #now = 1000
  readonly #timers = new Map<object, { at: number; fn: () => void }>()

  now = (): number => this.#now

  setTimeout = (fn: () => void, delay: number): object => {
    const handle = {}
    this.#timers.set(handle, { at: this.#now + delay, fn })
    return handle
  }

  clearTimeout = (handle: unknown): void => {
    this.#timers.delete(handle as object)
  }

  get pending(): number {
    return this.#timers.size
  }

  /** Runs the timers that are due in order, and lets promises settle after each. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds
    await settled()
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort((a, b) => a[1].at - b[1].at)[0]
      if (!due) break
      this.#timers.delete(due[0])
      this.#now = Math.max(this.#now, due[1].at)
      due[1].fn()
      await settled()
    }
    this.#now = end
    await settled()
  }
}

/** Resolves after all promises that need no timer and no I/O have settled. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Makes the calls one after the other. Returns the error code of each, or `ok`. */
export async function outcomes(times: number, call: () => Promise<unknown>): Promise<string[]> {
  const seen: string[] = []
  for (let i = 0; i < times; i++) {
    seen.push(
      await call().then(
        () => 'ok',
        (error: { code?: string; message: string }) => error.code ?? error.message
      )
    )
  }
  return seen
}

/** How often each value is in the list. */
export function tally(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return counts
}
