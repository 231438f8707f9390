import { port, type Port } from './port.ts'

/** What the errors plugin could take over. `app`: the app has its own, which stays. Provided by errors. */
export interface ErrorsStatus {
  /** Who answers errors in the scope where the plugin was registered. Final in `onReady`. */
  readonly errorHandler: 'plugin' | 'app'
  /** Who answers unknown routes. */
  readonly notFoundHandler: 'plugin' | 'app' | 'off'
  /** Whether refused requests (malformed URL, malformed HTTP) are answered in the same shape. */
  readonly refusals: boolean
  /** Routes that keep Fastify's own error handler, because they were added before the plugin. */
  readonly routesBefore: readonly string[]
}

export const errorsStatusPort: Port<ErrorsStatus> = port<ErrorsStatus>('errors-status.v1')
