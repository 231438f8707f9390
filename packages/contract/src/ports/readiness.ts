import { port, type Port } from './port.ts'

export interface ReadinessCheckOptions {
  /**
   * Whether a failure makes the service not ready; otherwise it becomes degraded.
   *
   * @defaultValue true
   */
  critical?: boolean | undefined
  /**
   * Milliseconds after which a check that has not settled has failed, 1 to 60000.
   *
   * @defaultValue the `timeout` of the provider
   */
  timeout?: number | undefined
  /**
   * Milliseconds between runs in the background, 10 to 3600000. 0 turns them off.
   *
   * @defaultValue 0
   */
  interval?: number | undefined
  /**
   * Milliseconds for which a result is cached, 0 to 3600000.
   *
   * @defaultValue the `cacheFor` of the provider
   */
  cacheFor?: number | undefined
}

/** Takes readiness checks. Provided by health. A check passes unless it throws or returns `false`. */
export interface Readiness {
  addCheck(name: string, check: (signal: AbortSignal) => unknown, options?: ReadinessCheckOptions): void
  /** Keeps the service not ready until the returned function is called. */
  hold(name: string): () => void
}

export const readinessPort: Port<Readiness> = port<Readiness>('readiness.v1')
