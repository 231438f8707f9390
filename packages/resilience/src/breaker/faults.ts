import type { AttemptContext, CallContext } from '../call/call.ts'
import { type Clock, startTimer, stopTimer } from '../clock.ts'

/**
 * A fault that a test injects.
 *
 * @example
 * const fault: Fault = { error: new Error('down'), times: 3 }
 * app.resilience.breaker('prices', async () => 42).inject(fault) // needs the option `faults`
 */
export interface Fault {
  /** The error that calls fail with. Without it they only wait. */
  error?: Error
  /** Milliseconds that calls wait before they go on or fail; `Infinity` for calls that never settle. */
  delay?: number
  /** The number of calls with the fault. Without it: all calls until it is released. */
  times?: number
}

type GuardedFunction<Args extends unknown[], T> = (context: AttemptContext, ...args: Args) => T | Promise<T>

/** Injects faults between the breaker and the guarded function: to the breaker they are failures of the service. */
export class Faults {
  readonly #faults = new Set<{ fault: Fault; remaining: number }>()

  /** Returns a function that ends the fault. */
  inject(fault: Fault): () => void {
    const entry = { fault, remaining: fault.times ?? Infinity }
    this.#faults.add(entry)
    return () => this.#faults.delete(entry)
  }

  wrap<Args extends unknown[], T>(fn: GuardedFunction<Args, T>, clock: Clock): GuardedFunction<Args, T> {
    return (context, ...args) => {
      for (const entry of this.#faults) {
        if (entry.remaining-- > 0) return applyFault(entry.fault, clock, context, () => fn(context, ...args))
        this.#faults.delete(entry)
      }
      return fn(context, ...args)
    }
  }
}

async function applyFault<T>(
  { error, delay = 0 }: Fault,
  clock: Clock,
  { signal }: CallContext,
  run: () => T | Promise<T>
): Promise<T> {
  if (delay > 0) await abortablePause(delay, clock, signal)
  if (error) throw error
  return run()
}

function abortablePause(delay: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = startTimer(clock, delay, resolve)
    const onAbort = (): void => {
      stopTimer(clock, timer)
      reject(signal.reason as Error)
    }
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
