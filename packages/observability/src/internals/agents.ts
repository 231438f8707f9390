interface DatadogTracer {
  _tracer?: { _exporter?: { flush?: (done: () => void) => void } }
}

/**
 * The function by which Datadog's agent sends its spans, after `init()`. Without its exporter, the shutdown waits for the
 * agent's own timer.
 */
export function datadogFlush(tracer: unknown): ((done: () => void) => void) | undefined {
  const exporter = (tracer as DatadogTracer)._tracer?._exporter
  return typeof exporter?.flush === 'function' ? (done) => exporter.flush!(done) : undefined
}

/** Whether the app uses Sentry already: each copy keeps its state under this name. Without it, a second copy is loaded. */
export const sentryIsUsed = (): boolean => '__SENTRY__' in globalThis

interface SentryScope {
  getClient?(): { flush(timeout: number): PromiseLike<unknown> } | undefined
}
interface SentryCarrier {
  defaultCurrentScope?: SentryScope
}

/** The clients of every copy of Sentry that the app has started. Without it: events are sent in the background. */
export function loadedSentryClients(): { flush(timeout: number): PromiseLike<unknown> }[] {
  const copies = (globalThis as { __SENTRY__?: Record<string, unknown> }).__SENTRY__ ?? {}
  const clients = Object.values(copies).map((copy) => {
    const { defaultCurrentScope } = (typeof copy === 'object' && copy !== null ? copy : {}) as SentryCarrier
    return defaultCurrentScope?.getClient?.()
  })
  return clients.filter((client) => typeof client?.flush === 'function') as ReturnType<
    typeof loadedSentryClients
  >
}

/**
 * Whether a listener of unhandled rejections is Sentry's, which captures them and lets the process go on. With another
 * name, the process goes on as Sentry has it.
 */
export const isCapturingRejections = (listener: Function): boolean => listener.name === 'sendUnhandledPromise'

/**
 * Whether a listener of uncaught errors only captures them. Sentry marks its own by this name, and ignores those. Without
 * it, such a listener decides about the exit.
 */
export const isCapturingListener = (listener: object): boolean =>
  (listener as { _errorHandler?: unknown })._errorHandler === true
