import type { Report } from '../parts/report.ts'

/** What a command needs to know of an app. It goes from one process to another, so it is data. */
export interface AppDescription {
  fastify: string
  /** What the preset did. */
  report?: Report
  /** Who may use what. */
  matrix?: { rows: unknown[]; text: string }
}

/** Why an app could not be made ready. */
export interface Failure {
  message: string
  code?: string
  /** A sentence each, where there are several. */
  problems?: readonly string[]
}

/** What the app's process sends. */
export interface Answer {
  seaworthy?: AppDescription
  failure?: Failure
}
