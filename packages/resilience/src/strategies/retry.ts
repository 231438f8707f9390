import type { Call, Run } from '../call/call.ts'
import type { Clock } from '../clock.ts'
import { type InFlight, Stoppable } from '../abortable.ts'
import type { RetryPolicy } from './retry-options.ts'
import { kindOf, retryAfterOf } from '../call/outcome.ts'
import type { Budget } from './retry-budget.ts'

export interface RetryHost {
  readonly clock: Clock
  readonly random: () => number
  readonly inFlight: InFlight
  /** Whether this call may happen twice. */
  repeatable(args: unknown[]): boolean
  /** Whether it may be at work twice at the same time. */
  hedgeable(args: unknown[]): boolean
  retried(): void
}

/** Tries again what failed or took too long, while the budget and the call's time allow it. */
export function retrying<Args extends unknown[], T>(
  next: Run<Args, T>,
  policy: RetryPolicy,
  budget: Budget,
  host: RetryHost
): Run<Args, T> {
  const again = async (call: Call<Args>, failure: unknown): Promise<T> => {
    let error = failure
    for (let retries = 0; retries < policy.limit; retries++) {
      const delay = delayBefore(retries, error, policy, host.random)
      const kind = kindOf(error)
      const worthIt = kind === 'upstream' || kind === 'timeout'
      const inTime = host.clock.now() + delay < call.expiresAt
      if (!worthIt || !inTime || !budget.withdraw()) throw error
      await pause(delay, call, host)
      host.retried()
      try {
        return await next(call)
      } catch (another) {
        error = another
      }
    }
    throw error
  }

  return (call) => {
    const first = next(call)
    if (!host.repeatable(call.args)) return first
    budget.deposit()
    return first.catch((error: unknown) => again(call, error))
  }
}

/** Any time up to the doubled delay, or what the upstream asked for, whichever is longer. Milliseconds. */
function delayBefore(
  retries: number,
  error: unknown,
  { delay, maxDelay }: RetryPolicy,
  random: () => number
): number {
  const jittered = random() * Math.min(delay * 2 ** retries, maxDelay)
  return Math.max(jittered, (retryAfterOf(error) ?? 0) * 1000)
}

/** Waits; rejects when the client leaves or the app closes. */
export function pause(
  delay: number,
  call: Call<never> | Call<unknown[]>,
  { clock, inFlight }: Pick<RetryHost, 'clock' | 'inFlight'>
): Promise<void> {
  return new Promise((resolve, reject) => {
    const forget = (): void => {
      clock.clearTimeout(timer)
      waiting.land()
    }
    const waiting = new Stoppable((reason) => {
      forget()
      reject(reason)
    })
    const timer = clock.setTimeout(() => {
      forget()
      resolve()
    }, delay)
    call.watch(waiting, inFlight)
  })
}
