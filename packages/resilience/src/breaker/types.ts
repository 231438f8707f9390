import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import type { CircuitState } from './circuit.ts'
import type { Clock } from '../clock.ts'
import type { Fault } from './faults.ts'
import type { InFlight } from '../abortable.ts'
import type { CallOutcome } from './metrics.ts'

/** What all breakers of an app share. */
export interface BreakerHost {
  readonly clock: Clock
  readonly random: () => number
  readonly log: FastifyBaseLogger
  readonly inFlight: InFlight
  readonly faults: boolean
  readonly closed: boolean
}

/** An answer, and how it came about. */
export interface Detailed<T> {
  value: T
  /** Whether the value is a last good one or a fallback's. */
  degraded: boolean
  source: 'call' | 'lastGood' | 'fallback'
  /** How many tries were made; 0 when none was let through. */
  attempts: number
  /** Why it is degraded. Not enumerable, so that it is not sent by accident. */
  readonly error?: unknown
}

/** What a breaker shows of itself. */
export interface BreakerSnapshot {
  name: string
  state: CircuitState
  /** States by key; only where there are keys, and only those that are not closed. */
  keys?: Record<string, CircuitState>
  size: number
  counts: Record<CallOutcome, number>
  degraded: number
  retries: number
}

/** A switch that is put back with `using`, or by hand. */
export interface Switch extends Disposable {
  release(): void
}

/** A guarded function. */
export interface Breaker<Args extends unknown[] = unknown[], T = unknown> {
  readonly name: string
  /** Of the keys together: `open` when any is. */
  readonly state: CircuitState
  /** Calls the function. `request` gives its deadline, and its client's leaving; null outside of one. */
  call(request: FastifyRequest | null | undefined, ...args: Args): Promise<T>
  /** As `call`, and says whether the answer is degraded. */
  detailed(request: FastifyRequest | null | undefined, ...args: Args): Promise<Detailed<T>>
  /** Lets no call through until it is released. */
  isolate(): Switch
  /** Ends every isolation. */
  release(): void
  /**
   * Makes calls fail or wait, for tests. Needs the plugin's option `faults`.
   *
   * @throws Error where the option is not set.
   */
  inject(fault: Fault): Switch
  snapshot(): BreakerSnapshot
}
