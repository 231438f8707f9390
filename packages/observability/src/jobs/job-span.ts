import { jobTracer, type JobSpan } from '../internals.ts'

/** Runs a job in a span of its own where an OpenTelemetry SDK is active, else without one. */
export async function inSpan<T>(
  name: string,
  headers: Record<string, string> | undefined,
  work: (span: JobSpan | undefined) => Promise<T>
): Promise<T> {
  const tracer = jobTracer('@seaworthy/observability')
  if (tracer === undefined) return work(undefined)
  return tracer.startActiveSpan(name, {}, tracer.contextOf(headers), async (span) => {
    try {
      return await work(span)
    } catch (error) {
      if (error instanceof Error) span.recordException(error)
      span.setStatus({ code: statusError })
      throw error
    } finally {
      span.end()
    }
  })
}

// SpanStatusCode.ERROR
const statusError = 2
