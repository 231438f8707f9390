import { clientErrorBrand } from '@seaworthy/contract'

/** Too many requests, unavailable, too late: the statuses of requests that are rejected on purpose. */
const statuses: ReadonlySet<unknown> = new Set([429, 503, 504])

/**
 * Whether an error rejects a request on purpose: a limit, an open breaker, shed load, a deadline. Such errors are counted
 * and their code is logged, but they are no bugs: there may be thousands a second.
 */
export function isRejection(error: unknown, statusCode: number): boolean {
  if (!statuses.has(statusCode) || typeof error !== 'object' || error === null) return false
  const { [clientErrorBrand]: brand, statusCode: status } = error as Record<string | symbol, unknown>
  return brand === true && status === statusCode
}
