import type { Lifecycle, Overridable } from '@seaworthy/contract'

/**
 * The shutdown of the service: `app.shutdown`.
 *
 * @example
 * app.shutdown.onDrain((reason) => console.log(`draining: ${reason}`))
 * app.shutdown.onShutdown('database', async () => undefined, { timeout: 5000 })
 * console.log(app.shutdown.state, app.shutdown.budget)
 */
export interface Shutdown extends Lifecycle {
  /**
   * Starts the shutdown, once; later calls return the same promise.
   *
   * @param reason - For the log, and for `onDrain`.
   * @returns Resolves with the exit code when everything has ended. The process exits then, unless `exit` is `false`.
   */
  begin(reason?: string): Promise<number>
  /** **Milliseconds** that the shutdown may take. The platform's grace period must be longer. */
  readonly budget: number
}

interface ShutdownDecorators {
  /** The shutdown of the service. */
  shutdown: Overridable<this, Shutdown>
}

declare module 'fastify' {
  interface FastifyInstance extends ShutdownDecorators {}
}
