import type { Report } from '../../parts/report.ts'
import type { Review } from '../../review/review.ts'

/** The state of an app as far as findings are made from it. */
export interface ReviewedApp {
  /** The report of the preset. */
  report?: Report
  /** The access rules of the routes. */
  matrix?: { rows: unknown[]; text: string }
  review?: Review
  /** The routes that take input without a schema. */
  boundaries?: readonly { method: string; url: string; missing: readonly string[] }[]
  /** Milliseconds that the shutdown may take. */
  budget?: number
}
