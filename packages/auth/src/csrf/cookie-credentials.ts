import type { FastifyRequest } from 'fastify'
import { cookiesOf } from '../core/request-cookies.ts'
import type { SessionHooks, Sessions } from '../sessions/types.ts'

/** The cookies that authenticate a request without the intention of its sender. */
export interface CookieCredentials {
  has(request: FastifyRequest): boolean
  /** Removes them from a request that is authenticated in another way. */
  ignore(request: FastifyRequest): void
}

/** The session's cookie and the cookie with a token. */
export function cookieCredentials(
  sessions: (Sessions & SessionHooks) | undefined,
  tokenCookie: string | undefined
): CookieCredentials {
  return {
    has: (request) =>
      sessions?.idOf(request) !== undefined ||
      (tokenCookie !== undefined && cookiesOf(request)[tokenCookie] !== undefined),
    ignore(request) {
      sessions?.ignore(request)
      if (tokenCookie !== undefined) delete cookiesOf(request)[tokenCookie]
    }
  }
}
