import { port, type Port } from './port.ts'

export interface ReadinessCheckOptions {
  /** A failing critical check makes the service not ready; another one only degraded. Default true. */
  critical?: boolean
  /** Milliseconds after which the check has failed, whatever it does. */
  timeout?: number
  /** Milliseconds between runs in the background. */
  interval?: number
  /** Milliseconds for which a result is served again. */
  cacheFor?: number
}

/** Where readiness checks are added. Provided by health. A check passes unless it throws or returns `false`. */
export interface Readiness {
  addCheck(name: string, check: (signal: AbortSignal) => unknown, options?: ReadinessCheckOptions): void
  /** Readiness stays 503 until the returned function is called. */
  hold(name: string): () => void
}

export const readinessPort: Port<Readiness> = port<Readiness>('readiness.v1')
