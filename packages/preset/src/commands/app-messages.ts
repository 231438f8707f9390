import type { Review } from '../parts/review.ts'
import type { Report } from '../parts/report.ts'

/** The state of an app, for a command in another process. */
export interface AppDescription {
  fastify: string
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

/** Why an app could not be made ready. */
export interface Failure {
  message: string
  code?: string
  /** One sentence for each, where there are several. */
  problems?: readonly string[]
}

/** The message that the app's process sends. */
export interface Answer {
  seaworthy?: AppDescription
  failure?: Failure
}
