import type { Lifecycle, Overridable } from '@seaworthy/contract'

/** How the service ends: `app.shutdown`. */
export interface Shutdown extends Lifecycle {
  /**
   * Starts the shutdown, once; later calls give the same promise.
   *
   * @param reason - For the log, and for `onDrain`.
   * @returns Resolves with the exit code when everything has ended. The process exits then, unless `exit` is `false`.
   */
  begin(reason?: string): Promise<number>
  /** **Milliseconds** that the shutdown may take: what a platform's grace period must exceed. */
  readonly budget: number
}

interface ShutdownDecorators {
  /** How the service ends. */
  shutdown: Overridable<this, Shutdown>
}

declare module 'fastify' {
  interface FastifyInstance extends ShutdownDecorators {}
}
