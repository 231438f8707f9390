import type { AbortableList } from '../abortable.ts'
import type { AttemptContext } from '../call/call.ts'
import type { FailureClassifier } from '../call/outcome.ts'
import type { Clock } from '../clock.ts'
import type { CallOutcome } from './metrics.ts'

/** The members of a breaker that its attempts share. */
export interface AttemptHost<Args extends unknown[], T> {
  readonly policy: {
    readonly timeout: number
    readonly resetTimeout: number
    readonly bodyTimeout: number
    readonly isFailure: FailureClassifier | undefined
  }
  readonly clock: Clock
  readonly pendingWork: AbortableList
  readonly fn: (context: AttemptContext, ...args: Args) => T | Promise<T>
  count(outcome: CallOutcome, duration: number): void
  /** The function has returned `undefined`, and no promise. */
  checkMissingResult(args: readonly unknown[]): void
}
