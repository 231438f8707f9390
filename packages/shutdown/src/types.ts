import type { Lifecycle, Overridable } from '@seaworthy/contract'

/**
 * Options of {@link Shutdown.onShutdown}.
 *
 * @example
 * const options: OnShutdownOptions = { phase: 'consumers', timeout: 10_000 }
 * app.shutdown.onShutdown('queue', async () => undefined, options)
 */
export interface OnShutdownOptions {
  /**
   * How long it may take. Milliseconds, 1 to 3600000.
   *
   * @defaultValue `resourceTimeout`; of a consumer, the time until the requests in flight are cut
   * @throws RangeError outside that range.
   */
  timeout?: number | undefined

  /**
   * When it is called. `consumers` (queues, timers, subscriptions) all stop at the same time as soon as draining starts,
   * so that no new work begins. `resources` (pools, connections) close one after another, last registered first, after
   * the last response, the consumers and all background work.
   *
   * @defaultValue 'resources'
   */
  phase?: 'consumers' | 'resources' | undefined
}

/**
 * The shutdown of the service: `app.shutdown`.
 *
 * @example
 * app.shutdown.onDrain((reason) => console.log(`draining: ${reason}`))
 * app.shutdown.onShutdown('database', async () => undefined, { timeout: 5000 })
 * console.log(app.shutdown.state, app.shutdown.budget)
 */
export interface Shutdown extends Lifecycle {
  /** Stops a consumer, or closes a resource. It may be asynchronous; its failure makes the exit code 1. */
  onShutdown(name: string, fn: () => unknown, options?: OnShutdownOptions): void
  /**
   * Runs work that no response waits for. A shutdown waits for it within `timeout`; what it cuts is named in the log with
   * name, id and age, and the exit code is 1. A failure is logged, reported and counted; it does not end the process.
   *
   * @param name - Of the log and the metrics; one of few.
   * @param fn - Its signal aborts when the shutdown has no time left.
   * @returns Settles as the function does. Nothing has to handle a rejection.
   */
  track<T>(name: string, fn: (signal: AbortSignal) => T | Promise<T>): Promise<T>
  /**
   * Starts the shutdown, once. A handler must not await it: the shutdown waits for its response.
   *
   * @param reason - For the log, and for `onDrain`.
   * @returns Resolves with the exit code when everything has ended. The process exits then, unless `exit` is `false`.
   * Where requests were in flight at the call, one of them may await this: shortly before they are cut it resolves with 1.
   */
  begin(reason?: string): Promise<number>
  /** **Milliseconds** that the shutdown may take. The platform's grace period must be longer. */
  readonly budget: number
}

interface ShutdownDecorators {
  /** The shutdown of the service. */
  shutdown: Overridable<this, Shutdown>
}

// Here, because the build of the types drops a file whose exports no public type mentions.
interface BackgroundRequest {
  /**
   * Lets work go on after the response: a shutdown waits for it within its limits, and names it where it is cut. A
   * rejection is logged with the request's id, reported and counted; it does not end the process.
   *
   * @param promise - The work, which has begun.
   * @param name - Of the log and the metrics; one of few. Without it: method and route.
   */
  waitUntil: Overridable<this, (promise: PromiseLike<unknown>, name?: string) => void>
}

declare module 'fastify' {
  interface FastifyInstance extends ShutdownDecorators {}
  interface FastifyRequest extends BackgroundRequest {}
}
