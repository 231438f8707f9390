import type { CheckOutcome, CheckResult } from './options.ts'

/** The result of one run of a check. */
export interface CheckRun {
  outcome: CheckOutcome
  error?: unknown
  detail?: CheckResult['detail']
  /** Milliseconds. `undefined` if nothing ran, because the run before has not settled. */
  duration?: number
}

const outcomes: ReadonlySet<unknown> = new Set<CheckOutcome>(['pass', 'degraded', 'fail'])

const plainTypes: ReadonlySet<string> = new Set(['string', 'number', 'boolean'])

/** Interprets the value that a check returned. Throws what reading the value throws. */
export function runFromValue(value: unknown): CheckRun {
  if (value === false) return { outcome: 'fail', error: new Error('the check returned false') }
  if (value === 'degraded') return { outcome: 'degraded' }
  if (typeof value === 'object' && value !== null && 'status' in value && outcomes.has(value.status)) {
    const { status, detail } = value as CheckResult
    return { outcome: status, ...(detail && { detail: copyDetail(detail) }) }
  }
  return { outcome: 'pass' }
}

/** Interprets the error that a check threw. */
export const runFromError = (error: unknown): CheckRun => ({
  outcome: 'fail',
  error: error ?? new Error('the check threw nothing')
})

/** Copies a detail, because the check may change its object later, and keeps only values that JSON can represent. */
const copyDetail = (detail: object): NonNullable<CheckResult['detail']> =>
  Object.fromEntries(
    Object.entries(detail).map(([name, value]) => [
      name,
      plainTypes.has(typeof value) ? value : String(value)
    ])
  ) as NonNullable<CheckResult['detail']>
