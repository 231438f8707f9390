import type { Resources } from '../closing/resources.ts'
import type { BackgroundWork } from './background-work.ts'

/**
 * The work of a service besides requests. Consumers stop as soon as the service drains, so that no more of it begins;
 * what they and the requests have begun is waited for before the resources close.
 */
export class WorkPhase {
  readonly consumers: Resources
  readonly work: BackgroundWork
  #stopped: Promise<boolean> | undefined

  constructor(consumers: Resources, work: BackgroundWork) {
    this.consumers = consumers
    this.work = work
  }

  /** Stops all consumers at the same time, once. `limit` in milliseconds is for those without a timeout of their own. */
  stopConsumers(limit: number): void {
    this.#stopped ??= this.consumers.closeTogether(Math.max(limit, 1))
  }

  /**
   * Waits for the consumers, then for background work. Call it after the last response.
   *
   * @param limit - Milliseconds.
   * @returns Whether everything has ended by itself.
   */
  async finish(limit: number): Promise<boolean> {
    const start = performance.now()
    const isStopped = (await this.#stopped) ?? true
    const isDone = await this.work.finish(limit - (performance.now() - start))
    return isStopped && isDone
  }
}
