import { port, type Port } from './port.ts'

export interface ReadinessCheckOptions {
  /** Whether a failure makes the service not ready; otherwise it becomes degraded. Default `true`. */
  critical?: boolean
  /** Milliseconds after which a check that has not settled has failed. */
  timeout?: number
  /** Milliseconds between runs in the background. */
  interval?: number
  /** Milliseconds for which a result is served from the cache. */
  cacheFor?: number
}

/** Where readiness checks are added. Provided by health. A check passes unless it throws or returns `false`. */
export interface Readiness {
  addCheck(name: string, check: (signal: AbortSignal) => unknown, options?: ReadinessCheckOptions): void
  /** Readiness stays 503 until the returned function is called. */
  hold(name: string): () => void
}

export const readinessPort: Port<Readiness> = port<Readiness>('readiness.v1')
