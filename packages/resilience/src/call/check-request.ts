import type { FastifyBaseLogger } from 'fastify'

/** Whether a value is a request, or what tests pass instead of one. */
const isLikeRequest = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && ('raw' in value || 'headers' in value)

/**
 * Checks the first argument of a breaker's calls that has no deadline. Another value than a request or `null` is an
 * argument of the call, which would be lost. A missing request is named once.
 *
 * @throws TypeError for a value that is no request.
 */
export function requestCheck(name: string, log: FastifyBaseLogger): (request: unknown) => void {
  let isNamed = false
  return (request) => {
    if (request === null || isLikeRequest(request)) return
    if (request !== undefined)
      throw new TypeError(
        `resilience: the first argument of a call of "${name}" must be the request, or null outside of requests, got ${typeof request}`
      )
    if (isNamed) return
    isNamed = true
    log.warn(
      `resilience: "${name}" is called without a request, so neither its deadline nor a client that leaves ends the ` +
        'call; pass the request as the first argument, or null outside of requests'
    )
  }
}
