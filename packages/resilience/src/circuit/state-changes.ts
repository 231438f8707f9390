import type { Reporter } from '@seaworthy/contract'
import type { FastifyBaseLogger } from 'fastify'

/**
 * The state of a breaker. `isolated` is set by `isolate()` until it is released.
 *
 * @example
 * const state: CircuitState = app.resilience.breaker('prices', async () => 42).state
 * console.log(state === 'open')
 */
export type CircuitState = 'closed' | 'open' | 'half-open' | 'isolated'

/**
 * Why the state has changed.
 *
 * @example
 * const outages: readonly StateChangeReason[] = ['failure-rate', 'consecutive-failures', 'slow-calls']
 * app.resilience.onStateChange(({ name, reason }) => outages.includes(reason) && console.log(`${name} is down`))
 */
export type StateChangeReason =
  | 'failure-rate'
  | 'consecutive-failures'
  | 'slow-calls'
  | 'recovery-failed'
  | 'probe-started'
  | 'probe-succeeded'
  | 'probe-failed'
  | 'probe-ignored'
  | 'isolated'
  | 'released'

/**
 * One change of a breaker's state. Two are special. An open breaker is half-open as soon as its time is over; that
 * change is reported when the first probe starts. With the reason `probe-ignored` the state stays half-open.
 *
 * @example
 * app.resilience.onStateChange(({ name, to, reason }: BreakerStateChange) => console.log(name, to, reason))
 */
export interface BreakerStateChange {
  /** The breaker's name. */
  readonly name: string
  /** The key whose state has changed. Absent for a breaker without keys, and when the whole breaker is isolated. */
  readonly key?: string
  readonly from: CircuitState
  readonly to: CircuitState
  readonly reason: StateChangeReason
  /** Milliseconds since 1970, as of `Date.now()`. */
  readonly at: number
  /** The failure that opened the breaker. */
  readonly error?: unknown
  /** Whole seconds until the breaker tests the service, when it opens. */
  readonly retryAfter?: number
}

/**
 * Called after each change, before the call that caused it settles. An error that it throws is logged.
 *
 * @example
 * const listener: StateChangeListener = ({ name, to }) => app.log.info(`${name} is ${to}`)
 * app.resilience.onStateChange(listener)
 */
export type StateChangeListener = (change: BreakerStateChange) => void

/** The listeners to state changes of one breaker, or of all. */
export class StateChangeListeners {
  readonly #log: FastifyBaseLogger
  #listeners: Set<StateChangeListener> | undefined

  constructor(log: FastifyBaseLogger) {
    this.#log = log
  }

  /** Returns a function that removes the listener. */
  add(listener: StateChangeListener): () => void {
    // A new function, so that a listener that is added twice is called twice.
    const entry: StateChangeListener = (change) => listener(change)
    this.#listeners ??= new Set()
    this.#listeners.add(entry)
    return () => void this.#listeners?.delete(entry)
  }

  notify(change: BreakerStateChange): void {
    if (!this.#listeners) return
    // A copy: a listener may add or remove listeners.
    for (const listener of Array.from(this.#listeners)) void this.#call(listener, change)
  }

  async #call(listener: StateChangeListener, change: BreakerStateChange): Promise<void> {
    try {
      // Nothing keeps an app from passing an async function.
      await (listener(change) as unknown)
    } catch (err) {
      this.#log.error(
        { breaker: change.name, err },
        `resilience: a state change listener of the breaker "${change.name}" failed; the breaker goes on; fix the listener`
      )
    }
  }
}

/** A listener that logs each change. */
export function logStateChanges(log: FastifyBaseLogger): StateChangeListener {
  return ({ name, key, from, to, reason, error, retryAfter }) => {
    const details = { breaker: name, ...(key !== undefined && { key }), from, reason }
    if (to === 'open' && reason !== 'released') {
      // An adopted breaker doesn't say when.
      const when = retryAfter === undefined ? 'after the reset timeout' : `in ${retryAfter} s`
      const message = `resilience: breaker open; one call tests the service ${when}; check that service`
      log.warn({ ...details, err: error, ...(retryAfter !== undefined && { retryAfter }) }, message)
    } else if (to === 'isolated') {
      log.warn(
        details,
        'resilience: breaker isolated; all its calls are rejected; release it when that is over'
      )
    } else if (reason === 'released') {
      log.info({ ...details, state: to }, 'resilience: breaker released; its state decides about calls again')
    } else if (reason === 'probe-ignored') {
      // One for each caller that leaves, or has too little time.
      log.debug(details, 'resilience: a probe ended without an outcome; the next call tests the service')
    } else {
      const effect = to === 'closed' ? 'calls are admitted again' : 'one call tests the service'
      log.info(details, `resilience: breaker ${to}; ${effect}`)
    }
  }
}

/** A listener that reports an outage once, when it begins: the calls that it costs are counted, not reported. */
export function reportOpenings(reporter: Reporter): StateChangeListener {
  return ({ name, key, from, to, reason, error }) => {
    if (from !== 'closed' || to !== 'open' || reason === 'recovery-failed') return
    const problem = error ?? new Error(`The breaker "${name}" has opened: ${reason}`)
    reporter.report(problem, { source: `breaker "${name}"`, reason, ...(key !== undefined && { key }) })
  }
}
