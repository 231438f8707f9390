import type { CheckOutcome, Finding, ResolvedCheck } from './check-options.ts'

/** `pending` until the first run has ended. */
export type CheckState = CheckOutcome | 'pending'

/** How one run ended. */
export interface CheckRun {
  outcome: CheckOutcome
  error?: unknown
  detail?: Finding['detail']
  /** Milliseconds; undefined where nothing ran because the run before still hangs. */
  duration?: number
}

/** Who is told of a check's runs and of its changes of state. */
export interface CheckEvents {
  ran(check: Check, run: CheckRun): void
  changed(check: Check, from: CheckState, run: CheckRun): void
}

const outcomes: ReadonlySet<unknown> = new Set(['pass', 'degraded', 'fail'])

const plain: ReadonlySet<string> = new Set(['string', 'number', 'boolean'])

/** What a check's return value means. */
function interpret(value: unknown): CheckRun {
  if (value === false) return { outcome: 'fail', error: new Error('the check returned false') }
  if (value === 'degraded') return { outcome: 'degraded' }
  if (typeof value === 'object' && value !== null && 'status' in value && outcomes.has(value.status)) {
    const { status, detail } = value as Finding
    return { outcome: status, ...(detail && { detail: copied(detail) }) }
  }
  return { outcome: 'pass' }
}

/** What operators may be shown of it, whatever the check does with its object, or puts there. */
const copied = (detail: object): NonNullable<Finding['detail']> =>
  Object.fromEntries(
    Object.entries(detail).map(([name, value]) => [name, plain.has(typeof value) ? value : String(value)])
  ) as NonNullable<Finding['detail']>

/** Runs one check: one run at a time, whoever asks, and each ends in time even where the function doesn't. */
export class Check {
  readonly options: ResolvedCheck
  state: CheckState = 'pending'
  last: CheckRun | undefined
  /** Of the monotonic clock, in milliseconds: when the last run ended, and since when the state is what it is. */
  ranAt: number = -Infinity
  since: number = performance.now()
  /** Of the calendar, in milliseconds. */
  lastRun: number | undefined
  lastPass: number | undefined
  /** Runs in a row that contradict the state. */
  #contrary = 0
  #flight: Promise<void> | undefined
  #hanging = false
  #stopped = false
  #controller: AbortController | undefined
  #timer: NodeJS.Timeout | undefined
  readonly #events: CheckEvents

  constructor(options: ResolvedCheck, events: CheckEvents) {
    this.options = options
    this.#events = events
  }

  /** Starts the runs in the background, where the check has an interval. */
  start(): void {
    if (this.options.interval === 0 || this.#timer) return
    this.#timer = setInterval(() => void this.run(), this.options.interval).unref()
    void this.run()
  }

  stop(): void {
    this.#stopped = true
    clearInterval(this.#timer)
    this.#controller?.abort(new Error('the app is closing'))
  }

  /** What a probe has to wait for; undefined where the last result is good enough. */
  refresh(now: number): Promise<void> | undefined {
    return this.#tooOld(now) ? this.run() : undefined
  }

  #tooOld(now: number): boolean {
    const age = now - this.ranAt
    return this.options.interval === 0 ? age >= this.options.cacheFor : age > this.options.staleAfter
  }

  /** The state, where a result from the background that has become too old counts as a failure. */
  current(now: number): CheckState {
    return this.options.interval > 0 && this.state !== 'pending' && this.#tooOld(now) ? 'fail' : this.state
  }

  /** Resolves when the run has ended or its time is up. Never rejects. Callers share one run. */
  run(): Promise<void> {
    if (this.#flight) return this.#flight
    if (this.#hanging) {
      // The last run never came back. A second one would pile up behind it; it fails without.
      this.#ended({ outcome: 'fail', error: this.last?.error ?? new Error('the check still hangs') })
      return Promise.resolve()
    }
    this.#flight = this.#fly().finally(() => {
      this.#flight = undefined
    })
    return this.#flight
  }

  async #fly(): Promise<void> {
    const { check, timeout } = this.options
    const started = performance.now()
    const controller = new AbortController()
    this.#controller = controller
    const { promise: late, resolve: giveUp } = Promise.withResolvers<CheckRun>()
    const timer = setTimeout(() => {
      // After a stall of the event loop the answer may lie there unread: read first, then judge.
      setImmediate(() => {
        const error = new Error(`no answer within ${timeout} ms`)
        giveUp({ outcome: 'fail', error })
        if (this.#hanging) controller.abort(error)
      })
    }, timeout).unref()

    this.#hanging = true
    const finished = (async () => interpret(await check(controller.signal)))()
      .catch((error: unknown): CheckRun => ({
        outcome: 'fail',
        error: error ?? new Error('the check threw nothing')
      }))
      .finally(() => {
        this.#hanging = false
      })
    const run = await Promise.race([finished, late])
    clearTimeout(timer)
    this.#ended({ ...run, duration: performance.now() - started })
  }

  #ended(run: CheckRun): void {
    // What fails because the app closes is no news.
    if (this.#stopped) return
    const failed = run.outcome === 'fail'
    this.last = run
    this.ranAt = performance.now()
    this.lastRun = Date.now()
    if (!failed) this.lastPass = this.lastRun
    this.#events.ran(this, run)

    const from = this.state
    if (from === 'pending' || (from === 'fail') === failed) this.#contrary = 0
    else if (++this.#contrary < this.options[failed ? 'failureThreshold' : 'successThreshold']) return
    if (from === run.outcome) return

    this.#contrary = 0
    this.state = run.outcome
    this.since = this.ranAt
    this.#events.changed(this, from, run)
  }
}
