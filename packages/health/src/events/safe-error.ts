import type { FastifyBaseLogger } from 'fastify'
import type { ReportContext, Reporter } from '@seaworthy/contract'
import { scrubAndCut } from '@seaworthy/internal'

// A check or a task may throw any value, and reading it may throw as well: a revoked proxy, a getter, an object without
// a prototype. None of that may keep a probe from responding, or end the process.

const maxLength = 1000
const unreadable = 'the error that was thrown cannot be read'

/** The message of an error for operators, without secrets. Never throws. */
export function safeErrorMessage(error: unknown): string {
  try {
    const message: unknown = error instanceof Error ? error.message || error.name : error
    const text = String(message)
    const safe = scrubAndCut(text, maxLength)
    return text.length > maxLength ? `${safe}…` : safe
  } catch {
    return unreadable
  }
}

/** Logs a line with the error, or without it if the logger cannot read it. */
export function logWithError(
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

/** Reports an error if there is a reporter. Never throws: the log has the error in any case. */
export function reportSafely(reporter: Reporter | undefined, error: unknown, context: ReportContext): void {
  try {
    reporter?.report(error, context)
  } catch {
    // The reporter has failed, and the log has the error.
  }
}
