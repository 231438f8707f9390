import type { FastifyBaseLogger } from 'fastify'
import type { Reporter } from '@seaworthy/contract'
import type { Check, CheckEvents, CheckState } from './check.ts'
import { guardedLog, guardedReport, told } from './failure.ts'

/** A change of a check's state, kept for operators. */
export interface Transition {
  at: string
  check: string
  from: CheckState
  to: CheckState
  error?: string
}

const kept = 50

/** Says once what has changed, and remembers it. A check that fails for an hour is one line, not 720. */
export class Journal implements CheckEvents {
  readonly history: Transition[] = []
  reporter: Reporter | undefined
  /** Metrics, where there is a meter. */
  observe: ((check: Check, duration: number | undefined) => void) | undefined
  readonly #log: FastifyBaseLogger
  readonly #slow: Set<Check> = new Set()
  readonly #ignored: Map<Check, number> = new Map()

  constructor(log: FastifyBaseLogger) {
    this.#log = log
  }

  ran(check: Check, { duration, outcome }: { duration?: number; outcome: string }): void {
    this.observe?.(check, duration)
    const { name, slowAfter, timeout } = check.options
    const slow = duration !== undefined && slowAfter > 0 && duration > slowAfter && outcome !== 'fail'
    if (!slow) {
      if (duration !== undefined && outcome !== 'fail') this.#slow.delete(check)
      return
    }
    if (this.#slow.has(check)) return
    this.#slow.add(check)
    this.#log.warn({ check: name, duration: Math.round(duration), timeout }, `health check "${name}" is slow`)
  }

  /** Says once a spell that a failing check no longer holds back readiness. */
  ignored(check: Check): void {
    if (this.#ignored.get(check) === check.since) return
    this.#ignored.set(check, check.since)
    const { name, maxUnready } = check.options
    const fields = { check: name, maxUnready }
    this.#log.warn(fields, `health check "${name}" still fails: readiness no longer waits for it`)
  }

  changed(check: Check, from: CheckState, { error }: { error?: unknown }): void {
    const { state: to } = check
    const { name, critical } = check.options
    const transition: Transition = { at: new Date().toISOString(), check: name, from, to }
    if (error !== undefined) transition.error = told(error)
    this.history.push(transition)
    if (this.history.length > kept) this.history.shift()

    // The first pass is no news.
    if (from === 'pending' && to === 'pass') return
    const fields = { check: name, critical, from, to }
    if (to === 'pass') this.#log.info(fields, `health check "${name}" passes again`)
    else {
      const message = `health check "${name}" ${to === 'fail' ? 'fails' : 'is degraded'}`
      guardedLog(this.#log, 'warn', fields, error, message)
    }
    if (to === 'fail' && critical) {
      guardedReport(this.reporter, error, { source: `health check "${name}"`, check: name })
    }
  }
}
