import { isObject } from '@seaworthy/internal'
import type { CheckOutcome, CheckResult } from './options.ts'
import { verdictOf } from './verdict.ts'

/** The result of one run of a check. */
export interface CheckRun {
  outcome: CheckOutcome
  error?: unknown
  detail?: CheckResult['detail']
  /** Milliseconds. `undefined` if nothing ran, because the run before has not settled. */
  duration?: number
}

const plainTypes: ReadonlySet<string> = new Set(['string', 'number', 'boolean'])

/** Interprets the value that a check returned. Throws what reading the value throws. */
export function runFromValue(value: unknown): CheckRun {
  const { outcome, error } = verdictOf(value)
  const run: CheckRun = error === undefined ? { outcome } : { outcome, error }
  const detail = detailOf(value)
  return detail === undefined ? run : { ...run, detail: copyDetail(detail) }
}

/** Interprets the error that a check threw. */
export const runFromError = (error: unknown): CheckRun => ({
  outcome: 'fail',
  error: error ?? new Error('the check threw nothing')
})

/** The detail of a {@link CheckResult}. */
function detailOf(value: unknown): object | undefined {
  if (typeof value !== 'object' || value === null || !('status' in value)) return undefined
  const { detail } = value as { detail?: unknown }
  return isObject(detail) ? detail : undefined
}

/** Copies a detail, because the check may change its object later, and keeps only values that JSON can represent. */
const copyDetail = (detail: object): NonNullable<CheckResult['detail']> =>
  Object.fromEntries(
    Object.entries(detail).map(([name, value]) => [
      name,
      plainTypes.has(typeof value) ? value : String(value)
    ])
  ) as NonNullable<CheckResult['detail']>
