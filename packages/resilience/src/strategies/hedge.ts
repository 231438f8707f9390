import type { Call, RunCall } from '../call/call.ts'
import { discard } from '../call/discard.ts'
import { CallCanceledError } from '../errors/call-errors.ts'
import type { RetryHost } from './retry.ts'
import type { RetryBudget } from './retry-budget.ts'
import type { HedgeOptions } from './retry-options.ts'

/** Starts a second attempt if the first one is slow. The first result wins, and the other attempt is aborted. */
export function withHedging<Args extends unknown[], T>(
  next: RunCall<Args, T>,
  { delay }: HedgeOptions,
  budget: RetryBudget,
  host: RetryHost
): RunCall<Args, T> {
  return (call) => {
    if (!host.isHedgeable(call.args)) return next(call)

    return new Promise((resolve, reject) => {
      const forks: Call<Args>[] = []
      let failed = 0
      let hasWinner = false
      const start = (): void => {
        const fork = call.forkForHedge()
        forks.push(fork)
        next(fork).then(
          (value) => {
            if (hasWinner) return discard(value)
            hasWinner = true
            resolve(value)
            host.clock.clearTimeout(timer)
            for (const other of forks) if (other !== fork) other.current?.abort(new CallCanceledError())
          },
          (error: unknown) => {
            host.clock.clearTimeout(timer)
            // The other attempt may still succeed.
            if (++failed === forks.length) reject(error)
          }
        )
      }
      const timer = host.clock.setTimeout(() => {
        try {
          if (!budget.withdraw()) return
          host.countRetry()
          start()
        } catch {
          // The first attempt goes on alone. No error is lost: the same function fails in later calls.
          forks.length = 1
        }
      }, delay)
      try {
        start()
      } catch (error) {
        host.clock.clearTimeout(timer)
        reject(error)
      }
    })
  }
}
