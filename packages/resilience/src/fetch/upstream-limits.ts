import { BoundedMap } from '@seaworthy/internal'
import { retryAfterOf } from '../call/outcome.ts'
import type { Clock } from '../clock.ts'
import { UpstreamLimitedError } from '../errors/call-errors.ts'

/** Seconds. After so long a call tests the service, whatever it has asked for. */
const longestWait = 600
const maxEntries = 1000
/** Milliseconds by which a timer may fire early: its delay counts from the start of a turn of the event loop. */
const earlyTimer = 100

/** The times until which services have asked for no further call, by host and credentials. */
export class UpstreamLimits {
  readonly #clock: Clock
  readonly #ends: BoundedMap<number>
  /** The latest of the times: after it nothing has to be looked up. */
  #lastEnd = -Infinity

  constructor(clock: Clock) {
    this.#clock = clock
    this.#ends = new BoundedMap<number>(maxEntries, (end) => end <= clock.now())
  }

  /**
   * @param isRetry - Whether the call has waited for the service already, by a timer that may fire early.
   * @throws UpstreamLimitedError while the service has asked to wait.
   */
  check(url: URL, headers: Headers, isRetry: boolean): void {
    const now = this.#clock.now() + (isRetry ? earlyTimer : 0)
    if (now >= this.#lastEnd) return
    const left = (this.#ends.get(keyOf(url, headers)) ?? now) - now
    if (left > 0) throw new UpstreamLimitedError(Math.max(1, Math.ceil(left / 1000)))
  }

  /** Notes what the response asks for: `Retry-After` of 429 and 503, or a `RateLimit` of which nothing remains. */
  note(url: URL, headers: Headers, response: Response): void {
    const { status } = response
    const asksToWait = status === 429 || status === 503
    const seconds = (asksToWait ? retryAfterOf(response) : undefined) ?? exhaustedFor(response.headers)
    if (seconds === undefined || seconds <= 0) return
    const end = this.#clock.now() + Math.min(seconds, longestWait) * 1000
    this.#ends.set(keyOf(url, headers), end)
    this.#lastEnd = Math.max(this.#lastEnd, end)
  }
}

/** A limit is often one of a user or of an API key: it must not hold back the others. */
const keyOf = (url: URL, headers: Headers): string =>
  [url.host, ...['authorization', 'cookie', 'x-api-key'].map((name) => headers.get(name) ?? '')].join('\n')

/**
 * Seconds until the quota is renewed, where nothing of it remains: `RateLimit: "default";r=0;t=30`, with the members of
 * earlier drafts (`limit=10, remaining=0, reset=30`), or `RateLimit-Remaining` and `RateLimit-Reset`.
 */
function exhaustedFor(headers: Headers): number | undefined {
  const combined = headers.get('ratelimit')
  if (combined === null) {
    return wholeNumber(headers.get('ratelimit-remaining')) === 0
      ? wholeNumber(headers.get('ratelimit-reset'))
      : undefined
  }
  const policies = combined.includes('"') ? combined.split(',') : [combined]
  const waits = policies
    .filter((policy) => memberOf(policy, 'r|remaining') === 0)
    .map((policy) => memberOf(policy, 't|reset') ?? 0)
  return waits.length > 0 ? Math.max(...waits) : undefined
}

function memberOf(text: string, names: string): number | undefined {
  const [, value] = new RegExp(`(?:^|[;,\\s])(?:${names})=(\\d{1,9})(?![\\d.])`).exec(text) ?? []
  return value === undefined ? undefined : Number(value)
}

const wholeNumber = (text: string | null): number | undefined =>
  text !== null && /^\d{1,9}$/.test(text.trim()) ? Number(text) : undefined
