import type { AbortableList } from '../abortable.ts'
import type { AttemptContext } from '../call/call.ts'
import { resultCheck } from '../call/check-result.ts'
import type { Clock } from '../clock.ts'
import type { RetryHost } from '../strategies/retry.ts'
import type { AttemptHost } from './attempt-host.ts'
import type { Circuit, CircuitObserver, CircuitStateName } from '../circuit/circuit.ts'
import { CallCounts, type CallOutcome } from './metrics.ts'
import { ModeSwitch } from './mode-switch.ts'
import type { BreakerPolicy } from './options.ts'
import {
  type BreakerStateChange,
  type CircuitState,
  type StateChangeReason,
  StateChangeListeners
} from '../circuit/state-changes.ts'
import type { BreakerHost } from './types.ts'

/** The members that the parts of one breaker share: its name, policy and function, the app's clock, counts and listeners. */
export class BreakerContext<Args extends unknown[], T>
  implements AttemptHost<Args, T>, CircuitObserver, RetryHost
{
  readonly name: string
  readonly policy: BreakerPolicy<Args, T>
  readonly fn: (context: AttemptContext, ...args: Args) => T | Promise<T>
  readonly host: BreakerHost
  readonly clock: Clock
  readonly random: () => number
  readonly pendingWork: AbortableList
  /** Operators may change it for a while. */
  readonly mode: ModeSwitch
  readonly counts: CallCounts = new CallCounts()
  readonly listeners: StateChangeListeners
  readonly checkMissingResult: (args: readonly unknown[]) => void
  lastChange: BreakerStateChange | undefined

  constructor(
    name: string,
    fn: (context: AttemptContext, ...args: Args) => T | Promise<T>,
    policy: BreakerPolicy<Args, T>,
    host: BreakerHost
  ) {
    this.name = name
    this.fn = fn
    this.policy = policy
    this.host = host
    this.clock = host.clock
    this.random = host.random
    this.mode = new ModeSwitch(policy.mode, host.clock)
    this.pendingWork = host.pendingWork
    this.listeners = new StateChangeListeners(host.log)
    this.checkMissingResult = resultCheck(name, host.log)
  }

  count(outcome: CallOutcome, duration: number): void {
    this.counts.count(outcome, duration)
  }

  countRetry(): void {
    this.counts.countRetry()
  }

  isRepeatable(args: unknown[]): boolean {
    return this.policy.idempotent?.(...(args as Args)) ?? true
  }

  isHedgeable(args: unknown[]): boolean {
    return this.policy.hedgeable?.(...(args as Args)) ?? this.isRepeatable(args)
  }

  stateChanged(
    { key, failure, retryAfter }: Circuit,
    from: CircuitStateName,
    to: CircuitStateName,
    reason: StateChangeReason
  ): void {
    this.#notify({
      name: this.name,
      ...(this.policy.key && { key }),
      from,
      to,
      reason,
      at: Date.now(),
      ...(to === 'open' && { error: failure, retryAfter })
    })
  }

  isolationChanged(from: CircuitState, to: CircuitState): void {
    const reason = to === 'isolated' ? 'isolated' : 'released'
    this.#notify({ name: this.name, from, to, reason, at: Date.now() })
  }

  #notify(change: BreakerStateChange): void {
    this.lastChange = change
    this.host.stateChanged(change)
    this.listeners.notify(change)
  }
}
