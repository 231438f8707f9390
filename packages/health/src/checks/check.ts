import type { Tracer } from '@seaworthy/contract'
import { withTimeout } from '@seaworthy/internal'
import { runFromError, runFromValue, type CheckRun } from './check-run.ts'
import type { CheckOutcome, ResolvedCheck } from './options.ts'

/** `pending` until the first run has ended. */
export type CheckState = CheckOutcome | 'pending'

/** Listens to the runs of checks and to their changes of state. */
export interface CheckListener {
  /** Runs checks in spans, where an OpenTelemetry SDK is active. */
  readonly tracer?: Tracer | undefined
  onRun(check: Check, run: CheckRun): void
  onStateChange(check: Check, from: CheckState, run: CheckRun): void
}

/** Milliseconds that a lost run is waited for at most, before another one is started beside it. */
const maxLost = 60_000

/**
 * Runs one check: one run at a time, shared by all callers, and each ends in time even if the function does not. A
 * function that never settles is called again after a bounded time.
 */
export class Check {
  readonly options: ResolvedCheck
  state: CheckState = 'pending'
  lastRun: CheckRun | undefined
  /** Since when the state is what it is, on the monotonic clock. */
  stateSince: number = performance.now()
  /** When the last run ended, in milliseconds of the epoch. */
  lastRunAt: number | undefined
  /** When the last run that did not fail ended, in milliseconds of the epoch. */
  lastPassAt: number | undefined
  readonly #listener: CheckListener
  /** When the last run ended, on the monotonic clock. */
  #lastEnd = -Infinity
  /** Number of runs in a row that contradict the state. */
  #contraryRuns = 0
  #currentRun: Promise<void> | undefined
  /** The call of the function that has not settled, in time or not. */
  #unsettled: symbol | undefined
  /** When that call was made, on the monotonic clock. */
  #calledAt = -Infinity
  /** Number of calls in a row that did not settle in time. */
  #lost = 0
  #stopped = false
  #controller: AbortController | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: ResolvedCheck, listener: CheckListener) {
    this.options = options
    this.#listener = listener
  }

  /** Starts the runs in the background, if the check has an interval. */
  start(): void {
    if (this.options.interval === 0 || this.#timer) return
    this.#timer = setInterval(() => void this.run(), this.options.interval).unref()
    void this.run()
  }

  /** Stops the runs in the background, and aborts the current one. */
  stop(): void {
    this.#stopped = true
    clearInterval(this.#timer)
    this.#controller?.abort(new Error('the app is closing'))
  }

  /** Runs the check if it has no fresh result. Returns `undefined` if it has one. */
  refresh(now: number): Promise<void> | undefined {
    return this.#isStale(now) ? this.run() : undefined
  }

  /** The state. A stale result of a run in the background counts as a failure. */
  stateAt(now: number): CheckState {
    return this.options.interval > 0 && this.state !== 'pending' && this.#isStale(now) ? 'fail' : this.state
  }

  /** Resolves when the run has ended or its time is over. Never rejects. Callers share one run. */
  run(): Promise<void> {
    if (this.#currentRun) return this.#currentRun
    if (this.#unsettled !== undefined && performance.now() - this.#calledAt < this.#abandonAfterMs()) {
      // The function has not returned from the last run. A second call could pile up behind it, so the run fails.
      this.#record({ outcome: 'fail', error: this.lastRun?.error ?? new Error('the check still hangs') })
      return Promise.resolve()
    }
    this.#currentRun = this.#execute().finally(() => {
      this.#currentRun = undefined
    })
    return this.#currentRun
  }

  /** Whether a run is quick enough for a probe to wait for it, although the check is optional. */
  isPrompt(now: number, limit: number): boolean {
    if (this.#currentRun !== undefined) return now - this.#calledAt < limit
    return this.lastRun === undefined || (this.lastRun.duration ?? Infinity) < limit
  }

  /** Milliseconds after which a call counts as lost. It doubles, so that few pile up while a dependency hangs. */
  #abandonAfterMs(): number {
    return Math.max(
      this.options.timeout,
      Math.min(maxLost, this.options.timeout * 2 ** Math.min(this.#lost, 16))
    )
  }

  #isStale(now: number): boolean {
    const age = now - this.#lastEnd
    return this.options.interval === 0 ? age >= this.options.cacheFor : age > this.options.staleAfter
  }

  async #execute(): Promise<void> {
    const { check, timeout } = this.options
    const start = performance.now()
    const controller = new AbortController()
    this.#controller = controller
    const id = Symbol('run')
    this.#unsettled = id
    this.#calledAt = start
    let settled = false
    const call = async (): Promise<CheckRun> => {
      try {
        return await this.#traced(async () => runFromValue(await check(controller.signal)))
      } finally {
        settled = true
        // A lost call may settle after another one has been started.
        if (this.#unsettled === id) {
          this.#unsettled = undefined
          this.#lost = 0
        }
      }
    }
    const run = await withTimeout(timeout, call, { controller, unref: true }).catch(runFromError)
    this.#lost = settled ? 0 : this.#lost + 1
    this.#record({ ...run, duration: performance.now() - start })
  }

  async #traced(work: () => Promise<CheckRun>): Promise<CheckRun> {
    const { tracer } = this.#listener
    if (tracer === undefined) return work()
    const { name } = this.options
    return tracer.inSpan(`health check ${name}`, { 'health.check.name': name }, async (span) => {
      const run = await work()
      if (run.outcome === 'fail') span.fail(run.error)
      return run
    })
  }

  #record(run: CheckRun): void {
    // A failure because the app closes is of no interest.
    if (this.#stopped) return
    const failed = run.outcome === 'fail'
    this.lastRun = run
    this.#lastEnd = performance.now()
    this.lastRunAt = Date.now()
    if (!failed) this.lastPassAt = this.lastRunAt
    this.#notify(() => this.#listener.onRun(this, run))

    const from = this.state
    if (from === 'pending' || (from === 'fail') === failed) this.#contraryRuns = 0
    else if (++this.#contraryRuns < this.options[failed ? 'failureThreshold' : 'successThreshold']) return
    if (from === run.outcome) return

    this.#contraryRuns = 0
    this.state = run.outcome
    this.stateSince = this.#lastEnd
    this.#notify(() => this.#listener.onStateChange(this, from, run))
  }

  /** A logger or a meter that fails must not keep a probe from responding. */
  #notify(call: () => void): void {
    try {
      call()
    } catch {
      // The state is kept, which is all that the probes need.
    }
  }
}
