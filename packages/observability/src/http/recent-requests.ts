import type { FastifyRequest } from 'fastify'
import type { RecentRequest } from './recent-request.ts'
import type { RequestIds } from '../tracing/request-ids.ts'

interface Outcome {
  statusCode: number
  duration: number
  isSlow: boolean
  error: unknown
}

const maxFailed = 30
const maxSlow = 20

/** The last failed or slow requests, each kind in a ring of its own: many slow ones leave the failed ones in place. */
export class RecentRequests {
  readonly #failed: RecentRequest[] = []
  readonly #slow: RecentRequest[] = []
  #nextFailed = 0
  #nextSlow = 0

  add(
    { method }: FastifyRequest,
    route: string | undefined,
    { correlationId, traceId }: RequestIds,
    { statusCode, duration, isSlow, error }: Outcome
  ): void {
    const name = error === undefined ? undefined : errorName(error)
    const entry: RecentRequest = {
      at: Date.now(),
      method,
      route: route ?? 'no route',
      statusCode,
      duration: Math.round(duration * 10) / 10,
      isSlow,
      correlationId,
      traceId,
      ...(name === undefined ? {} : { error: name })
    }
    if (statusCode >= 500) {
      this.#failed[this.#nextFailed] = entry
      this.#nextFailed = (this.#nextFailed + 1) % maxFailed
    } else {
      this.#slow[this.#nextSlow] = entry
      this.#nextSlow = (this.#nextSlow + 1) % maxSlow
    }
  }

  /** Newest first. */
  list(): RecentRequest[] {
    return [...this.#failed, ...this.#slow].sort((a, b) => b.at - a.at)
  }
}

const isPlainName = (value: unknown): value is string =>
  typeof value === 'string' && /^[\w$.-]{1,64}$/.test(value)

/** Class and code only: a message may have data of the client. */
function errorName(error: unknown): string {
  if (typeof error !== 'object' || error === null) return typeof error
  try {
    const { name, code, constructor } = error as { name?: unknown; code?: unknown; constructor?: Function }
    const className = isPlainName(name) && name !== 'Error' ? name : constructor?.name
    const label = isPlainName(className) ? className : 'Error'
    return isPlainName(code) ? `${label} ${code}` : label
  } catch {
    // A getter or a proxy threw.
    return 'Error'
  }
}
