import type { FastifyBaseLogger } from 'fastify'
import type { Reporter, Tracer } from '@seaworthy/contract'
import type { CheckRun } from '../checks/check-run.ts'
import type { Check, CheckListener, CheckState } from '../checks/check.ts'
import { logWithError, reportSafely, safeErrorMessage } from './safe-error.ts'

/**
 * A change of a check's state, kept for operators.
 *
 * @example
 * const last: Transition | undefined = app.health.status().history.at(-1)
 * console.log(last?.check, last?.from, last?.to)
 */
export interface Transition {
  at: string
  check: string
  from: CheckState
  to: CheckState
  error?: string
}

const maxHistory = 50

/** Logs, keeps and reports changes, each once: a check that fails for an hour is one line. */
export class HealthEventLog implements CheckListener {
  readonly history: Transition[] = []
  reporter: Reporter | undefined
  tracer: Tracer | undefined
  /** Measures durations. Set if there is a meter. */
  onDuration: ((check: Check, milliseconds: number) => void) | undefined
  readonly #log: FastifyBaseLogger
  readonly #slow: Set<Check> = new Set()
  /** The checks that were logged as ignored, with the start of their failure. */
  readonly #ignored: Map<Check, number> = new Map()

  /** The tasks that have failed: each is reported once. */
  readonly #failedTasks: Set<string> = new Set()

  constructor(log: FastifyBaseLogger) {
    this.#log = log
  }

  onRun(check: Check, { duration, outcome }: CheckRun): void {
    if (duration === undefined) return
    this.onDuration?.(check, duration)
    if (outcome === 'fail') return
    const { name, slowAfter, timeout } = check.options
    if (slowAfter === 0 || duration <= slowAfter) {
      this.#slow.delete(check)
    } else if (!this.#slow.has(check)) {
      this.#slow.add(check)
      this.#log.warn(
        { check: name, duration: Math.round(duration), timeout },
        `health: check "${name}" is slow; it fails if it takes longer than its timeout`
      )
    }
  }

  onStateChange(check: Check, from: CheckState, { error }: CheckRun): void {
    const { state: to } = check
    const { name, critical, groups } = check.options
    const transition: Transition = { at: new Date().toISOString(), check: name, from, to }
    if (error !== undefined) transition.error = safeErrorMessage(error)
    this.history.push(transition)
    if (this.history.length > maxHistory) this.history.shift()

    // The first pass is no change that matters to operators.
    if (from === 'pending' && to === 'pass') return
    const fields = { check: name, critical, from, to }
    if (to === 'pass') {
      this.#log.info(fields, `health: check "${name}" passes again`)
    } else if (to === 'degraded') {
      logWithError(this.#log, 'warn', fields, error, `health: check "${name}" is degraded`)
    } else {
      const effect = critical ? '; the service is not ready' : '; the service is degraded'
      const message = `health: check "${name}" fails${groups.includes('ready') ? effect : ''}`
      logWithError(this.#log, 'warn', fields, error, message)
    }
    if (to === 'fail' && critical) {
      reportSafely(this.reporter, error, { source: `health check "${name}"`, check: name })
    }
  }

  /** Logs, once for each failure, that readiness ignores a failing check. */
  onIgnored(check: Check): void {
    if (this.#ignored.get(check) === check.stateSince) return
    this.#ignored.set(check, check.stateSince)
    const { name, maxUnready } = check.options
    this.#log.warn(
      { check: name, maxUnready },
      `health: check "${name}" has failed for longer than "maxUnready"; readiness ignores it`
    )
  }

  /** The app has declared itself broken. */
  onBroken(reason: string): void {
    reportSafely(this.reporter, new Error(`The app is broken: ${reason}`), { source: 'health broken' })
  }

  taskSucceeded(name: string): void {
    this.#log.info({ task: name }, `health: startup task "${name}" succeeded`)
  }

  /** @param delay - Milliseconds within which the task runs again. `undefined`: it does not. */
  taskFailed(name: string, error: unknown, delay: number | undefined): void {
    const next = delay === undefined ? 'has no retry left' : `runs it again within ${delay / 1000} s`
    const message =
      `health: startup task "${name}" failed; the service stays not ready and ${next}; ` +
      'correct what "err" names'
    logWithError(this.#log, 'error', { task: name }, error, message)
    if (this.#failedTasks.has(name)) return
    this.#failedTasks.add(name)
    reportSafely(this.reporter, error, { source: `startup task "${name}"` })
  }
}
