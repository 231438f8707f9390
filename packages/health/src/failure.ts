import type { FastifyBaseLogger } from 'fastify'
import type { ReportContext, Reporter } from '@seaworthy/contract'

// What a check or a task throws may be anything, and reading it may throw as well: a revoked proxy, a getter, an
// object without a prototype. None of it may keep a probe from its answer, or end the process.

const longest = 1000
const unreadable = 'what was thrown cannot be read'

/** What an error says, for operators: credentials in addresses are left out. Never throws. */
export function told(error: unknown): string {
  try {
    const said: unknown = error instanceof Error ? error.message || error.name : error
    const text = String(said)
    // First the credentials: cut through, half of one would be left.
    const safe = text.replaceAll(/\/\/[^@/\s]+@/g, '//…@')
    return safe.length > longest ? `${safe.slice(0, longest)}…` : safe
  } catch {
    return unreadable
  }
}

/** Logs with the error, and without where the log cannot read it. */
export function guardedLog(
  log: FastifyBaseLogger,
  level: 'warn' | 'error',
  fields: object,
  error: unknown,
  message: string
): void {
  try {
    log[level]({ ...fields, err: error }, message)
  } catch {
    log[level]({ ...fields, err: new Error(unreadable) }, message)
  }
}

/** Reports, where there is somebody to report to; what then goes wrong is theirs. */
export function guardedReport(reporter: Reporter | undefined, error: unknown, context: ReportContext): void {
  try {
    reporter?.report(error, context)
  } catch {
    // The failure itself is in the log.
  }
}
