import { SecurityError } from '../security-error.ts'
import { spoken } from '../duration.ts'

/** A request over its limit: 429, or 403 once the client is banned. */
export class RateLimitError extends SecurityError {
  override readonly name: string = 'RateLimitError'
  /** Milliseconds until a request would pass. */
  readonly ttl: number

  constructor(ttl: number, ban = false) {
    super(ban ? 'Banned after too many requests' : `Rate limit exceeded, retry in ${spoken(ttl)}`, {
      code: ban ? 'RATE_LIMIT_BANNED' : 'RATE_LIMITED',
      statusCode: ban ? 403 : 429,
      headers: { 'retry-after': `${Math.max(1, Math.ceil(ttl / 1000))}` }
    })
    this.ttl = ttl
  }
}

/** The shared store does not answer, and a limit with the policy `closed` lets nothing through. */
export class RateLimitStoreError extends SecurityError {
  override readonly name: string = 'RateLimitStoreError'

  constructor(cause: Error) {
    super(
      'The service cannot take requests at the moment',
      { code: 'RATE_LIMIT_STORE_DOWN', statusCode: 503, headers: { 'retry-after': '1' } },
      { cause }
    )
  }
}
