import type { ErrorSink } from '../options-tracking.ts'

type Sentry = typeof import('@sentry/node')

/** Loads Sentry, starts it unless the service has, and gives a sink for it. */
export async function sentrySink(options: { dsn: string } & Record<string, unknown>): Promise<{
  sink: ErrorSink
  flush: (timeout: number) => Promise<boolean>
}> {
  let sentry: Sentry
  try {
    sentry = await import('@sentry/node')
  } catch (cause) {
    throw new Error('observability: "errorTracking.dsn" needs @sentry/node: npm install @sentry/node', {
      cause
    })
  }
  if (sentry.getClient() === undefined) sentry.init(options)

  return {
    sink(error, { source, method, route, statusCode, correlationId, traceId, userId, ...extra }) {
      const tags = { source, method, route, statusCode, correlationId, traceId }
      sentry.withScope((scope) => {
        for (const [name, value] of Object.entries(tags)) if (value !== undefined) scope.setTag(name, value)
        if (userId !== undefined) scope.setUser({ id: userId })
        scope.setExtras(extra)
        sentry.captureException(error)
      })
    },
    flush: async (timeout) => sentry.flush(timeout)
  }
}
