import { nameErrorClass } from '@seaworthy/internal'

/**
 * The cause of a 502: the upstream's response has a status that is a failure.
 *
 * @example
 * const statusOf = (error: unknown) => (error instanceof ResponseError ? error.status : undefined)
 * app.resilience.breaker('prices', async () => 42, { isFailure: (error) => statusOf(error) !== 404 })
 */
export class ResponseError extends Error {
  static {
    nameErrorClass(this, 'ResponseError')
  }

  readonly status: number
  readonly headers: Record<string, string>

  constructor(host: string, response: Response) {
    super(`${host} answered ${response.status}`)
    this.status = response.status
    const retryAfter = response.headers.get('retry-after')
    this.headers = retryAfter === null ? {} : { 'retry-after': retryAfter }
  }
}
