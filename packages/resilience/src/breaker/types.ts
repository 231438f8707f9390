import type { Tracer } from '@seaworthy/contract'
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import type { AbortableList } from '../abortable.ts'
import type { CallSource } from '../call/call.ts'
import type { Clock } from '../clock.ts'
import type { Fault } from './faults.ts'
import type { CallOutcome } from './metrics.ts'
import type { BreakerMode } from './mode-switch.ts'
import type {
  BreakerStateChange,
  CircuitState,
  StateChangeListener,
  StateChangeReason
} from '../circuit/state-changes.ts'

/** The members that all breakers of an app share. */
export interface BreakerHost {
  readonly clock: Clock
  readonly random: () => number
  readonly log: FastifyBaseLogger
  /** All pending work of the app. */
  readonly pendingWork: AbortableList
  /** Whether faults may be injected. */
  readonly faults: boolean
  readonly isClosed: boolean
  /** Runs attempts in spans, where an OpenTelemetry SDK is active. */
  readonly tracer?: Tracer | undefined
  stateChanged(change: BreakerStateChange): void
}

/**
 * A result with where it comes from.
 *
 * @example
 * const prices = app.resilience.breaker('prices', async () => 42, { fallback: () => 0 })
 * app.get('/', async (request) => {
 *   const { value, degraded }: Detailed<number> = await prices.detailed(request)
 *   return degraded ? 'unknown' : value
 * })
 */
export interface Detailed<T> {
  value: T
  /** Whether the value is a last good value or a fallback's. */
  degraded: boolean
  source: CallSource
  /** The number of attempts; 0 if none was admitted. */
  attempts: number
  /** The error that the value replaces. Not enumerable, so that it is not serialised by accident. */
  readonly error?: unknown
}

/**
 * The state and the counts of a breaker.
 *
 * @example
 * const open = app.resilience.list().filter(({ state }: BreakerSnapshot) => state === 'open')
 * console.log(open.map(({ name }) => name))
 */
export interface BreakerSnapshot {
  name: string
  state: CircuitState
  /** The states of the keys that are not closed. Only for a breaker with keys. */
  keys?: Record<string, CircuitState>
  /** The number of keys with a state; 1 for a breaker without keys. */
  size: number
  counts: Record<CallOutcome, number>
  degraded: number
  retries: number
  /** The mode that operators have set for a while, until a time in milliseconds since 1970. Absent otherwise. */
  override?: { mode: BreakerMode; until: number }
  /** The last change of its state. `error` is the failure that opened it, without secrets. */
  lastChange?: { at: number; to: CircuitState; reason: StateChangeReason; error?: string }
}

/**
 * Ends with `using`, or by `release()`. Only the first release has an effect.
 *
 * @example
 * const prices = app.resilience.breaker('prices', async () => 42)
 * const isolation: Switch = prices.isolate()
 * isolation.release()
 */
export interface Switch extends Disposable {
  release(): void
}

/**
 * A guarded function.
 *
 * @example
 * const prices: Breaker<[item: string], number> = app.resilience.breaker('prices', async (_context, _item: string) => 42)
 * app.get('/prices', (request) => prices.call(request, 'book'))
 */
export interface Breaker<Args extends unknown[] = unknown[], T = unknown> {
  readonly name: string
  /** Of a breaker with keys: `open` if one of them is open. */
  readonly state: CircuitState
  /** Calls the function, within the request's deadline and while its client is connected. `null` outside of requests. */
  call(request: FastifyRequest | null | undefined, ...args: Args): Promise<T>
  /** Like `call`, with where the result comes from. */
  detailed(request: FastifyRequest | null | undefined, ...args: Args): Promise<Detailed<T>>
  /** Rejects all calls until the switch is released. */
  isolate(): Switch
  /** Ends all isolations. */
  release(): void
  /**
   * Calls the listener after each change of the state, also of each key's. Returns a function that removes it. An error
   * of the listener is logged and changes nothing.
   */
  onStateChange(listener: StateChangeListener): () => void
  /**
   * Makes calls fail or wait, for tests. Needs the plugin's option `faults`.
   *
   * @throws Error without that option.
   */
  inject(fault: Fault): Switch
  snapshot(): BreakerSnapshot
}
