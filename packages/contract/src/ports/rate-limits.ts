import type { FastifyReply, FastifyRequest } from 'fastify'
import { port, type Port } from './port.ts'

/** The key for which a request counts, and its limit. */
export interface CountedKey {
  readonly key: string
  readonly max: number
  /** **Milliseconds**. */
  readonly window: number
}

/**
 * Counts a request for a key, and sets the headers. `done` gets an error for a request over the limit; it is not called
 * where a function of the app has sent the response.
 */
export type CountRequest = (
  counted: CountedKey,
  request: FastifyRequest,
  reply: FastifyReply,
  done: (error?: Error) => void
) => void

/** Creates limits whose keys another plugin finds. Provided by security. */
export interface RateLimits {
  /** @param name - The limit's name in headers and metrics. */
  create(name: string): CountRequest
}

export const rateLimitsPort: Port<RateLimits> = port<RateLimits>('rate-limits.v1')
