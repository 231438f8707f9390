import type { ReviewedApp } from './findings/reviewed-app.ts'

/** The state of an app, for a command in another process. */
export interface AppDescription extends ReviewedApp {
  fastify: string
  /** Whether fastify-cli makes the app of the file's plugin. */
  isPlugin?: boolean
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
