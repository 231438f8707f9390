import type { Call, RunCall } from '../call/call.ts'
import { kindOf, retryAfterOf } from '../call/outcome.ts'
import type { RetryBudget } from './retry-budget.ts'
import type { RetryPolicy } from './retry-options.ts'
import { TimedWait, type WaitHost } from './timed-wait.ts'

/** The members of the breaker that retries and hedges use. */
export interface RetryHost extends WaitHost {
  readonly random: () => number
  /** Whether the call may be repeated after it has failed. */
  isRepeatable(args: unknown[]): boolean
  /** Whether the call may have two attempts at the same time. */
  isHedgeable(args: unknown[]): boolean
  countRetry(): void
}

/** Milliseconds. A caller does not wait for a service that asks for more: it gets the failure. */
const LONGEST_RETRY_AFTER = 600_000

/** Repeats attempts that failed or timed out, while the budget and the call's time allow it. */
export function withRetries<Args extends unknown[], T>(
  next: RunCall<Args, T>,
  policy: RetryPolicy,
  budget: RetryBudget,
  host: RetryHost
): RunCall<Args, T> {
  const longest = Math.max(LONGEST_RETRY_AFTER, policy.maxDelay)
  const retry = async (call: Call<Args>, firstError: unknown): Promise<T> => {
    let error = firstError
    for (let retries = 0; retries < policy.limit; retries++) {
      const delay = delayBefore(retries, error, policy, host.random)
      const kind = kindOf(error)
      const isTransient = kind === 'upstream' || kind === 'timeout'
      const isInTime = delay <= longest && host.clock.now() + delay < call.expiresAt
      if (!isTransient || !isInTime || !budget.withdraw()) throw error
      await new Pause(call, delay, host).promise
      host.countRetry()
      try {
        return await next(call)
      } catch (latest) {
        error = latest
      }
    }
    throw error
  }

  return (call) => {
    // Before the first attempt: it may throw, and then no attempt may be pending.
    if (!host.isRepeatable(call.args)) return next(call)
    const first = next(call)
    budget.deposit()
    return first.catch((error: unknown) => retry(call, error))
  }
}

/** Milliseconds: random up to the doubled delay, or the upstream's `Retry-After` if that is longer. */
function delayBefore(
  retries: number,
  error: unknown,
  { delay, maxDelay }: RetryPolicy,
  random: () => number
): number {
  const jittered = random() * Math.min(delay * 2 ** retries, maxDelay)
  return Math.max(jittered, (retryAfterOf(error) ?? 0) * 1000)
}

class Pause extends TimedWait<void> {
  protected override onTimeout(): void {
    this.resolve()
  }
}
