import { spanMaker, type Span } from '../internals/index.ts'
import { endFailed } from '../spans/end-failed.ts'

/** Runs a job in a span of its own where an OpenTelemetry SDK is active, else without one. */
export async function inSpan<T>(
  name: string,
  headers: Record<string, string> | undefined,
  work: (span: Span | undefined) => Promise<T>
): Promise<T> {
  const spans = spanMaker('@seaworthy/observability')
  if (spans === undefined) return work(undefined)
  const span = spans.start(name, 'internal', {}, { headers })
  try {
    const result = await spans.within(span, async () => work(span))
    span.end()
    return result
  } catch (error) {
    endFailed(span, error)
    throw error
  }
}
