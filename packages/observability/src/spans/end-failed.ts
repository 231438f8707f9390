import { isError } from '../logging/is-error.ts'
import { safeError } from '../logging/safe-error.ts'
import { statusError, type Span } from '../internals/index.ts'

/** Marks a span as failed by an error, which is bounded and without secrets, as in the log. */
export function markFailed(span: Span, error: unknown): void {
  if (isError(error)) span.recordException(safeError(error) as unknown as Error)
  span.setStatus({ code: statusError })
}

/** Ends a span with the error by which its work has failed. */
export function endFailed(span: Span, error: unknown): void {
  markFailed(span, error)
  span.end()
}
