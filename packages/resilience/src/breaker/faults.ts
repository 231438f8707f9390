import type { CallContext, TryContext } from '../call/call.ts'
import type { Clock } from '../clock.ts'

/** What goes wrong on purpose, in a test. */
export interface Fault {
  /** What calls fail with. Without it they only wait. */
  error?: Error
  /** Milliseconds that calls wait before they go on or fail; `Infinity` never answers. */
  delay?: number
  /** How many calls are hit; all until it is released, by default. */
  times?: number
}

type Guarded<Args extends unknown[], T> = (context: TryContext, ...args: Args) => T | Promise<T>

/** Faults in front of a guarded function, behind its timeout: the breaker sees them as the service's. */
export class Faults {
  readonly #faults = new Set<{ fault: Fault; left: number }>()

  /** Gives back what ends it. */
  inject(fault: Fault): () => void {
    const entry = { fault, left: fault.times ?? Infinity }
    this.#faults.add(entry)
    return () => this.#faults.delete(entry)
  }

  around<Args extends unknown[], T>(fn: Guarded<Args, T>, clock: Clock): Guarded<Args, T> {
    return (context, ...args) => {
      for (const entry of this.#faults) {
        if (entry.left-- > 0) return this.#faulty(entry.fault, clock, context, () => fn(context, ...args))
        this.#faults.delete(entry)
      }
      return fn(context, ...args)
    }
  }

  async #faulty<T>(
    { error, delay = 0 }: Fault,
    clock: Clock,
    { signal }: CallContext,
    go: () => T | Promise<T>
  ): Promise<T> {
    if (delay > 0) await waited(delay, clock, signal)
    if (error) throw error
    return go()
  }
}

function waited(delay: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = delay < 2 ** 31 ? clock.setTimeout(resolve, delay) : undefined
    const aborted = (): void => {
      if (timer !== undefined) clock.clearTimeout(timer)
      reject(signal.reason as Error)
    }
    signal.addEventListener('abort', aborted, { once: true })
  })
}
