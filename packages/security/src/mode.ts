import type { FastifyInstance } from 'fastify'

/**
 * Whether a part rejects requests, or only reports those that it would reject.
 *
 * @example
 * const mode: Mode = 'observe'
 * await app.register(security, { mode }) // nothing is rejected, the log has the requests that 'enforce' would reject
 */
export type Mode = 'enforce' | 'observe'

export const modes: readonly Mode[] = ['enforce', 'observe']

/** Reports that a request would have been rejected. `subject` and `reason` come from routes and options only. */
export type ReportObserved = (subject: string, reason: string, details?: object) => void

/** Milliseconds between two lines about the same subject and reason. */
const pause = 60_000

/** Subjects with reasons that have a line of their own. */
const maxSubjects = 1000

/** Logs what is observed: the first time at once, then once a minute with the number since the line before. */
export function observedReports({ log }: FastifyInstance): ReportObserved {
  const reported = new Map<string, { next: number; count: number }>()
  return (subject, reason, details) => {
    const key = `${subject}: ${reason}`
    let state = reported.get(key)
    if (state === undefined) {
      if (reported.size >= maxSubjects) return
      reported.set(key, (state = { next: 0, count: 0 }))
    }
    state.count++
    const now = performance.now()
    if (now < state.next) return
    state.next = now + pause
    log.warn(
      { ...details, count: state.count },
      `security: ${subject} would be rejected (${reason}); it passes, because the mode is 'observe'; mend the client or the rule, then set the mode to 'enforce'`
    )
    state.count = 0
  }
}
