import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Audit } from '../audit.ts'
import { AuthError } from '../errors.ts'
import type { ResolvedCsrf } from '../options-session.ts'

const safe = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])
const tokenKey = '__csrf'

export interface Csrf {
  onRequest: (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void
  token: (request: FastifyRequest) => string
}

/** `https://app.example.com` is where the request went: by its host, since a proxy may have ended TLS. */
function sameHost(origin: string, request: FastifyRequest): boolean {
  return URL.canParse(origin) && new URL(origin).host === request.host
}

/**
 * Refuses writes that another site makes a browser send, by what browsers say of where a request comes from
 * (`Sec-Fetch-Site`, else `Origin`): nothing to render into forms, nothing to plant.
 */
export function createCsrf(options: ResolvedCsrf, apiKeyHeader: string | undefined, audit: Audit): Csrf {
  const fine = (request: FastifyRequest): boolean => {
    const { 'sec-fetch-site': site, origin } = request.headers
    if (origin !== undefined && options.trusted.has(origin)) return true
    if (site !== undefined) return site === 'same-origin' || site === 'none'
    if (origin !== undefined) return sameHost(origin, request)
    return options.unknownOrigin === 'allow' || hasToken(request)
  }

  return {
    onRequest(request, _reply, done) {
      const { authorization } = request.headers
      // Only what a browser adds by itself can be abused: it adds cookies, never these headers.
      const explicit =
        (authorization !== undefined && /^bearer /i.test(authorization)) ||
        (apiKeyHeader !== undefined && request.headers[apiKeyHeader] !== undefined)
      if (safe.has(request.method) || explicit || fine(request)) return done()
      audit.record({ type: 'csrf', outcome: 'denied', scheme: 'none', code: 'AUTH_CROSS_SITE' }, request)
      done(new AuthError('AUTH_CROSS_SITE', 403, 'Cross-site requests may not write here'))
    },
    token(request) {
      const known: unknown = request.session.get(tokenKey)
      if (typeof known === 'string') return known
      const made = randomBytes(32).toString('base64url')
      request.session.set(tokenKey, made)
      return made
    }
  }
}

function hasToken(request: FastifyRequest): boolean {
  const expected: unknown = request.session?.get(tokenKey)
  const shown = request.headers['x-csrf-token']
  if (typeof expected !== 'string' || typeof shown !== 'string') return false
  const [a, b] = [Buffer.from(expected), Buffer.from(shown)]
  return a.length === b.length && timingSafeEqual(a, b)
}
