import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Audit } from '../core/audit.ts'
import { AuthError } from '../core/errors.ts'
import type { Scheme } from '../schemes/types.ts'
import type { CookieCredentials } from './cookie-credentials.ts'
import { hasCsrfToken, tokenFor } from './csrf-token.ts'
import type { ResolvedCsrf } from './options.ts'

/** In the config of a route that no cookie authenticates: no browser can be made to write there. */
export const readsNoCookies: unique symbol = Symbol('seaworthy.auth.reads-no-cookies')

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

export interface Csrf {
  readonly onRequest: (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void
  /** The token for `x-csrf-token`. */
  readonly tokenFor: (request: FastifyRequest) => string
}

export interface CsrfDependencies {
  readonly audit: Audit
  readonly cookies: CookieCredentials
  /** Schemes by headers that no browser adds by itself. */
  readonly explicit: readonly Scheme[]
}

/** Compares hosts only: a proxy may terminate TLS. */
const isSameHost = (origin: string, request: FastifyRequest): boolean =>
  URL.canParse(origin) && new URL(origin).host === request.host

/** A WebSocket handshake is a GET, and the messages that follow may write. */
const isWrite = ({ method, headers }: FastifyRequest): boolean =>
  !safeMethods.has(method) || headers.upgrade?.toLowerCase() === 'websocket'

/**
 * Rejects writes that another site makes a browser send. It reads the origin that browsers state (`Sec-Fetch-Site`, else
 * `Origin`), so forms need no token and there is no cookie to plant.
 */
export function createCsrf(options: ResolvedCsrf, { audit, cookies, explicit }: CsrfDependencies): Csrf {
  const isAllowedOrigin = (request: FastifyRequest): boolean => {
    const { 'sec-fetch-site': site, origin } = request.headers
    if (origin !== undefined && options.trustedOrigins.has(origin)) return true
    if (site !== undefined) return site === 'same-origin' || site === 'none'
    if (origin !== undefined) return isSameHost(origin, request)
    return options.unknownOrigin === 'allow' || hasCsrfToken(request)
  }

  const deny = (request: FastifyRequest, done: (error: Error) => void): void => {
    const code = 'AUTH_CROSS_SITE'
    audit.record({ type: 'csrf', outcome: 'denied', scheme: 'none', code }, request)
    done(new AuthError('Cross-site requests may not write here', { code, statusCode: 403 }))
  }

  /**
   * Credentials in a header make a request no forgery, but only if they are valid: a page can send any header to a
   * service that allows it by CORS.
   */
  function checkExplicit(request: FastifyRequest, done: (error?: Error) => void, index = 0): void {
    const scheme = explicit[index]
    if (scheme === undefined) return deny(request, done)
    scheme.identify(request, (error, identity) => {
      if (identity !== undefined) {
        cookies.ignore(request)
        return done()
      }
      if (!error) return checkExplicit(request, done, index + 1)
      // A client on another site sees that its token has expired, and refreshes it.
      if (cookies.has(request)) deny(request, done)
      else done(error)
    })
  }

  return {
    onRequest(request, _reply, done) {
      if (!isWrite(request) || isAllowedOrigin(request)) return done()
      if (readsNoCookies in request.routeOptions.config) return done()
      checkExplicit(request, done)
    },
    tokenFor
  }
}
